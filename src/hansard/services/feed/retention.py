"""Trimming: a feed tells what changed lately, and where it begins.

The newest entry of those that are removed stays, as a mark: its kind is `feed.trimmed`. Who asks for what came after a
position before the mark meets it first, and so learns, from the feed itself, that something is missing.
"""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile

from hansard.model.feed import TRIMMED, FeedEntry
from hansard.model.tenants import User
from hansard.services.base import MAX_PAGE
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.query import Query


async def trim_feeds(storage: Storage, tenant: str, before: datetime) -> None:
    """Remove what the feeds of a tenant's users tell of the time before."""
    after: tuple[str, ...] | None = None
    while True:
        page = Query(User).by("id").page(MAX_PAGE, after)

        async def look(tx: Reader, page: Query[User] = page) -> tuple[list[User], list[str]]:
            users = await tx.select(page)
            return users, [user.id for user in users if await _begins(tx, user.id, before)]

        users, behind = await storage.read(tenant, look)
        for user_id in behind:
            while await storage.write(tenant, lambda tx, u=user_id: _trim(tx, u, before)):
                pass
        if len(users) < MAX_PAGE:
            return
        after = (users[-1].id,)


async def _begins(tx: Reader, user_id: str, before: datetime) -> bool:
    """Whether a feed begins before a time; most do not, and only those that do are written to."""
    first = await tx.select(Query(FeedEntry).where(user_id=user_id).by("position").page(1))
    return bool(first) and first[0].created_at < before


async def _trim(tx: Transaction, user_id: str, before: datetime) -> bool:
    """Remove the oldest entries, not too many at once; False if none are left to be removed."""
    oldest = await tx.select(Query(FeedEntry).where(user_id=user_id).by("position").page(MAX_PAGE))
    old = list(takewhile(lambda entry: entry.created_at < before, oldest))
    if not old or old[-1].kind == TRIMMED:
        return False
    last = old[-1].position
    if await tx.get(FeedEntry, last, lock=True) is None:
        return False  # another process is at it
    await tx.update(FeedEntry, last, kind=TRIMMED)
    await tx.delete(Query(FeedEntry).where(user_id=user_id, position__lt=last))
    return len(old) == MAX_PAGE
