"""Verifies runs: each has ended, its answer exists, and its events match the answer."""

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
from hansard.storage.verification.findings import PAGE, Collector

EVENTS_ARE_KEPT = timedelta(days=1)
"""The minimum time for which events are kept; older ones may be missing, the oldest first."""


async def verify_answers(tx: Reader, messages: Sequence[Message], collector: Collector) -> None:
    """Verify that the runs named by messages exist and created them."""
    named = {m.run_id: m for m in messages if m.run_id is not None and m.origin_id is None}
    if not named:
        return
    runs = {run.id: run for run in await tx.select(Query(Run).where(id__in=list(named)))}
    for run_id, message in named.items():
        run = runs.get(run_id)
        if run is None or run.message_id != message.id:
            finding = f"names run {run_id}, which {'does not exist' if run is None else 'created another'}"
            collector.find(f"message {message.id}", finding)


async def verify_runs(
    tx: Reader, conversation: Conversation, known: dict[str, Branch], collector: Collector
) -> None:
    """Verify the runs of a conversation with these branches."""
    after: tuple[str, ...] | None = None
    while runs := await tx.select(
        Query(Run).where(conversation_id=conversation.id).by("id").page(PAGE, after)
    ):
        answers = Query(Message).where(id__in=[run.message_id for run in runs])
        messages = {message.id: message for message in await tx.select(answers)}
        for run in runs:
            branch = known.get(run.branch)
            if branch is None or branch.incomplete:
                continue
            if run.owner_id != conversation.owner_id:
                collector.find(f"run {run.id}", "has another owner than its conversation")
            await _run(tx, run, messages.get(run.message_id), collector)
        after = (runs[-1].id,)


async def _run(tx: Reader, run: Run, answer: Message | None, collector: Collector) -> None:
    subject = f"run {run.id}"
    if run.status not in ENDED:
        if answer is not None:
            collector.find(subject, f"is {run.status}, and its answer is stored")
        return
    if answer is None or answer.run_id != run.id:
        collector.find(subject, f"is {run.status}, and its answer does not exist")
        return
    events = await tx.select(Query(RunEvent).where(run_id=run.id).by("number"))
    if events and not _was_changed(run):
        _events(run, events, answer, collector)


def _events(run: Run, events: list[RunEvent], answer: Message, collector: Collector) -> None:
    subject, last = f"run {run.id}", events[-1]
    first = events[0].number
    is_young = datetime.now(UTC) - run.created_at < EVENTS_ARE_KEPT
    if [event.number for event in events] != list(range(first, first + len(events))) or (
        first != 1 and is_young
    ):
        collector.find(subject, "lacks some of its events")
        return
    if last.type != run.status or any(event.type in ENDED for event in events[:-1]):
        collector.find(subject, f"is {run.status}, and its events end differently")
        return
    if first == 1 and parts_of_events(events) != _said(answer):
        collector.find(subject, "has events that do not match its answer")


def _was_changed(run: Run) -> bool:
    """Return whether the answer was changed before it was stored, and its last events were not stored."""
    return run.error is not None and run.error.code == "error"


def _said(answer: Message) -> tuple[object, ...]:
    return tuple(part for part in answer.parts if not isinstance(part, Error))
