"""Removing old feed entries.

The newest removed entry stays with the kind `feed.trimmed`. A client that resumes from before the retained range first
receives it, so it learns that entries are missing.
"""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile

from hansard.model.feed import TRIMMED, FeedEntry
from hansard.model.users import User
from hansard.services.base import MAX_PAGE
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.query import Query


async def trim_feeds(storage: Storage, tenant: str, before: datetime) -> None:
    """Remove the entries of all users of a tenant from before a time."""
    after: tuple[str, ...] | None = None
    while True:
        page = Query(User).by("id").page(MAX_PAGE, after)

        async def select_page(tx: Reader, page: Query[User] = page) -> tuple[list[User], list[str]]:
            users = await tx.select(page)
            return users, [user.id for user in users if await _has_old_entries(tx, user.id, before)]

        users, user_ids = await storage.read(tenant, select_page)
        for user_id in user_ids:
            while await storage.write(tenant, lambda tx, u=user_id: _trim(tx, u, before)):
                pass
        if len(users) < MAX_PAGE:
            return
        after = (users[-1].id,)


async def _has_old_entries(tx: Reader, user_id: str, before: datetime) -> bool:
    """Return whether a feed has entries from before a time; most have none and are not written to."""
    first = await tx.select(Query(FeedEntry).where(user_id=user_id).by("position").page(1))
    return bool(first) and first[0].created_at < before


async def _trim(tx: Transaction, user_id: str, before: datetime) -> bool:
    """Remove a batch of the oldest entries; return False when none are left to remove."""
    oldest = await tx.select(Query(FeedEntry).where(user_id=user_id).by("position").page(MAX_PAGE))
    old = list(takewhile(lambda entry: entry.created_at < before, oldest))
    if not old or old[-1].kind == TRIMMED:
        return False
    last = old[-1].position
    if await tx.get(FeedEntry, user_id, last, lock=True) is None:
        return False  # another process is trimming it
    await tx.update(FeedEntry, user_id, last, kind=TRIMMED)
    await tx.delete(Query(FeedEntry).where(user_id=user_id, position__lt=last))
    return len(old) == MAX_PAGE
