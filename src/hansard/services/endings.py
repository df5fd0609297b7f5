"""How a run ends: one unit of work that stores the answer, the last event and the run's state together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import msgspec

from hansard.errors import NotFound
from hansard.ids import new_id
from hansard.model.messages import Finish, Message
from hansard.model.parts import Data, Error, Image, Part, Parts, Reasoning, Text, ToolCall
from hansard.model.runs import ENDED, Run, RunError, RunEvent, RunEventType, RunStatus
from hansard.services.blobs import hold_blobs
from hansard.services.extracting import NOTHING, Finds, find_in, keep
from hansard.services.trash import place_late
from hansard.storage.base import Append, Change, Storage, Transaction
from hansard.storage.query import Query

_FINISH: dict[RunStatus, Finish] = {
    "cancelled": "cancelled",
    "interrupted": "interrupted",
    "failed": "error",
}
INTERRUPTED = RunError("interrupted", "The answer was interrupted before it began.")


class Ending(msgspec.Struct, frozen=True, kw_only=True):
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

    def given_up(self) -> Ending:
        """The end of a run whose answer cannot be stored."""
        return Ending(
            run=self.run, status="failed", parts=(), error=_UNSTORED, number=self.number, at=self.at
        )

    async def write(self, tx: Transaction) -> RunEvent | None:
        """The last event; None if the run had ended already."""
        run = await tx.get(Run, self.run.id, lock=True)
        if run is None or run.status in ENDED:
            return None
        await tx.insert(*self.events, absent=True)
        message = await self._answer(tx)
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

    async def _answer(self, tx: Transaction) -> Message | None:
        """The stored answer; None if its conversation or branch is gone for good."""
        run = self.run
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
            placed = await place_late(tx, run, request)
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
_NOTHING = RunError("no-answer", "Nothing was said.")
_EMPTY: dict[Finish, RunError] = {
    "content_filter": RunError(
        "content-filter", "The provider withheld the answer (content filter)."
    ),
    "length": RunError("no-answer", "The limit was reached before anything was said."),
}
"""Why nothing was said, where the end tells."""


def parts_of_events(events: Sequence[RunEvent]) -> Parts:
    """What a run's events say, as the parts of a message."""
    said: list[tuple[str, list[str]] | Part] = []
    for event in events:
        if event.type in ("text", "reasoning"):
            last = said[-1] if said else None
            if isinstance(last, tuple) and last[0] == event.type:
                last[1].append(event.text)
            else:
                said.append((event.type, [event.text]))
        elif event.type == "tool_call":
            call = event.data
            said.append(ToolCall(call["call_id"], call["name"], call.get("arguments")))
        elif event.type == "image":
            said.append(Image(event.data["blob"], event.data["media_type"]))
        elif event.type == "data":
            said.append(Data(event.data["data"], event.data["name"]))
    return tuple(_part(piece) for piece in said)


def _part(piece: tuple[str, list[str]] | Part) -> Part:
    if not isinstance(piece, tuple):
        return piece
    kind, texts = piece
    return Text("".join(texts)) if kind == "text" else Reasoning("".join(texts))


async def end_abandoned(storage: Storage, tenant: str, now: datetime, worker: str) -> int:
    """End, as interrupted, the runs whose process is gone (it is not `worker`); returns how many."""
    query = Query(Run).where(status__in=["queued", "running"], worker__ne=worker)
    if not storage.exclusive:
        query = query.where(lease_until__lt=now)
    abandoned = await storage.read(tenant, lambda tx: tx.select(query))
    for run in abandoned:
        events = Query(RunEvent).where(run_id=run.id).by("number")
        known = await storage.read(tenant, lambda tx, q=events: tx.select(q))
        parts = parts_of_events(known)
        ending = Ending(
            run=run,
            status="interrupted",
            parts=parts,
            finds=await find_in({run.message_id: parts}),
            number=known[-1].number + 1 if known else 1,
            at=now,
        )

        async def work(tx: Transaction, ending: Ending = ending, seen: int = len(known)) -> None:
            current = await tx.get(Run, ending.run.id, lock=True)
            if current is None or (not storage.exclusive and current.lease_until >= now):
                return
            if await tx.count(Query(RunEvent).where(run_id=current.id)) == seen:
                await ending.write(tx)  # else it said more meanwhile, and is ended the next time

        await storage.write(tenant, work)
    return len(abandoned)
