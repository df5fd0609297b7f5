"""The pending writes of an import, and how they are done together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from hansard.model.activity import MessageCounters
from hansard.model.base import Entry
from hansard.model.conversations import Conversation
from hansard.storage.base import Change, Transaction

Work = Callable[[Transaction], Awaitable[None]]


async def nothing(_: Transaction) -> None:
    """The work of a step that only adds rows."""


class Step(NamedTuple):
    """A pending write for a conversation, whose parts are done in this order."""

    conversation: Conversation
    kind: str
    check: Work = nothing
    rows: Sequence[Entry] = ()
    """Of one type."""
    sums: Sequence[MessageCounters] = ()
    work: Work = nothing
    shown: Conversation | None = None
    """The conversation as it is from then on: visible."""
    changes: Sequence[Change] = ()
    in_order: bool = False
    """Whether the work depends on which rows are there before it."""

    async def run(self, tx: Transaction) -> None:
        await self.check(tx)
        await tx.insert(*self.rows)
        await tx.increment(*self.sums)
        await self.work(tx)
        if self.shown is not None:
            await _show(tx, self.shown)
        await tx.publish(*self.changes)


async def run_together(tx: Transaction, steps: Sequence[Step]) -> None:
    """Run steps with one insert for each table. Rows come before rows that refer to them, as in the schema."""
    for step in steps:
        await step.check(tx)
    shown = {step.shown.id: step.shown for step in steps if step.shown is not None}
    rows: defaultdict[type[Entry], list[Entry]] = defaultdict(list)
    for step in steps:
        if not step.rows:
            continue
        first, *others = step.rows
        if isinstance(first, Conversation):
            first = shown.pop(first.id, first)
        rows[type(first)] += [first, *others]
    for table in tx.schema.tables:
        if table.record in rows:
            await tx.insert(*rows[table.record])
    sums = [row for step in steps for row in step.sums]
    await tx.increment(*tx.schema.of(MessageCounters).combined(sums))
    for step in steps:
        await step.work(tx)
    for conversation in shown.values():
        await _show(tx, conversation)
    await tx.publish(*(change for step in steps for change in step.changes))


async def _show(tx: Transaction, conversation: Conversation) -> None:
    """Make a conversation visible, which increments its version."""
    await tx.update(
        Conversation,
        conversation.id,
        state=conversation.state,
        updated_at=conversation.updated_at,
    )
