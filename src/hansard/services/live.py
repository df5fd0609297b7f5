"""A run while it runs: what was said so far, as numbered events that anybody can follow.

Tokens that come within a `TICK` of each other become one event. Events are numbered when they are made and
given to followers at once; storing them is the runner's business.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, Literal

from hansard.ids import Clock
from hansard.model.messages import Finish
from hansard.model.runs import ENDED, Run, RunEvent, RunEventType
from hansard.providers.base import Event, Finished, ReasoningDelta, TextDelta, ToolCalled

TICK = 0.03
"""Seconds."""
MAX_ANSWER = 900_000
"""Bytes: below the limit of a message."""

Kind = Literal["text", "reasoning"]

_BAD = re.compile("[\0\ud800-\udfff]")


class LiveRun:
    def __init__(self, run: Run, clock: Clock) -> None:
        self.run = run
        self.events: list[RunEvent] = []
        self.finish: Finish = "stop"
        self.tokens_in: int | None = None
        self.tokens_out: int | None = None
        self.task: asyncio.Task[None] | None = None
        self.cancelled = False
        """Whether somebody asked to stop, as opposed to the process ending."""
        self.saved = 0
        """How many of the events are stored for certain."""
        self._clock = clock
        self._pending: list[tuple[Kind, str]] = []
        self._sealed_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()
        self._size = 0

    @property
    def ended(self) -> bool:
        return bool(self.events) and self.events[-1].type in ENDED

    @property
    def next_number(self) -> int:
        return len(self.events) + 1

    def hear(self, event: Event) -> bool:
        """Take in what a provider said; False when it is enough."""
        match event:
            case TextDelta(text):
                self._say("text", text)
            case ReasoningDelta(text):
                self._say("reasoning", text)
            case ToolCalled(call_id, name, arguments):
                self.seal()
                call = {"call_id": call_id, "name": name, "arguments": arguments}
                self.add("tool_call", data=call)
            case Finished(finish, tokens_in, tokens_out):
                self.finish, self.tokens_in, self.tokens_out = finish, tokens_in, tokens_out
        if self._size > MAX_ANSWER:
            self.finish = "length"
            return False
        return True

    def _say(self, kind: Kind, text: str) -> None:
        text = _BAD.sub("\ufffd", text)
        if not text:
            return
        self._size += len(text.encode())
        if self._pending and self._pending[-1][0] != kind:
            self.seal()
        self._pending.append((kind, text))
        loop = asyncio.get_running_loop()
        wait = self._sealed_at + TICK - loop.time()
        if wait <= 0:
            self.seal()
        elif self._timer is None:
            self._timer = loop.call_later(wait, self.seal)

    def seal(self) -> None:
        """Make one event of what was said since the last."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pending:
            kind = self._pending[0][0]
            text = "".join(text for _, text in self._pending)
            self._pending.clear()
            self._sealed_at = asyncio.get_running_loop().time()
            self.add(kind, text=text)

    def add(
        self, kind: RunEventType, *, text: str = "", data: dict[str, Any] | None = None
    ) -> RunEvent:
        event = RunEvent(
            tenant_id=self.run.tenant_id,
            created_at=self._clock(),
            run_id=self.run.id,
            number=self.next_number,
            type=kind,
            text=text,
            data=data or {},
        )
        self.events.append(event)
        self.wake()
        return event

    def wake(self) -> None:
        """Tell those who follow that there is something new."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def follow(self, after: int) -> AsyncIterator[RunEvent]:
        """Events with higher numbers, as they come, to the last."""
        position = 0
        while True:
            while position < len(self.events):
                event = self.events[position]
                position += 1
                if event.number > after or event.type in ENDED:
                    yield event
            if self.ended:
                return
            await self._changed.wait()
