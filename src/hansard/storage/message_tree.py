"""The tree of messages: append, fork and paths, implemented with the generic storage methods.

A branch owns a contiguous range of `seq` after `fork_seq`; earlier messages belong to its parent branch, and so on
to the main branch. The path to a head is therefore a few ranges, which follow from the branch rows alone, and
reading a part of it touches only the rows of that part.

Memory and SQLite use `append` below; PostgreSQL does the same steps in one statement, for which this is the
specification.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from hansard.errors import AlreadyExists, HeadConflict, NotFound, damaged
from hansard.ids import is_id
from hansard.model.activity import MessageCounters
from hansard.model.branches import Branch
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.messages import Message
from hansard.storage.base import Append, Change, Reader, Transaction
from hansard.storage.digests import digest_of

FORK = "fork"
"""The name of a branch that `on_conflict="fork"` creates."""
PREVIEW = 160
ENGAGED_GAP = timedelta(minutes=30)

_PLACE = {"branch", "seq", "parent_id", "created_at", "digest", "author_id"}


async def append(tx: Transaction, request: Append) -> list[Message]:
    """Append messages, and update the branch's head, the conversation, the counters and the feed.

    Raises NotFound if the conversation or the branch does not exist, HeadConflict if the head is not the expected one
    and `on_conflict` is `"error"`, AlreadyExists if an id is taken.
    """
    conversation = await tx.get(Conversation, request.conversation_id, lock=True)
    if (
        conversation is None
        or conversation.owner_id != request.owner_id
        or conversation.state != "active"
    ):
        raise NotFound("There is no such conversation.")
    stored = await stored_already(tx, request)
    if stored:
        return stored
    branch = await _branch(tx, request, conversation)
    if request.expect_head is not msgspec.UNSET and request.expect_head != branch.head_id:
        if request.on_conflict == "error":
            raise HeadConflict(head=branch.head_id, branch=branch.id)
        if request.on_conflict == "fork":
            branch = await fork(tx, branch, request.expect_head, request)
    head = await tx.get(Message, branch.head_id) if branch.head_id else None
    messages = await put(tx, request, branch.id, head)
    last = messages[-1]
    await tx.update(
        Conversation,
        conversation.id,
        active_at=max(conversation.active_at, last.created_at),
        message_count=conversation.message_count + len(messages),
        preview=preview(last),
    )
    before = head.created_at if head else None
    await tx.increment(*activity(messages, conversation.project_id, before))
    return messages


async def put(tx: Transaction, request: Append, branch: str, head: Message | None) -> list[Message]:
    """Store messages after a branch's head and publish them to the feed.

    All messages are stored here, except those of an import, which publishes the complete conversation instead.
    """
    start = (head.seq, head.id, head.digest) if head else (-1, None, None)
    messages = assign_positions(request.messages, branch, *start)
    await tx.insert(*messages)
    await tx.update(Branch, branch, **ending_with(messages[-1]))
    await tx.publish(appended(messages, request))
    return messages


def ending_with(head: Message | None) -> dict[str, Any]:
    """Return the head fields of a branch whose last message is `head`."""
    if head is None:
        return {"head_seq": -1, "head_id": None, "head_digest": None}
    return {"head_seq": head.seq, "head_id": head.id, "head_digest": head.digest}


async def stored_already(tx: Reader, request: Append) -> list[Message]:
    """Return the messages that an earlier, equal append stored; an empty list if their ids are free.

    Raises AlreadyExists if an id is taken by a message of another user or with other content.
    """
    rows = [await tx.get(Message, message.id) for message in request.messages]
    stored = [message for message in rows if message is not None]
    if not stored:
        return []
    same = len(stored) == len(rows) and all(
        old.conversation_id == request.conversation_id and _content(old) == _content(new)
        for old, new in zip(stored, request.messages, strict=True)
    )
    if any(old.owner_id != request.owner_id for old in stored):
        raise AlreadyExists("This id is taken.")
    if not same:
        raise AlreadyExists("A message with this id exists already, with other content.")
    return stored


def _content(message: Message) -> dict[str, Any]:
    """Return what must be equal for an append to be a repetition: everything except position, time and author."""
    return {
        name: getattr(message, name) for name in message.__struct_fields__ if name not in _PLACE
    }


async def _branch(tx: Transaction, request: Append, conversation: Conversation) -> Branch:
    branch_id = request.branch
    if branch_id is None:
        selection = await tx.get(BranchSelection, conversation.id, request.viewer)
        branch_id = selection.branch if selection else conversation.branch
    branch = await tx.get(Branch, branch_id, lock=True)
    if branch is None or branch.conversation_id != conversation.id or branch.state != "active":
        raise NotFound("There is no such branch.")
    return branch


async def fork(tx: Transaction, branch: Branch, head: str | None, request: Append) -> Branch:
    """Create a branch that forks after the message `head`, or before the first message if `head` is None.

    Raises NotFound if the message is not in the conversation of `branch`.
    """
    message: Message | None = None
    if head is not None:
        message = await tx.get(Message, head) if is_id(head) else None
        inside = message is not None and message.conversation_id == branch.conversation_id
        owner = await tx.get(Branch, message.branch) if message and inside else None
        if message is None or owner is None or owner.state != "active":
            raise NotFound("The expected head is not in this conversation.", pointer="/expect_head")
    else:
        owner = await root(tx, branch)
    new_branch = make_fork(owner, message, fork_id=request.fork_id, name=FORK, at=request.at)
    await store_fork(tx, new_branch, request)
    return new_branch


async def store_fork(tx: Transaction, branch: Branch, request: Append) -> None:
    """Store a branch and publish it to the feed."""
    await tx.insert(branch)
    await tx.publish(
        Change(
            user_id=request.owner_id,
            kind="branch.created",
            subject_id=branch.id,
            conversation_id=branch.conversation_id,
            branch=branch.id,
            at=request.at,
        )
    )


def make_fork(
    owner: Branch, head: Message | None, *, fork_id: str, name: str, at: datetime
) -> Branch:
    """Return a new branch that forks from the branch `owner` after its message `head`, or before the first message."""
    end = ending_with(head)
    return Branch(
        tenant_id=owner.tenant_id,
        id=fork_id,
        conversation_id=owner.conversation_id,
        name=name,
        parent_branch=owner.id,
        fork_seq=end["head_seq"],
        **end,
        created_at=at,
        updated_at=at,
    )


def assign_positions(
    messages: tuple[Message, ...],
    branch: str,
    head_seq: int,
    head_id: str | None,
    head_digest: str | None,
    contents: Sequence[bytes | None] | None = None,
) -> list[Message]:
    """Return the messages with their positions after a head. After a head without a digest they have none either.

    `contents` are the messages' `content_digest`, if they are known.
    """
    placed: list[Message] = []
    digest, has_digests = head_digest, head_id is None or head_digest is not None
    contents = contents or [None] * len(messages)
    for seq, (message, content) in enumerate(zip(messages, contents, strict=True), head_seq + 1):
        digest = digest_of(message, seq, digest, content) if has_digests else None
        placed.append(
            msgspec.structs.replace(
                message, branch=branch, seq=seq, parent_id=head_id, digest=digest
            )
        )
        head_id = message.id
    return placed


def preview(message: Message) -> str:
    """Return the start of a message's text, on one line."""
    text = message.text
    return " ".join(text[: 2 * PREVIEW].split())[:PREVIEW]


