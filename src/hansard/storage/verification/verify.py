"""Verifies everything, what changed after a feed position, or a random sample.

A tenant is verified in one unit of work, so in one state. Conversations that are being purged or imported are
incomplete by design; of them only the counters are verified.
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
from hansard.storage.verification import artifacts, blobs, counters, feed, states, tree
from hansard.storage.verification.findings import PAGE, Collector, Finding, Verification

_RANDOM = random.SystemRandom()


async def verify(
    storage: Storage, *, since: int | None = None, sample: float | None = None
) -> Verification:
    """Verify a database, and return all problems of all tenants.

    Args:
        storage: The database, which is open and may be in use.
        since: Verify only what changed after this position of the feed.
        sample: Verify only about this share of the conversations, chosen at random: above 0, at most 1.

    Raises:
        InvalidInput: The feed no longer contains the changes after `since`.
    """
    whole = since is None and sample is None
    done = Verification(position=await storage.read("", feed.position), whole=whole)
    for tenant in await storage.tenants():
        collector = await storage.read(
            tenant, lambda tx: verify_tenant(tx, since=since, sample=sample)
        )
        done.findings += collector.findings
        for name, count in collector.looked_at.items():
            setattr(done, name, getattr(done, name) + count)
    if extra := await storage.read("", search_index.count_orphans):
        finding = f"has {extra} passages without a record"
        subject = "search index"
        done.findings.append(Finding(tenant="", subject=subject, message=finding, repairable=True))
    return done


async def verify_tenant(
    tx: Reader, *, since: int | None = None, sample: float | None = None
) -> Collector:
    """Verify a tenant."""
    whole = since is None and sample is None
    collector, sealing = Collector(tx.tenant, whole=whole), await is_sealing(tx)
    async for conversations in _chosen(tx, since, sample):
        for conversation in conversations:
            await tree.verify_conversation(tx, conversation, collector, sealing=sealing)
        if not whole:
            ids = [conversation.id for conversation in conversations]
            await artifacts.verify_artifacts(
                tx, collector, Query(Artifact).where(conversation_id__in=ids)
            )
    if whole:
        await artifacts.verify_artifacts(tx, collector, Query(Artifact))
        await counters.verify_counters(tx, collector)
        await states.verify_states(tx, collector)
    await artifacts.verify_contents(tx, collector, None if whole else sorted(collector.contents))
    await blobs.verify_blobs(tx, collector, None if whole else sorted(collector.blobs))
    await feed.compare_feed(tx, collector, since or 0)
    return collector


async def _chosen(
    tx: Reader, since: int | None, sample: float | None
) -> AsyncIterator[list[Conversation]]:
    """Yield the conversations to be verified, in batches."""
    query = Query(Conversation)
    if since is not None:
        ids = sorted(await _changed(tx, since))
        for start in range(0, len(ids), PAGE):
            yield await tx.select(query.where(id__in=ids[start : start + PAGE]))
        return
    after: tuple[str, ...] | None = None
    while page := await tx.select(query.by("id").page(PAGE, after)):
        yield [c for c in page if sample is None or _RANDOM.random() < sample]
        after = (page[-1].id,)


async def _changed(tx: Reader, since: int) -> set[str]:
    """Return the conversations that the feeds name after a position."""
    ids: set[str] = set()
    async for page in feed.entries(tx, since):
        if any(entry.kind == TRIMMED for entry in page):
            raise InvalidInput(
                f"The feed no longer contains all changes since {since}: verify everything.",
                pointer="/since",
            )
        ids.update(entry.conversation_id for entry in page if entry.conversation_id)
    return ids
