"""A run while it runs: what was said so far, as numbered events that anybody can follow.

Tokens that come within a `TICK` of each other become one event. Events are numbered when they are made and
given to followers at once; storing them is the runner's business. What they say together fits into one message.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator
from typing import Any, Literal

import msgspec

from hansard.errors import ProviderError
from hansard.ids import Clock
from hansard.model.checks import MAX_PARTS, clean_text
from hansard.model.messages import Finish
from hansard.model.parts import Data, Image, ToolCall
from hansard.model.runs import ENDED, Run, RunEvent, RunEventType, RunStatus
from hansard.providers.base import (
    DataOutput,
    Event,
    Finished,
    ImageOutput,
    ReasoningDelta,
    TextDelta,
    ToolCalled,
)
from hansard.secrets import Masker
from hansard.services.runs import sanitize
from hansard.services.runs.summaries import LeftOut

TICK = 0.03
"""Seconds."""
MAX_ANSWER = 900_000
"""Bytes, as JSON: below the limit of a message, which holds an error and the names of fields besides."""

Kind = Literal["text", "reasoning"]


class LiveRun:
    def __init__(self, run: Run, clock: Clock) -> None:
        self.run = run
        self.events: list[RunEvent] = []
        self.finish: Finish = "interrupted"
        """How it ended, once somebody says so."""
        self.reason: str | None = None
        """Why, in the provider's word."""
        self.tokens_in: int | None = None
        self.tokens_out: int | None = None
        self.task: asyncio.Task[None] | None = None
        self.cancelled = False
        """Whether somebody asked to stop, as opposed to the process ending."""
        self.begun = asyncio.Event()
        """Set when its turn has come."""
        self.left: LeftOut | None = None
        """What of the path was not sent."""
        self.closed = False
        """Whether nothing more is told here, though the run may not have ended."""
        self.saved = 0
        """How many of the events are stored for certain."""
        self._clock = clock
        self._pending: list[tuple[Kind, str]] = []
        self._halves: dict[Kind, str] = {}
        """By kind: half of a character whose other half has not come yet."""
        self._maskers: dict[Kind, Masker] = {"text": Masker(), "reasoning": Masker()}
        """By kind: what may be the beginning of a secret of this process, which no answer tells."""
        self._sealed_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()
        self._size = 0
        self._parts = 0
        self._speaking: Kind | None = None
        """What the last part is, if more of the same would be the same part."""

    @property
    def status(self) -> RunStatus:
        """What it is to those who look, until it ends."""
        return "running" if self.begun.is_set() else "queued"

    @property
    def ended(self) -> bool:
        return bool(self.events) and self.events[-1].type in ENDED

    @property
    def next_number(self) -> int:
        return len(self.events) + 1

    def on_event(self, event: Event) -> bool:
        """Take in what a provider said; False when it is enough. Raises ProviderError."""
        match event:
            case TextDelta(text):
                self._release("reasoning")
                return self._say("text", self._characters("text", text))
            case ReasoningDelta(text):
                self._release("text")
                return self._say("reasoning", self._characters("reasoning", text))
            case ToolCalled():
                return self._call(sanitize.call_of(event))
            case DataOutput():
                return self._data(sanitize.data_of(event))
            case ImageOutput():
                raise ProviderError("An image is shown when its bytes are kept.")
            case Finished():
                end = sanitize.ending_of(event)
                self.finish, self.reason = end.finish, end.reason
                self.tokens_in, self.tokens_out = end.tokens_in, end.tokens_out
        return True

    def end(self) -> None:
        """Nothing more will be said: what waits for its other half is a mark."""
        for kind in list(self._halves):
            self._say(kind, self._maskers[kind].feed(clean_text(self._halves.pop(kind))))
        self._release("text", "reasoning")
        self.seal()

    def _release(self, *kinds: Kind) -> None:
        """Tell what was held back of these kinds: something else follows it."""
        for kind in kinds:
            self._say(kind, self._maskers[kind].end())

    def _characters(self, kind: Kind, text: str) -> str:
        """The text as whole characters: a half at its end waits for the other, which may come next."""
        text = self._halves.pop(kind, "") + text
        if "\ud800" <= text[-1:] <= "\udbff":
            self._halves[kind] = text[-1]
            text = text[:-1]
        return self._maskers[kind].feed(clean_text(text))

    def show(self, image: Image) -> bool:
        """Take in an image whose bytes are kept; False when it is enough."""
        self._release("text", "reasoning")
        return self._add_part("image", {"blob": image.blob, "media_type": image.media_type})

    def _data(self, data: Data) -> bool:
        self._release("text", "reasoning")
        said = {"data": data.data, "name": data.name}
        if _size(said) > MAX_ANSWER - self._size:
            said["data"] = {"omitted": f"{_size(said)} bytes"}
        return self._add_part("data", said)

    def _add_part(self, kind: Literal["image", "data"], data: dict[str, Any]) -> bool:
        fits = self._has_room(None, _size(data))
        if fits:
            self.seal()
            self.add(kind, data=data)
        else:
            self.finish = "length"
        return fits

    def _call(self, call: ToolCall) -> bool:
        self._release("text", "reasoning")
        data = {"call_id": call.call_id, "name": call.name, "arguments": call.arguments}
        if not self._has_room(None, _size(data)):
            raise ProviderError("A tool was called with more than an answer has room for.")
        self.seal()
        self.add("tool_call", data=data)
        return True

    def _has_room(self, kind: Kind | None, size: int) -> bool:
        """Make room for so many bytes more; False if that is too much, or too many parts."""
        if kind is None or kind != self._speaking:
            self._parts += 1
        self._speaking = kind
        self._size += size
        # The last part is for the error with which the answer may end.
        return self._parts < MAX_PARTS and self._size <= MAX_ANSWER

    def _say(self, kind: Kind, text: str) -> bool:
        if not text:
            return True
        room = MAX_ANSWER - self._size
        fits = self._has_room(kind, _size(text))
        if not fits:
            self.finish = "length"
            text = _beginning(text, room) if self._parts < MAX_PARTS else ""
        if text:
            self._tell(kind, text)
        return fits

    def _tell(self, kind: Kind, text: str) -> None:
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

    def close(self) -> None:
        """Let those go who follow: nothing more is told here."""
        self.closed = True
        self.wake()

    def wake(self) -> None:
        """Tell those who follow that there is something new."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def follow(self, after: int) -> AsyncIterator[RunEvent]:
        """Events with higher numbers, as they come, to the last; without that if its end could not be stored."""
        position = 0
        while True:
            while position < len(self.events):
                event = self.events[position]
                position += 1
                if event.number > after or event.type in ENDED:
                    yield event
            if self.ended or self.closed:
                return
            await self._changed.wait()


def _size(said: Any) -> int:
    """Bytes, as JSON, without what encloses it."""
    return len(msgspec.json.encode(said)) - 2


def _beginning(text: str, room: int) -> str:
    """As much of a text as there is room for."""
    return text[: bisect_right(range(1, len(text) + 1), room, key=lambda end: _size(text[:end]))]
