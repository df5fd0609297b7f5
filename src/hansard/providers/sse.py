"""Reading a stream of server-sent events, and what endpoints send in its place.

Bytes that are no UTF-8 become marks, and the rest is kept. A byte order mark, comments, empty events and any end of
line are passed over. JSON that stands where an event should (a whole answer, an error, one object a line) is an
event too. What is left unfinished when the stream ends is an event that may not be readable.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, NamedTuple

MAX_EVENT = 64 * 1024 * 1024
"""Characters in one event; images come in one."""
_FIELDS = ("data", "event", "id", "retry")
_NEWLINE = re.compile(r"\r\n|\n|\r")


class EventTooLarge(ValueError):
    """One event is larger than MAX_EVENT."""


class ServerEvent(NamedTuple):
    event: str
    data: str
    plain: bool = False
    """Whether it stood outside of the protocol."""
    last: bool = False
    """Whether the stream ended before the event did."""

    def documents(self) -> list[Any]:
        """The JSON in it: one document, or one in each line; raises ValueError if there is none to read."""
        try:
            return [_load(self.data)]
        except ValueError:
            lines = [line for line in _NEWLINE.split(self.data) if line.strip()]
            if len(lines) < 2:
                raise
            return [_load(line) for line in lines if line.strip() != "[DONE]"]


class EventReader:
    """Makes events of bytes as they come."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._return = ""
        self._line: list[str] = []
        self._event = ""
        self._data: list[str] = []
        self._plain: list[str] = []
        self._plain_size = 0
        self._size = 0

    def feed(self, data: bytes) -> list[ServerEvent]:
        return self._take(self._decoder.decode(data))

    def close(self) -> list[ServerEvent]:
        """What is left when the stream has ended."""
        line = "".join(self._line)
        if line and any(name.startswith(line) for name in _FIELDS):
            self._line = []  # the beginning of a field that did not come
        events = self._take(self._decoder.decode(b"", final=True) + "\n\n")
        events = [event._replace(last=True) for event in events]
        if self._plain:
            events.append(ServerEvent("", "\n".join(self._plain), plain=True))
            self._plain, self._plain_size = [], 0
        return events

    def _take(self, text: str) -> list[ServerEvent]:
        text = self._return + text
        self._return = "\r" if text.endswith("\r") else ""  # a line feed may follow
        first, *others = _NEWLINE.split(text[:-1] if self._return else text)
        self._grow(first)
        events: list[ServerEvent] = []
        for rest in others:
            line, self._line = "".join(self._line), []
            if event := self._read(line.removeprefix("\ufeff")):
                events.append(event)
            self._grow(rest)
        return events

    def _grow(self, text: str) -> None:
        self._size += len(text)
        if self._size > MAX_EVENT:
            raise EventTooLarge(f"One piece has more than {MAX_EVENT} characters.")
        if text:
            self._line.append(text)

    def _read(self, line: str) -> ServerEvent | None:
        """Take in a line; the event that is complete with it."""
        name, _, value = line.partition(":")
        if not line.strip():
            return self._dispatch()
        if name == "data":
            self._data.append(value.removeprefix(" "))
        elif name == "event":
            self._event = value.strip()
        elif name not in ("", "id", "retry"):
            return self._read_plain(line)
        return None

    def _dispatch(self) -> ServerEvent | None:
        event = ServerEvent(self._event, "\n".join(self._data))
        self._event, self._data = "", []
        self._size = self._plain_size
        return event if event.data.strip() or event.event == "error" else None

    def _read_plain(self, line: str) -> ServerEvent | None:
        if not self._plain and line.lstrip().startswith("{"):
            try:
                _load(line)
            except ValueError:
                pass
            else:
                self._size = 0
                return ServerEvent("", line, plain=True)
        self._plain.append(line)
        self._plain_size += len(line)
        return None


def _load(text: str) -> Any:
    """JSON, with halves of surrogate pairs as they are; raises ValueError."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("This is nested too deeply.") from error