def appended(messages: list[Message], request: Append) -> Change:
    """Return the feed entry for appended messages."""
    return Change(
        user_id=request.owner_id,
        kind="message.created",
        subject_id=messages[-1].id,
        conversation_id=request.conversation_id,
        branch=messages[0].branch,
        seq=messages[0].seq,
        count=len(messages),
        at=request.at,
    )


def activity(
    messages: Sequence[Message], project_id: str | None, before: datetime | None, sign: int = 1
) -> list[MessageCounters]:
    """Return what messages of one conversation add to the counters, or with `sign=-1` subtract from them.

    `before` is the time of the message before them; None if they are the first. The sums depend only on the messages,
    so that a deletion can subtract them again.
    """
    sums: defaultdict[tuple[str, int, str, str], list[int]] = defaultdict(lambda: [0] * 6)
    for message in messages:
        at = message.created_at
        text = message.text
        row = sums[at.date().isoformat(), at.hour, message.role, message.model or ""]
        row[0] += 1
        row[1] += len(text.split())
        row[2] += len(text)
        row[3] += message.tokens_in or 0
        row[4] += message.tokens_out or 0
        row[5] += _engaged(before, at)
        before = at
    return [
        MessageCounters(
            tenant_id=messages[0].tenant_id,
            created_at=messages[0].created_at,
            owner_id=messages[0].owner_id,
            project_id=project_id or "",
            day=day,
            hour=hour,
            role=role,
            model=model,
            messages=sign * row[0],
            words=sign * row[1],
            characters=sign * row[2],
            tokens_in=sign * row[3],
            tokens_out=sign * row[4],
            engaged_seconds=sign * row[5],
        )
        for (day, hour, role, model), row in sums.items()
    ]


