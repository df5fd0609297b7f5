"""The end of a run: one transaction that stores the answer, the last event and the run's state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

import msgspec

from hansard.errors import NotFound
from hansard.ids import new_id
from hansard.model.answers import parts_of_events
from hansard.model.event_kinds import EventKind
from hansard.model.messages import Finish, Message
from hansard.model.parts import Error, Part, Parts, Reasoning, Text
from hansard.model.runs import ENDED, Run, RunError, RunEvent, RunEventType, RunStatus
from hansard.services.artifacts.extraction import NOTHING, Finds, find_in, keep
from hansard.services.blobs import hold_blobs
from hansard.services.conversations.trash import append_to_trash
from hansard.storage.base import Append, Change, Reader, Transaction
from hansard.storage.query import Query

_FINISH: dict[RunStatus, Finish] = {
    "cancelled": "cancelled",
    "interrupted": "interrupted",
    "failed": "error",
}
_EVENT_KIND: dict[RunStatus, EventKind] = {
    "completed": "run.completed",
    "failed": "run.failed",
    "cancelled": "run.cancelled",
    "interrupted": "run.interrupted",
}
INTERRUPTED = RunError("interrupted", "The answer was interrupted before it began.")


class RunCompletion(msgspec.Struct, frozen=True, kw_only=True):
    """The final state of a run."""

    run: Run
    status: RunStatus
    parts: Parts
    """The answer, without the error."""
    finish: Finish = "interrupted"
    reason: str | None = None
    """The provider's finish reason, if `finish` is less specific."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    error: RunError | None = None
    events: Sequence[RunEvent] = ()
    """Events that may not be stored yet."""
    finds: Finds = NOTHING
    """The artifacts in the answer."""
    number: int
    """The number of the last event."""
    at: datetime

    def as_failed(self) -> Iterator[RunCompletion]:
        """Yield failed versions for a storage that rejects the answer; each has less content, the last none."""
        text_parts = tuple(part for part in self.parts if isinstance(part, Text | Reasoning))
        for parts in (
            self.parts,
            _replace_above(text_parts, 0xFFFF),
            _replace_above(text_parts, 0x7F),
            (),
        ):
            yield RunCompletion(
                run=self.run,
                status="failed",
                parts=parts,
                error=_UNSTORED if not parts else _CHANGED,
                tokens_in=self.tokens_in,
                tokens_out=self.tokens_out,
                number=self.number,
                at=self.at,
            )

    async def write(self, tx: Transaction) -> RunEvent:
        """Store the end unless the run has ended; return the stored last event."""
        run = await tx.get(Run, self.run.id, lock=True)
        if run is None:
            return self._purged_event()
        if run.status in ENDED:
            return await last_event(tx, run, self.number)
        await tx.insert(*self.events, absent=True)
        message = await self._answer(tx, run)
        last = _last_event(run, self.number, self.at, self.status, self._data(message))
        await tx.insert(last)
        await tx.update(
            Run,
            run.id,
            status=self.status,
            branch=message.branch if message else run.branch,
            tokens_in=self.tokens_in,
            tokens_out=self.tokens_out,
            error=self.error,
            ended_at=self.at,
            updated_at=self.at,
        )
        await tx.publish(
            Change(
                user_id=run.owner_id,
                kind=_EVENT_KIND[self.status],
                subject_id=run.id,
                conversation_id=run.conversation_id,
                branch=run.branch,
                at=self.at,
            )
        )
        return last

    def _purged_event(self) -> RunEvent:
        """Return the last event of a run that was purged with its conversation; it is not stored."""
        error = {"code": "not-found", "message": "The conversation of this answer was deleted."}
        return _last_event(
            self.run, self.number, self.at, "failed", _place(None) | {"error": error}
        )

    async def _answer(self, tx: Transaction, run: Run) -> Message | None:
        """Store the answer and return it; None if its conversation or branch was purged."""
        error = self.error
        if error is None and not self.parts:
            error = (
                INTERRUPTED
                if self.status == "interrupted"
                else _EMPTY_REASONS.get(self.finish, _NO_ANSWER)
            )
        parts = self.parts
        if error is not None:
            parts = (*parts, Error(error.code, error.message, error.details))
        answer = Message(
            tenant_id=run.tenant_id,
            created_at=self.at,
            id=run.message_id,
            conversation_id=run.conversation_id,
            branch="",
            seq=0,
            owner_id=run.owner_id,
            role="assistant",
            parts=parts,
            model=run.model,
            finish=_FINISH.get(self.status, self.finish),
            tokens_in=self.tokens_in,
            tokens_out=self.tokens_out,
            run_id=run.id,
            group_id=run.group_id,
            metadata={"finish_reason": self.reason} if self.reason else {},
        )
        request = Append(
            conversation_id=run.conversation_id,
            owner_id=run.owner_id,
            viewer=run.owner_id,
            messages=(answer,),
            branch=run.branch,
            expect_head=run.prompt_id,
            on_conflict="fork",
            fork_id=new_id(),
            at=self.at,
        )
        try:
            stored = await tx.append(request)
        except NotFound:
            stored = await append_to_trash(tx, run, request)
        await hold_blobs(tx, stored, self.at)
        await keep(tx, stored, self.finds, self.at)
        return stored[0] if stored else None

    def _data(self, message: Message | None) -> dict[str, Any]:
        data: dict[str, Any] = {
            **_place(message),
            "finish": message.finish if message else None,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
        }
        if self.error is not None:
            data["error"] = msgspec.to_builtins(self.error)
        if self.reason is not None:
            data["finish_reason"] = self.reason
        return data


