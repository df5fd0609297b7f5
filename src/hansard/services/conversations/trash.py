"""Deleting and restoring messages and branches.

Deleting a message also deletes everything after it: on its branch and on every branch that forks after it. The
rest of its branch becomes a branch of its own in the trash, so that the branch ends before the message. Records
that are deleted together have the same `deleted_at` and are restored together; an answer that is being generated
meanwhile is stored in the trash after its prompt, and restored with it.
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
from hansard.model.lifecycle import ACTIVE, deletion_time, trashed
from hansard.model.messages import Message, Summary
from hansard.model.runs import Run
from hansard.services.artifacts import lifecycle
from hansard.storage.base import Append, Reader, Transaction
from hansard.storage.message_tree import (
    FORK,
    activity,
    ending_with,
    make_fork,
    preview,
    put,
    store_fork,
)
from hansard.storage.query import Query


class Trashed(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a deletion: its size, and the branch in the trash that restores it."""

    branch: Id
    count: int
    """Messages."""


async def trash_message(
    tx: Transaction,
    conversation: Conversation,
    owner: Branch,
    message: Message,
    trash_id: str,
    now: datetime,
) -> Trashed:
    """Move a message of branch `owner`, and everything after it, to the trash as branch `trash_id`."""
    if owner.parent_branch is not None and message.seq == owner.fork_seq + 1:
        return await trash_branch(tx, conversation, owner, now)
    parent = await tx.get(Message, message.parent_id) if message.parent_id else None
    rest = await _cut(tx, owner, parent, trash_id, now)
    return await trash_branch(tx, conversation, rest, now)


async def trash_messages(
    tx: Transaction, conversation: Conversation, main: Branch, trash_id: str, now: datetime
) -> Trashed:
    """Move all messages of a conversation to the trash.

    The messages of its main branch become branch `trash_id`; if there are none, the oldest branch that begins the
    conversation anew is the top. The other branches that begin it anew fork from the top while they are in the trash,
    so that they are restored and purged with it. Raises Conflict if there are no messages.
    """
    if conversation.message_count == 0:
        raise Conflict("The conversation has no messages.")
    roots = await tx.select(_beginnings(main.id).where(state="active"))
    if main.head_seq >= 0:
        top = await _cut(tx, main, None, trash_id, now)
    else:
        top = next(root for root in roots if root.head_seq >= 0)
    for root in roots:
        if root.id != top.id:
            await tx.update(Branch, root.id, parent_branch=top.id, updated_at=now)
    return await trash_branch(tx, conversation, top, now)


def _beginnings(parent_branch: str) -> Query[Branch]:
    """Return a query of the branches attached to a branch that begin the conversation anew, the oldest first."""
    return Query(Branch).where(parent_branch=parent_branch, fork_seq=-1).by("created_at", "id")


async def _cut(
    tx: Transaction, owner: Branch, end: Message | None, rest_id: str, now: datetime
) -> Branch:
    """Move what follows message `end` on a branch to a new branch, and return that; without `end`, all of it."""
    rest = make_fork(owner, end, fork_id=rest_id, name=owner.name, at=now)
    rest = replace(rest, cut_from=owner.id, **_head(owner))
    await tx.insert(rest)
    await tx.move(owner.id, rest.fork_seq + 1, rest.id)
    await _reattach(tx, owner.id, rest.fork_seq + 1, rest.id, now)
    await tx.update(Branch, owner.id, **ending_with(end))
    return rest


async def trash_branch(
    tx: Transaction, conversation: Conversation, top: Branch, now: datetime
) -> Trashed:
    """Move a branch and those that fork from it to the trash."""
    all_branches = await subtree(tx, top)
    branches = [b for b in all_branches if b.state == "active"]
    artifact_times = await lifecycle.deletions(
        tx, now, branch__in=[branch.id for branch in branches]
    )
    deleted_at = deletion_time(
        now, [*artifact_times, *(branch.deleted_at for branch in all_branches)]
    )
    message_count = 0
    for branch in branches:
        await tx.update(Branch, branch.id, updated_at=now, **trashed(deleted_at))
        await lifecycle.delete(tx, deleted_at, now, branch=branch.id)
        message_count += branch.head_seq - branch.fork_seq
    await _reset_selections(tx, conversation, {branch.id for branch in branches}, top.parent_branch)
    await _update_count_and_preview(tx, conversation, -message_count, top.parent_branch)
    return Trashed(branch=top.id, count=message_count)


