"""How a run ends: one unit of work that stores the answer, the last event and the run's state together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

import msgspec

from hansard.errors import NotFound
from hansard.ids import new_id
from hansard.model.answers import parts_of_events
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
INTERRUPTED = RunError("interrupted", "The answer was interrupted before it began.")


class RunCompletion(msgspec.Struct, frozen=True, kw_only=True):
    """What is known at the end of a run."""

    run: Run
    status: RunStatus
    parts: Parts
    """What was said, without the error."""
    finish: Finish = "interrupted"
    reason: str | None = None
    """Why it ended, in the provider's word, where `finish` says less."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    error: RunError | None = None
    events: Sequence[RunEvent] = ()
    """Events that may not be stored yet."""
    finds: Finds = NOTHING
    """The artifacts in what was said."""
    number: int
    """Of the last event."""
    at: datetime

    def as_failed(self) -> Iterator[RunCompletion]:
        """Endings for when the storage refuses what was said: each keeps less of it, the last one nothing."""
        said = tuple(part for part in self.parts if isinstance(part, Text | Reasoning))
        for parts in (self.parts, _within(said, 0xFFFF), _within(said, 0x7F), ()):
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
        """Store the ending unless the run has one; gives the stored last event, whoever stored it."""
        run = await tx.get(Run, self.run.id, lock=True)
        if run is None:
            return self._gone()
        if run.status in ENDED:
            return await last_event(tx, run, self.number)
        await tx.insert(*self.events, absent=True)
        message = await self._answer(tx, run)
        last = RunEvent(
            tenant_id=run.tenant_id,
            created_at=self.at,
            run_id=run.id,
            number=self.number,
            type=cast("RunEventType", self.status),
            data=self._data(message),
        )
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
                kind=f"run.{self.status}",
                subject_id=run.id,
                conversation_id=run.conversation_id,
                branch=run.branch,
                at=self.at,
            )
        )
        return last

    def _gone(self) -> RunEvent:
        """The end of a run that was purged with its conversation: nothing of it is stored."""
        error = {"code": "not-found", "message": "The conversation of this answer is gone."}
        return RunEvent(
            tenant_id=self.run.tenant_id,
            created_at=self.at,
            run_id=self.run.id,
            number=self.number,
            type="failed",
            data={"message_id": None, "branch": None, "error": error},
        )

    async def _answer(self, tx: Transaction, run: Run) -> Message | None:
        """The stored answer; None if its conversation or branch is gone for good."""
        error = self.error
        if error is None and not self.parts:
            error = (
                INTERRUPTED if self.status == "interrupted" else _EMPTY.get(self.finish, _NOTHING)
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
            placed = await tx.append(request)
        except NotFound:
            placed = await append_to_trash(tx, run, request)
        await hold_blobs(tx, placed, self.at)
        await keep(tx, placed, self.finds, self.at)
        return placed[0] if placed else None

    def _data(self, message: Message | None) -> dict[str, Any]:
        data: dict[str, Any] = {
            "message_id": message.id if message else None,
            "branch": message.branch if message else None,
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
    "The answer could not be stored as it was said: something of it is missing or replaced.",
)
_NOTHING = RunError("no-answer", "Nothing was said.")
_EMPTY: dict[Finish, RunError] = {
    "content_filter": RunError(
        "content-filter", "The provider withheld the answer (content filter)."
    ),
    "length": RunError("no-answer", "The limit was reached before anything was said."),
}
"""Why nothing was said, where the end tells."""


async def last_event(tx: Reader, run: Run, number: int) -> RunEvent:
    """How a run ended, as it is stored; with this number if its events are no longer kept."""
    events = Query(RunEvent).where(run_id=run.id).by("-number")
    for event in await tx.select(events.page(1)):
        if event.type in ENDED:
            return event
    message = await tx.get(Message, run.message_id)
    return RunEvent(
        tenant_id=run.tenant_id,
        created_at=run.ended_at or run.updated_at,
        run_id=run.id,
        number=number,
        type=cast("RunEventType", run.status),
        data={
            "message_id": message.id if message else None,
            "branch": message.branch if message else None,
        },
    )


async def ending_of(run: Run, events: Sequence[RunEvent], at: datetime) -> RunCompletion:
    """The end of a run that nobody goes on with: interrupted, with what is stored of it."""
    parts = parts_of_events(events)
    return RunCompletion(
        run=run,
        status="interrupted",
        parts=parts,
        finds=await find_in({run.message_id: parts}),
        number=events[-1].number + 1 if events else 1,
        at=at,
    )


def _within(parts: Parts, highest: int) -> Parts:
    """Texts without the characters above a code point: `?` stands for each."""
    changed: list[Part] = []
    for part in parts:
        if isinstance(part, Text | Reasoning):
            text = "".join(c if ord(c) <= highest else "?" for c in part.text)
            changed.append(Text(text) if isinstance(part, Text) else Reasoning(text))
    return tuple(changed)