_UNSTORED = RunError("error", "The answer could not be stored.")
_CHANGED = RunError(
    "error",
    "The answer could not be stored unchanged: parts of it are missing or replaced.",
)
_NO_ANSWER = RunError("no-answer", "The model returned an empty answer.")
_EMPTY_REASONS: dict[Finish, RunError] = {
    "content_filter": RunError(
        "content-filter", "The provider withheld the answer (content filter)."
    ),
    "length": RunError("no-answer", "The length limit was reached before any output."),
}
"""Why the answer is empty, by finish reason."""


async def last_event(tx: Reader, run: Run, number: int) -> RunEvent:
    """Return the stored last event of a run; if events are no longer kept, one with this number."""
    events = Query(RunEvent).where(run_id=run.id).by("-number")
    for event in await tx.select(events.page(1)):
        if event.type in ENDED:
            return event
    message = await tx.get(Message, run.message_id)
    return _last_event(run, number, run.ended_at or run.updated_at, run.status, _place(message))


def _last_event(
    run: Run, number: int, at: datetime, status: RunStatus, data: dict[str, Any]
) -> RunEvent:
    return RunEvent(
        tenant_id=run.tenant_id,
        created_at=at,
        run_id=run.id,
        number=number,
        type=cast("RunEventType", status),
        data=data,
    )


def _place(answer: Message | None) -> dict[str, Any]:
    return {
        "message_id": answer.id if answer else None,
        "branch": answer.branch if answer else None,
    }


async def interrupted_completion(
    run: Run, events: Sequence[RunEvent], at: datetime
) -> RunCompletion:
    """Return the completion of an abandoned run: interrupted, with the stored events."""
    parts = parts_of_events(events)
    return RunCompletion(
        run=run,
        status="interrupted",
        parts=parts,
        finds=await find_in({run.message_id: parts}),
        number=events[-1].number + 1 if events else 1,
        at=at,
    )


def _replace_above(parts: Parts, highest: int) -> Parts:
    """Return texts with `?` in place of characters above a code point."""
    changed: list[Part] = []
    for part in parts:
        if isinstance(part, Text | Reasoning):
            text = "".join(c if ord(c) <= highest else "?" for c in part.text)
            changed.append(Text(text) if isinstance(part, Text) else Reasoning(text))
    return tuple(changed)