async def restore_branch(
    tx: Transaction, conversation: Conversation, top: Branch, now: datetime
) -> int:
    """Restore a branch and what was deleted with it; return the number of messages.

    Raises NotFound if it is not in the trash, Conflict if the branch it forks from is.
    """
    if top.state != "trashed":
        raise NotFound("There is no such branch.")
    parent = await tx.get(Branch, top.parent_branch) if top.parent_branch else None
    if parent is not None and parent.state != "active":
        raise Conflict("The messages before it are in the trash too; restore those first.")
    message_count = 0
    for branch in await subtree(tx, top):
        if (branch.state, branch.deleted_at) == (top.state, top.deleted_at):
            await tx.update(Branch, branch.id, updated_at=now, **ACTIVE)
            await lifecycle.restore(tx, top.deleted_at, now, branch=branch.id)
            message_count += branch.head_seq - branch.fork_seq
    if parent is not None and top.fork_seq == -1:
        for root in await tx.select(_beginnings(top.id)):
            await tx.update(Branch, root.id, parent_branch=parent.id, updated_at=now)
    if parent is not None and top.cut_from == parent.id and parent.head_seq == top.fork_seq:
        await tx.move(top.id, 0, parent.id)
        await _reattach(tx, top.id, 0, parent.id, now)
        await tx.update(Branch, parent.id, **_head(top))
        for run in await tx.select(
            Query(Run).where(conversation_id=top.conversation_id, branch=top.id)
        ):
            await tx.update(Run, run.id, branch=parent.id, updated_at=now)
        await tx.delete(Query(Branch).where(id=top.id))
        await _update_count_and_preview(tx, conversation, message_count, parent.id)
    else:
        await tx.update(Branch, top.id, cut_from=None, updated_at=now)
        await _update_count_and_preview(tx, conversation, message_count, top.id)
    return message_count


async def append_to_trash(tx: Transaction, run: Run, request: Append) -> list[Message]:
    """Append the answer of a run whose conversation or branch is in the trash, after its prompt.

    Returns the stored messages; none if the conversation or branch is purged.
    """
    conversation = await tx.get(Conversation, run.conversation_id, lock=True)
    branch = await tx.get(Branch, run.branch, lock=True)
    prompt = await tx.get(Message, run.prompt_id) if run.prompt_id else None
    prompt_branch = await tx.get(Branch, prompt.branch, lock=True) if prompt else None
    if conversation is None or branch is None or prompt is None or prompt_branch is None:
        return []
    states = {record.state for record in (conversation, branch, prompt_branch)}
    if "trashed" not in states or not states <= {"active", "trashed"}:
        return []
    target = prompt_branch if prompt_branch.state != branch.state == "active" else branch
    if target.head_id != prompt.id:
        at = request.at
        fork = make_fork(prompt_branch, prompt, fork_id=request.fork_id, name=FORK, at=at)
        target = replace(fork, state=target.state, deleted_at=target.deleted_at)
        await store_fork(tx, target, request)
    stored = await put(tx, request, target.id, prompt)
    if target.state == "active":
        await _update_count_and_preview(tx, conversation, len(stored), target.id)
    await tx.increment(*activity(stored, conversation.project_id, prompt.created_at))
    return stored


def _head(branch: Branch) -> dict[str, Any]:
    return {name: getattr(branch, name) for name in ("head_seq", "head_id", "head_digest")}


async def subtree(tx: Reader, top: Branch) -> list[Branch]:
    """Return a branch and all branches that fork from it, directly or not."""
    branches, pending = [top], [top.id]
    while pending:
        children = await tx.select(
            Query(Branch).where(parent_branch=pending.pop()).by("fork_seq", "id")
        )
        branches += children
        pending += [child.id for child in children]
    return branches


async def _reattach(tx: Transaction, old: str, first_seq: int, new: str, now: datetime) -> None:
    """Attach to branch `new` everything that belongs to the messages moved there from branch `old`."""
    moved = Query(Branch).where(parent_branch=old, fork_seq__ge=first_seq, id__ne=new)
    for branch in await tx.select(moved):
        await tx.update(Branch, branch.id, parent_branch=new, updated_at=now)
    for summary in await tx.select(Query(Summary).where(branch=old, seq__ge=first_seq)):
        await tx.update(Summary, summary.id, branch=new, updated_at=now)
    await lifecycle.move(tx, old, new)


async def _reset_selections(
    tx: Transaction, conversation: Conversation, branch_ids: set[str], fallback: str | None
) -> None:
    """Select the fallback branch for users whose current branch is gone."""
    for selection in await tx.select(Query(BranchSelection).where(conversation_id=conversation.id)):
        if selection.branch in branch_ids:
            await tx.update(
                BranchSelection,
                conversation.id,
                selection.user_id,
                branch=fallback or conversation.branch,
            )


async def _update_count_and_preview(
    tx: Transaction, conversation: Conversation, added: int, branch_id: str | None
) -> None:
    """Add to the conversation's message count, and show the last message of a branch as its preview."""
    branch = await tx.get(Branch, branch_id or conversation.branch)
    head = await tx.get(Message, branch.head_id) if branch and branch.head_id else None
    await tx.update(
        Conversation,
        conversation.id,
        message_count=conversation.message_count + added,
        preview=preview(head) if head else "",
    )
