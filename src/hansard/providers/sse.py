"""Reads streams of server-sent events, and what some endpoints send instead.

Bytes that are not UTF-8 become replacement characters. A byte order mark, comments and empty events are skipped, and
any line ending is accepted. JSON in place of an event (a whole answer, an error, one object per line) is an event,
too. An unfinished event at the end of the stream is returned, though it may not be readable.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, NamedTuple

MAX_EVENT = 64 * 1024 * 1024
"""The maximum size of an event, in characters; it may contain an image."""
_FIELDS = ("data", "event", "id", "retry")
_NEWLINE = re.compile(r"\r\n|\n|\r")


class EventTooLarge(ValueError):
    """An event is larger than MAX_EVENT."""


class ServerEvent(NamedTuple):
    event: str
    data: str
    plain: bool = False
    """Whether it is not part of a server-sent event."""
    last: bool = False
    """Whether the stream ended before the event was complete."""

    def documents(self) -> list[Any]:
        """Return the JSON documents in the event: one, or one per line. Raises ValueError if it contains none."""
        try:
            return [_load(self.data)]
        except ValueError:
            lines = [line for line in _NEWLINE.split(self.data) if line.strip()]
            if len(lines) < 2:
                raise
            return [_load(line) for line in lines if line.strip() != "[DONE]"]


class EventReader:
    """Produces events from bytes as they arrive."""

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
        """Return the remaining events at the end of the stream."""
        line = "".join(self._line)
        if line and any(name.startswith(line) for name in _FIELDS):
            self._line = []  # the beginning of an incomplete field
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
            raise EventTooLarge(f"An event has more than {MAX_EVENT} characters.")
        if text:
            self._line.append(text)

    def _read(self, line: str) -> ServerEvent | None:
        """Read a line; return the event that it completes."""
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
    """Parse JSON; unpaired surrogates stay as they are. Raises ValueError."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("The JSON is nested too deeply.") from error
