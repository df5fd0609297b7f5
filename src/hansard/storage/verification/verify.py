"""Looking at everything, at what has changed, or at a part that is drawn by lot.

A tenant is looked at in one unit of work, so one state of it is judged. Conversations that are being purged or imported
are half-way by design, and are finished by others: of them only the counters are looked at.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

from hansard.errors import InvalidInput
from hansard.model.artifacts import Artifact
from hansard.model.conversations import Conversation
from hansard.model.feed import TRIMMED
from hansard.storage import search_index
from hansard.storage.base import Reader, Storage
from hansard.storage.digest_backfill import is_sealing
from hansard.storage.query import Query
from hansard.storage.verification import artifacts, blobs, counters, feed, tree
from hansard.storage.verification.findings import PAGE, Finding, Seen, Verification

_RANDOM = random.SystemRandom()


async def verify(
    storage: Storage, *, since: int | None = None, sample: float | None = None
) -> Verification:
    """Look at a database, and tell everything that is wrong in any tenant.

    Args:
        storage: Where it is; it is open, and may be in use.
        since: Look only at what has changed after this position of the feed.
        sample: Look only at about this share of the conversations, drawn by lot: above 0, at most 1.

    Raises:
        InvalidInput: The feed no longer tells of what changed after `since`.
    """
    whole = since is None and sample is None
    done = Verification(position=await storage.read("", feed.position), whole=whole)
    for tenant in await storage.tenants():
        seen = await storage.read(tenant, lambda tx: look(tx, since=since, sample=sample))
        done.findings += seen.findings
        for name, count in seen.looked_at.items():
            setattr(done, name, getattr(done, name) + count)
    if extra := await storage.read("", search_index.superfluous):
        said = f"has {extra} passages that belong to nothing"
        subject = "search index"
        done.findings.append(Finding(tenant="", subject=subject, message=said, repairable=True))
    return done


async def look(tx: Reader, *, since: int | None = None, sample: float | None = None) -> Seen:
    """Look at a tenant."""
    whole = since is None and sample is None
    seen, sealing = Seen(tx.tenant, whole=whole), await is_sealing(tx)
    async for conversations in _chosen(tx, since, sample):
        for conversation in conversations:
            await tree.look(tx, conversation, seen, sealing=sealing)
        if not whole:
            ids = [conversation.id for conversation in conversations]
            await artifacts.look(tx, seen, Query(Artifact).where(conversation_id__in=ids))
    if whole:
        await artifacts.look(tx, seen, Query(Artifact))
        await counters.look(tx, seen)
    await artifacts.look_at_contents(tx, seen, None if whole else sorted(seen.contents))
    await blobs.look(tx, seen, None if whole else sorted(seen.blobs))
    await feed.look(tx, seen, since or 0)
    return seen


async def _chosen(
    tx: Reader, since: int | None, sample: float | None
) -> AsyncIterator[list[Conversation]]:
    """The conversations to be looked at, some at a time."""
    query = Query(Conversation)
    if since is not None:
        ids = sorted(await _changed(tx, since))
        for start in range(0, len(ids), PAGE):
            yield await tx.select(query.where(id__in=ids[start : start + PAGE]))
        return
    after: tuple[str, ...] | None = None
    while found := await tx.select(query.by("id").page(PAGE, after)):
        yield [c for c in found if sample is None or _RANDOM.random() < sample]
        after = (found[-1].id,)


async def _changed(tx: Reader, since: int) -> set[str]:
    """The conversations of which the feeds tell after a position."""
    ids: set[str] = set()
    async for page in feed.entries(tx, since):
        if any(entry.kind == TRIMMED for entry in page):
            raise InvalidInput(
                f"The feed no longer tells of all that changed since {since}: verify everything.",
                pointer="/since",
            )
        ids.update(entry.conversation_id for entry in page if entry.conversation_id)
    return ids
