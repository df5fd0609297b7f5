"""Appends as a batch: all of them are placed first, and then stored with one statement for each table.

This does what `message_tree.append` does, for appends that need nothing else: the conversation is there, the head is
the expected one, and the ids are free. Any other goes that way.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from hansard.model.activity import MessageCounters
from hansard.model.messages import Message
from hansard.storage import message_tree
from hansard.storage.base import Append, Change
from hansard.storage.sql.statements import statements
from hansard.storage.sql.values import (
    from_microseconds,
    microseconds,
    uuid_from_bytes,
    uuid_to_bytes,
)
from hansard.storage.sqlite import index

if TYPE_CHECKING:
    from hansard.storage.sqlite.transaction import SqliteTransaction

SQL = statements("sqlite")

Target = tuple[str, str, str, str, str | None]
"""Tenant, conversation, owner, viewer and named branch: where an append says that it goes."""
MAX_HEADS = 10_000


class Head(msgspec.Struct):
    """The end of a branch, after which an append goes."""

    project_id: str | None
    said_at: datetime | None
    """When its last message was said; None if it is empty."""
    digest: str | None
    branch: str
    seq: int
    id: str | None

    def follow(self, last: Message) -> None:
        """Go on to a message after this head."""
        self.said_at, self.digest = last.created_at, last.digest
        self.seq, self.id = last.seq, last.id


class Refused(Exception):
    """An append is not one of those that a batch can hold; nothing was written."""


class Heads:
    """The heads that the writer wrote last. They hold until anything else is written, or a batch fails."""

    def __init__(self) -> None:
        self._branches: dict[Target, str] = {}
        self._heads: dict[tuple[str, str], Head] = {}

    async def of(self, tx: SqliteTransaction, tenant: str, append: Append) -> Head:
        """Return the head after which an append goes, read from the file if it is not remembered.

        Raises Refused if there is none. However an append names its branch, a branch has one head.
        """
        target = (tenant, append.conversation_id, append.owner_id, append.viewer, append.branch)
        branch = self._branches.get(target)
        if branch is not None:
            return self._heads[tenant, branch]
        head = await _read(tx, tenant, append)
        self._branches[target] = head.branch
        return self._heads.setdefault((tenant, head.branch), head)

    def limit(self) -> None:
        """Forget all if there are many; not while a batch that was placed is not stored."""
        if len(self._branches) > MAX_HEADS:
            self.forget()

    def forget(self) -> None:
        self._branches.clear()
        self._heads.clear()


class Batch:
    """Appends that are placed and not stored yet."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads
        self._messages: list[Message] = []
        self._ends: dict[tuple[str, str], tuple[Any, ...]] = {}
        self._conversations: dict[tuple[str, str], list[Any]] = {}
        self._counters: list[MessageCounters] = []
        self._changes: list[tuple[str, Change]] = []
        heads.limit()

    async def add(self, tx: SqliteTransaction, tenant: str, append: Append) -> list[Message]:
        """Place an append and return its messages. Raises Refused if a batch cannot hold it."""
        head = await self._heads.of(tx, tenant, append)
        if append.expect_head is not msgspec.UNSET and append.expect_head != head.id:
            raise Refused
        placed = message_tree.assign_positions(
            append.messages, head.branch, head.seq, head.id, head.digest
        )
        self._messages += placed
        self._counters += message_tree.activity(placed, head.project_id, head.said_at)
        self._changes.append((tenant, message_tree.appended(placed, append)))
        head.follow(placed[-1])
        end = (uuid_to_bytes(head.branch), head.seq, uuid_to_bytes(placed[-1].id))
        digest = head.digest and bytes.fromhex(head.digest)
        self._ends[tenant, head.branch] = (tenant, *end, digest)
        self._show(tenant, append.conversation_id, placed)
        return placed

    def _show(self, tenant: str, conversation_id: str, placed: list[Message]) -> None:
        """Have a conversation show its newest message."""
        last = placed[-1]
        at, count = microseconds(last.created_at), len(placed)
        before = self._conversations.get((tenant, conversation_id))
        if before is not None:
            at, count = max(at, before[2]), count + before[3]
        shown = [tenant, uuid_to_bytes(conversation_id), at, count, message_tree.preview(last)]
        self._conversations[tenant, conversation_id] = shown

    async def store(self, tx: SqliteTransaction) -> None:
        """Store all. Raises AlreadyExists if an id is taken."""
        await index.insert(tx, tx.schema.of(Message), self._messages)
        await tx.run_each(SQL["advance"], list(self._ends.values()))
        await tx.run_each(SQL["touch"], list(self._conversations.values()))
        await tx.increment(*tx.schema.of(MessageCounters).combined(self._counters))
        await tx.report(self._changes)


async def _read(tx: SqliteTransaction, tenant: str, append: Append) -> Head:
    where = {
        "tenant": tenant,
        "conversation": uuid_to_bytes(append.conversation_id),
        "owner": append.owner_id,
        "viewer": append.viewer,
        "branch": append.branch and uuid_to_bytes(append.branch),
        "first": uuid_to_bytes(append.messages[0].id),
    }
    rows = await tx.rows(SQL["head"], where)
    if not rows or rows[0][6]:
        raise Refused
    project, said_at, digest, branch, seq, head, _ = rows[0]
    return Head(
        project_id=project and uuid_from_bytes(project),
        said_at=None if said_at is None else from_microseconds(said_at),
        digest=digest and digest.hex(),
        branch=uuid_from_bytes(branch),
        seq=seq,
        id=head and uuid_from_bytes(head),
    )
