"""Removing for good, in batches, so that the writer is never held for long.

What is being purged is first marked so that it can neither be seen nor restored; then its messages go, some
hundreds at a time, each batch with its counters, ratings and blobs; last goes the thing itself. A purge that
was cut off is finished by `finish_purges`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hansard.model.activity import MessageCounters
from hansard.model.blobs import UPLOAD, Blob, BlobChunk, BlobUse
from hansard.model.branches import Branch
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.lifecycle import IMPORTING, PURGED
from hansard.model.messages import Message, Rating, Summary
from hansard.model.parts import blobs_of
from hansard.model.runs import Run, RunEvent
from hansard.services.artifacts import lifecycle
from hansard.services.ordering import outer_first
from hansard.storage.base import Change, Reader, Storage, Transaction
from hansard.storage.message_tree import activity
from hansard.storage.query import Query

BATCH = 500


async def purge_conversation(storage: Storage, tenant: str, conversation_id: str) -> None:
    """Remove a conversation that was marked as purged."""

    async def batch(tx: Transaction) -> bool:
        conversation = await tx.get(Conversation, conversation_id)
        if conversation is None:
            return False
        if await lifecycle.purge_some(tx, conversation_id=conversation_id):
            return True
        if await _purge_branches(tx, conversation, Query(Branch)):
            return True
        await tx.delete(Query(BranchSelection).where(conversation_id=conversation_id))
        if conversation.deleted_at != IMPORTING:  # an import counts it when all of it is there
            await tx.increment(counted(conversation, -1))
        await tx.delete(Query(Conversation).where(id=conversation_id))
        return False

    await _until_done(storage, tenant, batch)


async def purge_branches(
    storage: Storage, tenant: str, conversation_id: str, branch_ids: Sequence[str]
) -> None:
    """Remove branches that were marked as purged, with their messages."""

    async def batch(tx: Transaction) -> bool:
        conversation = await tx.get(Conversation, conversation_id)
        if conversation is None:
            return False
        if await lifecycle.purge_some(tx, branch__in=list(branch_ids)):
            return True
        return await _purge_branches(tx, conversation, Query(Branch).where(id__in=list(branch_ids)))

    await _until_done(storage, tenant, batch)


def _inner_first(branches: Sequence[Branch]) -> list[Branch]:
    """Branches before those that they left: what a message follows is still there when it is counted out."""
    known = {branch.id for branch in branches}
    ordered = outer_first(
        branches, lambda branch: branch.parent_branch if branch.parent_branch in known else None
    )
    reached = {branch.id for branch in ordered}
    circle = [branch for branch in branches if branch.id not in reached]
    return circle + ordered[::-1]


async def end_temporary(tx: Transaction, now: datetime) -> None:
    """Mark as purged the temporary conversations whose time has come."""
    for found in await tx.select(Query(Conversation).where(expires_at__le=now)):
        if found.deleted_at == PURGED:
            continue
        await tx.update(Conversation, found.id, deleted_at=PURGED, updated_at=now)
        await lifecycle.let_go(tx, PURGED, now, conversation_id=found.id)
        change = Change(
            user_id=found.owner_id,
            kind="conversation.purged",
            subject_id=found.id,
            conversation_id=found.id,
            at=now,
        )
        await tx.publish(change)


async def finish_purges(storage: Storage, tenant: str, *, imports: bool) -> None:
    """Go on with purges that were cut off; with `imports`, remove what imports left half done."""
    marks = [PURGED, IMPORTING] if imports else [PURGED]

    async def begun(tx: Reader) -> tuple[list[Conversation], list[Branch]]:
        return (
            await tx.select(Query(Conversation).where(deleted_at__in=marks)),
            await tx.select(Query(Branch).where(deleted_at=PURGED)),
        )

    if imports:
        left = {"conversation_id": None, "deleted_at": IMPORTING}
        while await storage.write(tenant, lambda tx: lifecycle.purge_some(tx, **left)):
            pass
    conversations, branches = await storage.read(tenant, begun)
    for conversation in conversations:
        await purge_conversation(storage, tenant, conversation.id)
    begun_in: defaultdict[str, list[str]] = defaultdict(list)
    for branch in branches:
        begun_in[branch.conversation_id].append(branch.id)
    for conversation_id, ids in begun_in.items():
        await purge_branches(storage, tenant, conversation_id, ids)


async def _until_done(storage: Storage, tenant: str, batch: Any) -> None:
    while await storage.write(tenant, batch):
        pass
    await storage.erase()


async def _purge_branches(
    tx: Transaction, conversation: Conversation, which: Query[Branch]
) -> bool:
    """Remove as much of these branches as belongs into a batch; False when they are gone."""
    room = BATCH
    for branch in _inner_first(await tx.select(which.where(conversation_id=conversation.id))):
        if room <= 0:
            break
        room -= await _purge_messages(tx, conversation, branch, room)
        if room > 0:
            await _purge_branch(tx, branch)
            room -= 1
    return room <= 0


async def _purge_messages(
    tx: Transaction, conversation: Conversation, branch: Branch, limit: int
) -> int:
    """Remove the newest messages of a branch; returns how many there were."""
    query = Query(Message).where(branch=branch.id).by("-seq").page(limit)
    messages = list(reversed(await tx.select(query)))
    if not messages:
        return 0
    await tx.increment(*await counters_of(tx, conversation, messages, -1))
    ids = [message.id for message in messages]
    await tx.delete(Query(Rating).where(message_id__in=ids))
    blobs = {digest for message in messages for digest in blobs_of(message.parts)}
    if blobs:
        await tx.delete(Query(BlobUse).where(holder__in=ids))
        await collect_blobs(tx, blobs)
    await lifecycle.forget(tx, ids)
    await _purge_runs(tx, conversation.id, message_id__in=ids)
    await _purge_runs(tx, conversation.id, prompt_id__in=ids)
    await tx.delete(Query(Message).where(id__in=ids))
    return len(messages)


async def _purge_runs(tx: Transaction, conversation_id: str, **which: Any) -> None:
    """Remove runs, and their events, which say again what was said."""
    runs = await tx.select(Query(Run).where(conversation_id=conversation_id, **which))
    for run in runs:
        await tx.delete(Query(RunEvent).where(run_id=run.id))
        await tx.delete(Query(Run).where(id=run.id))


async def _purge_branch(tx: Transaction, branch: Branch) -> None:
    """Remove a branch without messages, and what belongs to it."""
    await _purge_runs(tx, branch.conversation_id, branch=branch.id)
    await tx.delete(Query(Summary).where(branch=branch.id))
    await tx.delete(
        Query(BranchSelection).where(conversation_id=branch.conversation_id, branch=branch.id)
    )
    await tx.delete(Query(Branch).where(id=branch.id))


async def collect_blobs(tx: Transaction, digests: set[str]) -> None:
    """Remove those of the blobs that nothing uses any more."""
    for digest in sorted(digests):
        if not await tx.count(Query(BlobUse).where(blob_id=digest)):
            await tx.delete(Query(BlobChunk).where(blob_id=digest))
            await tx.delete(Query(Blob).where(id=digest))


async def release_uploads(tx: Transaction, before: datetime) -> None:
    """Let go of what was uploaded before a time, unless a message shows it."""
    uploads = Query(BlobUse).where(holder=UPLOAD, created_at__lt=before)
    digests = {use.blob_id for use in await tx.select(uploads)}
    await tx.delete(uploads)
    await collect_blobs(tx, digests)


async def recount(tx: Transaction, conversation: Conversation, sign: int) -> None:
    """Add a conversation and its messages to the counters, or take them out with `sign=-1`."""
    await tx.increment(counted(conversation, sign))
    for branch in await tx.select(Query(Branch).where(conversation_id=conversation.id)):
        after = -1
        while True:
            query = Query(Message).where(branch=branch.id, seq__gt=after).by("seq").page(BATCH)
            messages = await tx.select(query)
            if not messages:
                break
            await tx.increment(*await counters_of(tx, conversation, messages, sign))
            after = messages[-1].seq


def counted(conversation: Conversation, sign: int = 1) -> MessageCounters:
    """What a conversation itself adds to the counters."""
    at = conversation.created_at
    return MessageCounters(
        tenant_id=conversation.tenant_id,
        created_at=at,
        owner_id=conversation.owner_id,
        project_id=conversation.project_id or "",
        day=at.date().isoformat(),
        hour=at.hour,
        role="",
        conversations=sign,
    )


async def counters_of(
    tx: Reader, conversation: Conversation, messages: Sequence[Message], sign: int
) -> list[MessageCounters]:
    """What consecutive messages added to the counters when they came."""
    parent_id = messages[0].parent_id
    parent = await tx.get(Message, parent_id) if parent_id else None
    return activity(messages, conversation.project_id, parent and parent.created_at, sign)
