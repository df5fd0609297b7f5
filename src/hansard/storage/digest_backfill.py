"""Digests for messages that were stored before there were any: made in batches, beside everybody else.

A batch is one unit, with the note of how far it got (`Reindex`), so it may be stopped at any time and goes on from
there. On a path, messages with a digest come before those without: a message that follows one without gets none either,
until its turn comes.
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
"""The name of the note."""
BATCH = 200
"""Messages, and conversations."""
PAUSE = 0.02
"""Seconds between two batches, for others to write."""


async def seal(storage: Storage, tenant: str) -> int:
    """Give digests to all messages that lack one, if a migration left that to be done; returns how many did."""
    count = 0
    while (done := await storage.write(tenant, step)) is not None:
        count += done
        await asyncio.sleep(PAUSE)
    return count


async def is_sealing(tx: Reader) -> bool:
    """Whether messages may be without a digest."""
    return await tx.get(Reindex, DIGESTS) is not None


async def step(tx: Transaction) -> int | None:
    """Do the next batch; returns how many messages it had, or None if nothing is left."""
    note = await tx.get(Reindex, DIGESTS, lock=True)
    if note is None:
        return None
    page = Query(Conversation).by("id").page(BATCH, (note.after,) if note.after else None)
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
    """Give digests to messages of a conversation, `limit` at most; returns how many got one.

    When it returns fewer, all of them have one. Nobody appends meanwhile.
    """
    await tx.get(Conversation, conversation_id, lock=True)
    count, found = 0, -1
    while found and count < limit:
        found = 0
        for branch in await tx.select(Query(Branch).where(conversation_id=conversation_id)):
            found += await _seal_branch(tx, branch, limit - count - found)
        count += found
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
        return 0  # on another branch, whose turn comes before
    before = parent.digest if parent else None
    for message in messages:
        before = digest_of(message, message.seq, before)
        await tx.update(Message, message.id, digest=before)
    if messages and messages[-1].id == branch.head_id:
        await tx.update(Branch, branch.id, head_digest=before)
    return len(messages)


async def _first_without(tx: Reader, branch: Branch) -> int:
    """The depth of a branch's first message without a digest; that of its head has none."""
    low, high = branch.fork_seq + 1, branch.head_seq
    while low < high:
        middle = (low + high) // 2
        found = await tx.select(Query(Message).where(branch=branch.id, seq=middle))
        if found and found[0].digest is not None:
            low = middle + 1
        else:
            high = middle
    return low
