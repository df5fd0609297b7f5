"""Computes digests of messages that older versions stored, in batches, while the database is in use.

A batch and its progress (`Reindex`) are one unit, so the work can stop at any time and continue from there. On a
path, messages with a digest come before those without: a new message after one without a digest has none either,
until the backfill reaches it.
"""

from __future__ import annotations

import asyncio

from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.reindexes import Reindex
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.digests import digest_of
from hansard.storage.query import Query

DIGESTS = "digests"
"""The name of the `Reindex` row."""
BATCH = 200
"""Messages, and conversations, in one unit."""
PAUSE = 0.02
"""Seconds between two batches, in which others can write."""


async def seal(storage: Storage, tenant: str) -> int:
    """Compute missing digests, if a migration requested it, and return their number."""
    count = 0
    while (done := await storage.write(tenant, step)) is not None:
        count += done
        await asyncio.sleep(PAUSE)
    return count


async def is_sealing(tx: Reader) -> bool:
    """Whether messages may be without a digest."""
    return await tx.get(Reindex, DIGESTS) is not None


async def step(tx: Transaction) -> int | None:
    """Do the next batch and return its number of messages; None if nothing is left."""
    progress = await tx.get(Reindex, DIGESTS, lock=True)
    if progress is None:
        return None
    page = Query(Conversation).by("id").page(BATCH, (progress.after,) if progress.after else None)
    conversations = await tx.select(page)
    room = BATCH
    for conversation in conversations:
        room -= await seal_some(tx, conversation.id, room)
        if room <= 0:
            return BATCH
        await tx.update(Reindex, DIGESTS, after=conversation.id)
    if len(conversations) < BATCH:
        await tx.delete(Query(Reindex).where(name=DIGESTS))
    return BATCH - room


async def seal_some(tx: Transaction, conversation_id: str, limit: int) -> int:
    """Compute missing digests of a conversation's messages, at most `limit`, and return their number.

    If it is lower than `limit`, all messages have one. The conversation is locked, so nobody appends meanwhile.
    """
    await tx.get(Conversation, conversation_id, lock=True)
    count, added = 0, -1
    while added and count < limit:
        added = 0
        for branch in await tx.select(Query(Branch).where(conversation_id=conversation_id)):
            added += await _seal_branch(tx, branch, limit - count - added)
        count += added
    return count


async def _seal_branch(tx: Transaction, branch: Branch, limit: int) -> int:
    head = await tx.get(Message, branch.head_id) if branch.head_id else None
    if head is None or limit <= 0:
        return 0
    if head.digest is not None:
        if branch.head_digest != head.digest:
            await tx.update(Branch, branch.id, head_digest=head.digest)
        return 0
    first = await _first_without(tx, branch)
    page = Query(Message).where(branch=branch.id, seq__ge=first).by("seq").page(limit)
    messages = await tx.select(page)
    parent_id = messages[0].parent_id if messages else None
    parent = await tx.get(Message, parent_id) if parent_id else None
    if parent is not None and parent.digest is None:
        return 0  # it is on another branch, which is done first
    before = parent.digest if parent else None
    for message in messages:
        before = digest_of(message, message.seq, before)
        await tx.update(Message, message.id, digest=before)
    if messages and messages[-1].id == branch.head_id:
        await tx.update(Branch, branch.id, head_digest=before)
    return len(messages)


async def _first_without(tx: Reader, branch: Branch) -> int:
    """Return the seq of a branch's first message without a digest; its head must have none."""
    low, high = branch.fork_seq + 1, branch.head_seq
    while low < high:
        middle = (low + high) // 2
        messages = await tx.select(Query(Message).where(branch=branch.id, seq=middle))
        if messages and messages[0].digest is not None:
            low = middle + 1
        else:
            high = middle
    return low
