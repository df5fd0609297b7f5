"""Changes of branches that several services make within their own transactions."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hansard.model.branches import Branch
from hansard.model.conversations import BranchSelection
from hansard.model.event_kinds import EventKind
from hansard.model.messages import Message
from hansard.model.scope import Scope
from hansard.storage import message_tree
from hansard.storage.base import Change, Transaction
from hansard.storage.query import Query


async def fork_at(
    tx: Transaction,
    scope: Scope,
    owner: Branch,
    head: Message | None,
    fork_id: str,
    now: datetime,
    name: str = "",
    model: str | None = None,
) -> Branch:
    """Create a branch that forks from `owner` after its message `head`, or before the first message.

    Later prompts on it use `model`, or the model of `owner`. Without `name` it is numbered: "branch 2".
    """
    if not name:
        siblings = Query(Branch).where(conversation_id=owner.conversation_id)
        name = f"branch {1 + await tx.count(siblings)}"
    fork = message_tree.make_fork(owner, head, fork_id=fork_id, name=name, at=now)
    fork = msgspec.structs.replace(fork, model=model or owner.model)
    await tx.insert(fork)
    await publish_branch(tx, scope, "branch.created", fork, now)
    return fork


async def fork_before(
    tx: Transaction,
    scope: Scope,
    branch: Branch,
    message: Message,
    fork_id: str,
    now: datetime,
    *,
    model: str | None = None,
) -> Branch:
    """Create a branch that ends before a message of `branch`, so that another message can take its place."""
    owner = await message_tree.owning_branch(tx, branch, message.seq - 1)
    head = await tx.get(Message, message.parent_id) if message.parent_id else None
    return await fork_at(tx, scope, owner, head, fork_id, now, model=model)


async def set_branch_model(
    tx: Transaction, scope: Scope, branch: Branch, model: str | None, now: datetime
) -> None:
    """Set the model that answers later prompts on a branch; None for the conversation's model."""
    if branch.model == model:
        return
    await tx.update(Branch, branch.id, model=model, updated_at=now)
    await publish_branch(tx, scope, "branch.updated", branch, now)


async def select_branch(tx: Transaction, scope: Scope, branch: Branch, now: datetime) -> None:
    """Make a branch the user's current one, and publish it to the feed."""
    selection = BranchSelection(
        tenant_id=tx.tenant,
        created_at=now,
        conversation_id=branch.conversation_id,
        user_id=scope.user,
        branch=branch.id,
    )
    if not await tx.insert(selection, absent=True):
        key = (branch.conversation_id, scope.user)
        await tx.update(BranchSelection, *key, branch=branch.id)
    await publish_branch(tx, scope, "branch.switched", branch, now)


async def publish_branch(
    tx: Transaction,
    scope: Scope,
    kind: EventKind,
    branch: Branch,
    now: datetime,
    count: int = 1,
) -> None:
    """Publish a change of a branch to the user's feed; `count` is the number of messages concerned."""
    change = Change(
        user_id=scope.user,
        kind=kind,
        subject_id=branch.id,
        conversation_id=branch.conversation_id,
        branch=branch.id,
        count=count,
        at=now,
    )
    await tx.publish(change)
