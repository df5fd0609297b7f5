"""Permanent removal, in batches, so that no write transaction takes long.

A record first gets the state `purging`, so that it can neither be seen nor restored. Then its messages are removed
in batches, each with its counters and blobs and with everything that belongs to it (`storage.ownership`), and finally
the record itself. `finish_purges` completes purges that were interrupted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hansard.model.activity import MessageCounters
from hansard.model.base import Id
from hansard.model.blobs import UPLOAD, Blob, BlobUse
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.event_kinds import EventKind
from hansard.model.messages import Message
from hansard.model.parts import blobs_of
from hansard.model.runs import Run
from hansard.services.artifacts import lifecycle
from hansard.services.ordering import outer_first
from hansard.services.walks import pages, within
from hansard.storage.base import Change, Reader, Storage, Transaction
from hansard.storage.message_tree import activity
from hansard.storage.ownership import remove, remove_children
from hansard.storage.query import Query

BATCH = 500


async def purge_conversation(storage: Storage, tenant: str, conversation_id: str) -> None:
    """Remove a conversation in the state `purging` or `importing`."""

    async def batch(tx: Transaction) -> bool:
        conversation = await tx.get(Conversation, conversation_id)
        if conversation is None:
            return False
        if await lifecycle.purge_some(tx, conversation_id=conversation_id):
            return True
        if await _purge_branches(tx, conversation, Query(Branch)):
            return True
        if conversation.state != "importing":  # an import counts it when it is complete
            await tx.increment(conversation_counters(conversation, -1))
        await remove(tx, Query(Conversation).where(id=conversation_id))
        return False

    await _until_done(storage, tenant, batch)


async def purge_branches(
    storage: Storage, tenant: str, conversation_id: str, branch_ids: Sequence[str]
) -> None:
    """Remove branches in the state `purging`, with their messages."""

    async def batch(tx: Transaction) -> bool:
        conversation = await tx.get(Conversation, conversation_id)
        if conversation is None:
            return False
        if await lifecycle.purge_some(tx, branch__in=list(branch_ids)):
            return True
        return await _purge_branches(tx, conversation, Query(Branch).where(id__in=list(branch_ids)))

    await _until_done(storage, tenant, batch)


def _inner_first(branches: Sequence[Branch]) -> list[Branch]:
    """Return branches before those they fork from, so that a message's parent exists while it is subtracted."""
    ids = {branch.id for branch in branches}
    ordered = outer_first(
        branches, lambda branch: branch.parent_branch if branch.parent_branch in ids else None
    )
    ordered_ids = {branch.id for branch in ordered}
    cyclic = [branch for branch in branches if branch.id not in ordered_ids]
    return cyclic + ordered[::-1]


async def expire_temporary(tx: Transaction, now: datetime) -> None:
    """Begin to purge the expired temporary conversations."""
    for conversation in await tx.select(Query(Conversation).where(expires_at__le=now)):
        if conversation.state == "purging":
            continue
        await tx.update(Conversation, conversation.id, state="purging", updated_at=now)
        await lifecycle.mark_purging(tx, now, conversation_id=conversation.id)
        await tx.publish(conversation_change(conversation, "conversation.purged", now))


async def finish_purges(storage: Storage, tenant: str, *, imports: bool) -> None:
    """Complete interrupted purges; with `imports`, also remove what interrupted imports left behind."""
    states = ["purging", "importing"] if imports else ["purging"]

    async def select_incomplete(tx: Reader) -> tuple[list[Conversation], list[Branch]]:
        return (
            await tx.select(Query(Conversation).where(state__in=states)),
            await tx.select(Query(Branch).where(state="purging")),
        )

    if imports:
        orphaned = {"conversation_id": None, "state": "importing"}
        while await storage.write(tenant, lambda tx: lifecycle.purge_some(tx, **orphaned)):
            pass
    conversations, branches = await storage.read(tenant, select_incomplete)
    for conversation in conversations:
        await purge_conversation(storage, tenant, conversation.id)
    ids_by_conversation: defaultdict[str, list[str]] = defaultdict(list)
    for branch in branches:
        ids_by_conversation[branch.conversation_id].append(branch.id)
    for conversation_id, ids in ids_by_conversation.items():
        await purge_branches(storage, tenant, conversation_id, ids)