def _engaged(before: datetime | None, at: datetime) -> int:
    """Return the seconds between two messages that count as engaged time."""
    gap = at - before if before is not None else ENGAGED_GAP
    return gap.seconds if timedelta(0) < gap < ENGAGED_GAP else 0


async def resolve_branch(
    tx: Reader, conversation_id: str, owner_id: str, viewer: str, branch: str | None
) -> Branch | None:
    """Return the branch to read; see `Reader.resolve_branch`."""
    conversation = await tx.get(Conversation, conversation_id)
    if conversation is None or conversation.owner_id != owner_id or conversation.state != "active":
        return None
    if branch is None:
        selection = await tx.get(BranchSelection, conversation_id, viewer)
        branch = selection.branch if selection else conversation.branch
    row = await tx.get(Branch, branch)
    if row is None or row.conversation_id != conversation_id or row.state != "active":
        return None
    return row


async def root(tx: Reader, branch: Branch) -> Branch:
    """Return the main branch from which a branch descends."""
    while branch.parent_branch is not None:
        branch = await _parent(tx, branch.parent_branch)
    return branch


async def segments(tx: Reader, branch: Branch, first: int, last: int) -> list[tuple[str, int, int]]:
    """Return the ranges `(branch, first seq, last seq)` of a path between two seqs, newest first."""
    ranges: list[tuple[str, int, int]] = []
    last = min(last, branch.head_seq)
    while last >= max(first, 0):
        if last > branch.fork_seq:
            ranges.append((branch.id, max(first, branch.fork_seq + 1), last))
            last = branch.fork_seq
        if last < max(first, 0) or branch.parent_branch is None:
            break
        branch = await _parent(tx, branch.parent_branch)
    return ranges


async def path(tx: Reader, branch: Branch, first: int, last: int) -> list[Message]:
    """Return the messages on the path to a branch's head from seq `first` to `last`, oldest first.

    Raises NotADatabase if one of them is missing.
    """
    messages: list[Message] = []
    for branch_id, low, high in reversed(await segments(tx, branch, first, last)):
        messages += await tx.messages(branch_id, low, high)
    return messages


async def owning_branch(tx: Reader, branch: Branch, seq: int) -> Branch:
    """Return the branch on the path to `branch` that owns the message at `seq` (-1: the main branch)."""
    while seq <= branch.fork_seq and branch.parent_branch is not None:
        branch = await _parent(tx, branch.parent_branch)
    return branch


async def _parent(tx: Reader, branch_id: str) -> Branch:
    parent = await tx.get(Branch, branch_id)
    if parent is None:
        raise damaged("A branch")
    return parent
