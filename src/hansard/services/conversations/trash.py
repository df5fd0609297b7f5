"""What deleting and restoring mean for the tree.

Deleting a message takes it and everything that follows from it, on its branch and on every branch that left
after it, out of sight. The rest of its branch moves to a branch of its own in the trash, so that the branch
ends before the message and its next place is free. What went together carries the same `deleted_at`, and
comes back together; an answer that was being made meanwhile goes after its prompt, and comes back with it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from hansard.errors import Conflict, NotFound
from hansard.model.base import Id
from hansard.model.branches import Branch
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.lifecycle import PURGED, deletion_time
from hansard.model.messages import Message, Summary
from hansard.model.runs import Run
from hansard.services.artifacts import lifecycle
from hansard.storage.base import Append, Reader, Transaction
from hansard.storage.message_tree import (
    FORK,
    activity,
    ending_with,
    leaving,
    preview,
    put,
    store_fork,
)
from hansard.storage.query import Query


class Trashed(msgspec.Struct, frozen=True, kw_only=True):
    """What a deletion took, and the branch in the trash that brings it back."""

    branch: Id
    count: int
    """Messages."""


async def trash_message(
    tx: Transaction,
    conversation: Conversation,
    own: Branch,
    message: Message,
    trash_id: str,
    now: datetime,
) -> Trashed:
    """Put a message of branch `own`, and all that follows from it, into the trash."""
    if own.parent_branch is not None and message.seq == own.fork_seq + 1:
        return await trash_branch(tx, conversation, own, now)
    top = Branch(
        tenant_id=tx.tenant,
        id=trash_id,
        conversation_id=conversation.id,
        name=own.name,
        parent_branch=own.id,
        fork_seq=message.seq - 1,
        head_seq=own.head_seq,
        head_id=own.head_id,
        head_digest=own.head_digest,
        cut_from=own.id,
        created_at=now,
        updated_at=now,
    )
    await tx.insert(top)
    await tx.move(own.id, message.seq, top.id)
    await _follow(tx, own.id, message.seq, top.id, now)
    before = await tx.get(Message, message.parent_id) if message.parent_id else None
    await tx.update(Branch, own.id, **ending_with(before))
    return await trash_branch(tx, conversation, top, now)


async def trash_branch(
    tx: Transaction, conversation: Conversation, top: Branch, now: datetime
) -> Trashed:
    """Put a branch, and those that left it, into the trash."""
    all_below = await below(tx, top)
    branches = [b for b in all_below if b.deleted_at is None]
    others = await lifecycle.deletions(tx, now, branch__in=[branch.id for branch in branches])
    at = deletion_time(now, [*others, *(branch.deleted_at for branch in all_below)])
    count = 0
    for branch in branches:
        await tx.update(Branch, branch.id, deleted_at=at, updated_at=now)
        await lifecycle.delete(tx, at, now, branch=branch.id)
        count += branch.head_seq - branch.fork_seq
    await _reset_selections(tx, conversation, {branch.id for branch in branches}, top.parent_branch)
    await _show(tx, conversation, -count, top.parent_branch)
    return Trashed(branch=top.id, count=count)


async def restore_branch(
    tx: Transaction, conversation: Conversation, top: Branch, now: datetime
) -> int:
    """Bring back a branch that was dropped, and what went with it; returns how many messages."""
    if top.deleted_at is None or top.deleted_at <= PURGED:
        raise NotFound("There is no such branch.")
    parent = await tx.get(Branch, top.parent_branch) if top.parent_branch else None
    if parent is not None and parent.deleted_at is not None:
        raise Conflict("What this followed is in the trash too: restore that first.")
    count = 0
    for branch in await below(tx, top):
        if branch.deleted_at == top.deleted_at:
            await tx.update(Branch, branch.id, deleted_at=None, updated_at=now)
            await lifecycle.restore(tx, top.deleted_at, now, branch=branch.id)
            count += branch.head_seq - branch.fork_seq
    if parent is not None and top.cut_from == parent.id and parent.head_seq == top.fork_seq:
        await tx.move(top.id, 0, parent.id)
        await _follow(tx, top.id, 0, parent.id, now)
        end: dict[str, Any] = {
            "head_seq": top.head_seq,
            "head_id": top.head_id,
            "head_digest": top.head_digest,
        }
        await tx.update(Branch, parent.id, **end)
        for run in await tx.select(
            Query(Run).where(conversation_id=top.conversation_id, branch=top.id)
        ):
            await tx.update(Run, run.id, branch=parent.id, updated_at=now)
        await tx.delete(Query(Branch).where(id=top.id))
        await _show(tx, conversation, count, parent.id)
    else:
        await tx.update(Branch, top.id, cut_from=None, updated_at=now)
        await _show(tx, conversation, count, top.id)
    return count


async def append_to_trash(tx: Transaction, run: Run, request: Append) -> list[Message]:
    """Place the answer of a run whose conversation or branch is in the trash, there, behind its prompt.

    Nothing is placed where what it belongs to is gone for good.
    """
    conversation = await tx.get(Conversation, run.conversation_id, lock=True)
    own = await tx.get(Branch, run.branch, lock=True)
    prompt = await tx.get(Message, run.prompt_id) if run.prompt_id else None
    holder = await tx.get(Branch, prompt.branch, lock=True) if prompt else None
    if conversation is None or own is None or prompt is None or holder is None:
        return []
    marks = [record.deleted_at for record in (conversation, own, holder) if record.deleted_at]
    if not marks or any(mark <= PURGED for mark in marks):
        return []
    home = holder if holder.deleted_at and not own.deleted_at else own
    if home.head_id != prompt.id:
        at = request.at
        fork = leaving(holder, prompt, fork_id=request.fork_id, name=FORK, at=at)
        home = replace(fork, deleted_at=home.deleted_at)
        await store_fork(tx, home, request)
    placed = await put(tx, request, home.id, prompt)
    if home.deleted_at is None:
        await _show(tx, conversation, len(placed), home.id)
    await tx.increment(*activity(placed, conversation.project_id, prompt.created_at))
    return placed


async def below(tx: Reader, top: Branch) -> list[Branch]:
    """A branch and all that left it, directly or not."""
    found, waiting = [top], [top.id]
    while waiting:
        children = await tx.select(
            Query(Branch).where(parent_branch=waiting.pop()).by("fork_seq", "id")
        )
        found += children
        waiting += [child.id for child in children]
    return found


async def _follow(tx: Transaction, old: str, first_seq: int, new: str, now: datetime) -> None:
    """What hangs on the messages of `old` from `first_seq` on now hangs on `new`, where they went."""
    moved = Query(Branch).where(parent_branch=old, fork_seq__ge=first_seq, id__ne=new)
    for branch in await tx.select(moved):
        await tx.update(Branch, branch.id, parent_branch=new, updated_at=now)
    for summary in await tx.select(Query(Summary).where(branch=old, seq__ge=first_seq)):
        await tx.update(Summary, summary.id, branch=new, updated_at=now)
    await lifecycle.move(tx, old, new)


async def _reset_selections(
    tx: Transaction, conversation: Conversation, gone: set[str], fallback: str | None
) -> None:
    """Whoever was on a branch that is gone is on the one it left."""
    for view in await tx.select(Query(BranchSelection).where(conversation_id=conversation.id)):
        if view.branch in gone:
            await tx.update(
                BranchSelection,
                conversation.id,
                view.user_id,
                branch=fallback or conversation.branch,
            )


async def _show(
    tx: Transaction, conversation: Conversation, added: int, branch_id: str | None
) -> None:
    """What the conversation shows of its messages, after some came or went."""
    branch = await tx.get(Branch, branch_id or conversation.branch)
    head = await tx.get(Message, branch.head_id) if branch and branch.head_id else None
    await tx.update(
        Conversation,
        conversation.id,
        message_count=conversation.message_count + added,
        preview=preview(head) if head else "",
    )