async def _until_done(storage: Storage, tenant: str, batch: Any) -> None:
    while await storage.write(tenant, batch):
        pass
    await storage.erase()


async def _purge_branches(
    tx: Transaction, conversation: Conversation, query: Query[Branch]
) -> bool:
    """Remove a batch of these branches and their messages; return False when none are left."""
    remaining, emptied = BATCH, list[Id]()
    for branch in _inner_first(await tx.select(query.where(conversation_id=conversation.id))):
        if remaining <= 0:
            break
        remaining -= await _purge_messages(tx, conversation, branch, remaining)
        if remaining > 0:
            emptied.append(branch.id)
            remaining -= 1
    await remove(tx, Query(Branch).where(id__in=emptied))
    return remaining <= 0


async def _purge_messages(
    tx: Transaction, conversation: Conversation, branch: Branch, limit: int
) -> int:
    """Remove the newest messages of a branch; return how many were removed."""
    query = Query(Message).where(branch=branch.id).by("-seq").page(limit)
    messages = list(reversed(await tx.select(query)))
    if not messages:
        return 0
    await tx.increment(*await message_counters(tx, conversation, messages, -1))
    ids = [message.id for message in messages]
    blobs = {digest for message in messages for digest in blobs_of(message.parts)}
    if blobs:
        await tx.delete(Query(BlobUse).where(holder__in=ids))
        await collect_blobs(tx, blobs)
    await lifecycle.purge_extracted(tx, ids)
    runs = Query(Run).where(conversation_id=conversation.id)  # their events repeat the messages
    await remove(tx, runs.where(message_id__in=ids))
    await remove(tx, runs.where(prompt_id__in=ids))
    await remove_children(tx, Message, messages)
    await tx.delete(Query(Message).where(id__in=ids))
    return len(messages)


async def collect_blobs(tx: Transaction, digests: set[str]) -> None:
    """Remove those of the blobs that have no uses left."""
    for digest in sorted(digests):
        if not await tx.count(Query(BlobUse).where(blob_id=digest)):
            await remove(tx, Query(Blob).where(id=digest))


async def release_uploads(tx: Transaction, before: datetime) -> None:
    """Remove uploads made before a time, unless a message uses them."""
    uploads = Query(BlobUse).where(holder=UPLOAD, created_at__lt=before)
    digests = {use.blob_id for use in await tx.select(uploads)}
    await tx.delete(uploads)
    await collect_blobs(tx, digests)


async def recount(tx: Transaction, conversation: Conversation, sign: int) -> None:
    """Add a conversation and its messages to the counters; with `sign=-1`, subtract them."""
    await tx.increment(conversation_counters(conversation, sign))
    for branch in await tx.select(Query(Branch).where(conversation_id=conversation.id)):
        query = Query(Message).where(branch=branch.id).by("seq")
        async for messages in pages(within(tx), query, BATCH):
            await tx.increment(*await message_counters(tx, conversation, messages, sign))


def conversation_change(conversation: Conversation, kind: EventKind, at: datetime) -> Change:
    """Return an entry about a conversation for its owner's feed."""
    return Change(
        user_id=conversation.owner_id,
        kind=kind,
        subject_id=conversation.id,
        conversation_id=conversation.id,
        at=at,
    )


def conversation_counters(conversation: Conversation, sign: int = 1) -> MessageCounters:
    """Return the counters of a conversation itself, without its messages."""
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


async def message_counters(
    tx: Reader, conversation: Conversation, messages: Sequence[Message], sign: int
) -> list[MessageCounters]:
    """Return the counters of consecutive messages of a conversation; `sign=-1` negates them."""
    parent_id = messages[0].parent_id
    parent = await tx.get(Message, parent_id) if parent_id else None
    return activity(messages, conversation.project_id, parent and parent.created_at, sign)
