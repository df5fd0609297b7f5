"""A run in progress: its output as numbered events that any number of clients can follow.

Tokens within BATCH_WINDOW become one event. Events are numbered when they are created and passed to followers at
once; the runner stores them. Together they fit into one message.
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

BATCH_WINDOW = 0.03
"""Seconds."""
MAX_ANSWER = 900_000
"""Bytes, as JSON: leaves room for an error and field names within the limit of a message."""

Kind = Literal["text", "reasoning"]


class LiveRun:
    """A run that this process executes."""

    def __init__(self, run: Run, clock: Clock) -> None:
        self.run = run
        self.events: list[RunEvent] = []
        self.finish: Finish = "interrupted"
        """How it ended, once known."""
        self.reason: str | None = None
        """The provider's finish reason."""
        self.tokens_in: int | None = None
        self.tokens_out: int | None = None
        self.task: asyncio.Task[None] | None = None
        self.cancelled = False
        """Whether a client cancelled it, as opposed to the process ending."""
        self.started = asyncio.Event()
        """Set when it leaves the queue."""
        self.omitted: LeftOut | None = None
        """What was not sent with the prompt."""
        self.closed = False
        """Whether no more events follow here, even if the run has not ended."""
        self.saved = 0
        """How many events are stored for certain."""
        self._clock = clock
        self._pending: list[tuple[Kind, str]] = []
        self._halves: dict[Kind, str] = {}
        """By kind: the first half of a surrogate pair."""
        self._maskers: dict[Kind, Masker] = {"text": Masker(), "reasoning": Masker()}
        """By kind: mask secrets of this process, holding back what may be the beginning of one."""
        self._flushed_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()
        self._size = 0
        self._parts = 0
        self._current_kind: Kind | None = None
        """The kind of the last part, if more of the kind would extend it."""

    @property
    def status(self) -> RunStatus:
        """The run's status until it ends."""
        return "running" if self.started.is_set() else "queued"

    @property
    def ended(self) -> bool:
        return bool(self.events) and self.events[-1].type in ENDED

    @property
    def next_number(self) -> int:
        return len(self.events) + 1

    def on_event(self, event: Event) -> bool:
        """Add an event from the provider; return False when the answer is full. Raises ProviderError."""
        match event:
            case TextDelta(text):
                self._release("reasoning")
                return self._add_text("text", self._characters("text", text))
            case ReasoningDelta(text):
                self._release("text")
                return self._add_text("reasoning", self._characters("reasoning", text))
            case ToolCalled():
                return self._call(sanitize.checked_call(event))
            case DataOutput():
                return self._data(sanitize.data_of(event))
            case ImageOutput():
                raise ProviderError("Images must be stored before they are added to an answer.")
            case Finished():
                end = sanitize.checked_finish(event)
                self.finish, self.reason = end.finish, end.reason
                self.tokens_in, self.tokens_out = end.tokens_in, end.tokens_out
        return True

    def end(self) -> None:
        """Add held-back output; an unpaired surrogate becomes a replacement character."""
        for kind in list(self._halves):
            self._add_text(kind, self._maskers[kind].feed(clean_text(self._halves.pop(kind))))
        self._release("text", "reasoning")
        self.flush()

    def _release(self, *kinds: Kind) -> None:
        """Add held-back text of these kinds, before output of another kind."""
        for kind in kinds:
            self._add_text(kind, self._maskers[kind].end())

    def _characters(self, kind: Kind, text: str) -> str:
        """Return the text without a half surrogate pair at its end, which is held back for the other half."""
        text = self._halves.pop(kind, "") + text
        if "\ud800" <= text[-1:] <= "\udbff":
            self._halves[kind] = text[-1]
            text = text[:-1]
        return self._maskers[kind].feed(clean_text(text))

    def show(self, image: Image) -> bool:
        """Add an image whose bytes are stored; return False when the answer is full."""
        self._release("text", "reasoning")
        return self._add_part("image", {"blob": image.blob, "media_type": image.media_type})

    def _data(self, data: Data) -> bool:
        self._release("text", "reasoning")
        content = {"data": data.data, "name": data.name}
        if _size(content) > MAX_ANSWER - self._size:
            content["data"] = {"omitted": f"{_size(content)} bytes"}
        return self._add_part("data", content)

    def _add_part(self, kind: Literal["image", "data", "tool_call"], data: dict[str, Any]) -> bool:
        fits = self._has_room(None, _size(data))
        if fits:
            self.flush()
            self.add(kind, data=data)
        else:
            self.finish = "length"
        return fits

    def _call(self, call: ToolCall) -> bool:
        self._release("text", "reasoning")
        data = {"call_id": call.call_id, "name": call.name, "arguments": call.arguments}
        if not self._add_part("tool_call", data):
            raise ProviderError("A tool call exceeds the size of an answer.")
        return True

    def _has_room(self, kind: Kind | None, size: int) -> bool:
        """Reserve `size` bytes; return False if that exceeds the size or the number of parts of an answer."""
        if kind is None or kind != self._current_kind:
            self._parts += 1
        self._current_kind = kind
        self._size += size
        # One part is reserved for an error.
        return self._parts < MAX_PARTS and self._size <= MAX_ANSWER

    def _add_text(self, kind: Kind, text: str) -> bool:
        if not text:
            return True
        remaining = MAX_ANSWER - self._size
        fits = self._has_room(kind, _size(text))
        if not fits:
            self.finish = "length"
            text = _truncate(text, remaining) if self._parts < MAX_PARTS else ""
        if text:
            self._append_text(kind, text)
        return fits

    def _append_text(self, kind: Kind, text: str) -> None:
        if self._pending and self._pending[-1][0] != kind:
            self.flush()
        self._pending.append((kind, text))
        loop = asyncio.get_running_loop()
        wait = self._flushed_at + BATCH_WINDOW - loop.time()
        if wait <= 0:
            self.flush()
        elif self._timer is None:
            self._timer = loop.call_later(wait, self.flush)

    def flush(self) -> None:
        """Create one event from the text since the last one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pending:
            kind = self._pending[0][0]
            text = "".join(text for _, text in self._pending)
            self._pending.clear()
            self._flushed_at = asyncio.get_running_loop().time()
            self.add(kind, text=text)

    def add(
        self, kind: RunEventType, *, text: str = "", data: dict[str, Any] | None = None
    ) -> RunEvent:
        """Append an event and wake the followers."""
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
        """End the iteration of followers; no more events follow here."""
        self.closed = True
        self.wake()

    def wake(self) -> None:
        """Wake the followers."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def follow(self, after: int) -> AsyncIterator[RunEvent]:
        """Yield events with higher numbers as they come, up to the last; without that if it could not be stored."""
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


def _size(value: Any) -> int:
    """Return the size of a JSON value in bytes, without its delimiters."""
    return len(msgspec.json.encode(value)) - 2


def _truncate(text: str, size: int) -> str:
    """Return the beginning of a text, of at most `size` bytes."""
    return text[: bisect_right(range(1, len(text) + 1), size, key=lambda end: _size(text[:end]))]
