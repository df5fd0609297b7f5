"""Runs: each has ended with an answer that is there, and that says what its events say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hansard.model.answers import parts_of_events
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.parts import Error
from hansard.model.runs import ENDED, Run, RunEvent
from hansard.storage.base import Reader
from hansard.storage.query import Query
from hansard.storage.verification.findings import PAGE, Seen

EVENTS_ARE_KEPT = timedelta(days=1)
"""At least so long; older ones may be gone, the oldest first."""


async def look_at_answers(tx: Reader, messages: Sequence[Message], seen: Seen) -> None:
    """The runs that messages name are there, and made them."""
    named = {m.run_id: m for m in messages if m.run_id is not None and m.origin_id is None}
    if not named:
        return
    found = {run.id: run for run in await tx.select(Query(Run).where(id__in=list(named)))}
    for run_id, message in named.items():
        run = found.get(run_id)
        if run is None or run.message_id != message.id:
            said = f"names run {run_id}, which {'is not there' if run is None else 'made another'}"
            seen.find(f"message {message.id}", said)


async def look(
    tx: Reader, conversation: Conversation, known: dict[str, Branch], seen: Seen
) -> None:
    """Look at the runs of a conversation, which has these branches."""
    after: tuple[str, ...] | None = None
    while runs := await tx.select(
        Query(Run).where(conversation_id=conversation.id).by("id").page(PAGE, after)
    ):
        answers = Query(Message).where(id__in=[run.message_id for run in runs])
        said = {message.id: message for message in await tx.select(answers)}
        for run in runs:
            branch = known.get(run.branch)
            if branch is None or branch.incomplete:
                continue
            if run.owner_id != conversation.owner_id:
                seen.find(f"run {run.id}", "is of another owner than its conversation")
            await _run(tx, run, said.get(run.message_id), seen)
        after = (runs[-1].id,)


async def _run(tx: Reader, run: Run, answer: Message | None, seen: Seen) -> None:
    subject = f"run {run.id}"
    if run.status not in ENDED:
        if answer is not None:
            seen.find(subject, f"is {run.status}, and its answer is stored")
        return
    if answer is None or answer.run_id != run.id:
        seen.find(subject, f"is {run.status}, and its answer is not there")
        return
    events = await tx.select(Query(RunEvent).where(run_id=run.id).by("number"))
    if events and not _was_changed(run):
        _events(run, events, answer, seen)


def _events(run: Run, events: list[RunEvent], answer: Message, seen: Seen) -> None:
    subject, last = f"run {run.id}", events[-1]
    first = events[0].number
    is_young = datetime.now(UTC) - run.created_at < EVENTS_ARE_KEPT
    if [event.number for event in events] != list(range(first, first + len(events))) or (
        first != 1 and is_young
    ):
        seen.find(subject, "lacks some of its events")
        return
    if last.type != run.status or any(event.type in ENDED for event in events[:-1]):
        seen.find(subject, f"is {run.status}, and its events end otherwise")
        return
    if first == 1 and parts_of_events(events) != _said(answer):
        seen.find(subject, "has events that say something else than its answer")


def _was_changed(run: Run) -> bool:
    """Whether the answer could not be stored as it was said, and its last events not at all."""
    return run.error is not None and run.error.code == "error"


def _said(answer: Message) -> tuple[object, ...]:
    return tuple(part for part in answer.parts if not isinstance(part, Error))
