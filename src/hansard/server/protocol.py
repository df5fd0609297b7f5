"""Heads: uvicorn's protocol for HTTP, and limits for what comes before a request is known.

A head that does not become whole in time is given up: whoever sends it keeps a connection, and says nothing with it.
The parser keeps a head until it is whole, and what may follow the last piece of a body, whoever sends it. So the bytes
are counted since it last had something to tell: none are looked at twice, and most requests come at once.

A body has a least rate, as long as we read. Who is answered before all of it came is given a moment to stop, and then
the connection is closed; and one address has so many connections and no more.

The headers that the application sees are those of the head: it may judge them before the body has come.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hansard.errors import HansardError, TooManyRequests
from hansard.server.errors import MEDIA_TYPE, BodyTooLate, HeadTooLarge, HeadTooLate, refusal

MAX_HEAD = 64 * 1024
"""Bytes of an address and its headers."""
HEAD_TIMEOUT = 30.0
"""Seconds for a head to become whole, and for the first one to begin."""
MIN_BODY_RATE, RATE_WINDOW = 1_000, 30.0
"""Bytes of a body a second at least, and for how many seconds that is looked at together."""
LINGER_TIMEOUT = 2.0
"""Seconds for a client to see that it was answered, until what it still sends is not taken any more."""
MAX_JOINED = 64 * 1024
"""Bytes of a body that are copied to be written together with the head."""
CUT = "hansard.cut"
"""The extension by which the application ends a connection in the middle of an answer."""
_BETWEEN = len(": \r\n")


class Connections:
    """How many connections each address has to one server."""

    def __init__(self, most: int = 0) -> None:
        self.most = most
        """Connections that one address may have; 0: as many as it likes."""
        self._open: Counter[str] = Counter()

    def take(self, client: tuple[str, int] | None) -> bool:
        """Count a connection; returns whether the address may have it."""
        address = _address(client)
        self._open[address] += 1
        return not self.most or self._open[address] <= self.most

    def release(self, client: tuple[str, int] | None) -> None:
        """Count one less."""
        address = _address(client)
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]


def _address(client: tuple[str, int] | None) -> str:
    return client[0] if client else ""


class HttpProtocol(HttpToolsProtocol):
    counted = Connections()
    """The server's connections."""
    _coming = False
    """Whether a body is to come that is not whole."""
    _came = 0
    """Bytes of it since it was last looked at."""
    _lingering: asyncio.TimerHandle | None = None
    _untold = 0
    """Bytes of which the parser has told nothing yet."""
    _begun = False
    """Whether there is something of a head that is not whole."""
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if self.counted.take(self.client):
            self._wait()
        else:
            most = self.counted.most
            self._refuse(TooManyRequests(f"An address has {most} connections.", retry_after=3))

    def connection_lost(self, exc: Exception | None) -> None:
        self.counted.release(self.client)
        self._stop_timers()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun = True
        self._wait()

    def data_received(self, data: bytes) -> None:
        self._untold += len(data)
        super().data_received(data)
        if self._untold > MAX_HEAD and not self.transport.is_closing():
            self._refuse(HeadTooLarge())
        elif self._coming and self._patience is None and self.transport.get_protocol() is self:
            self._wait_for_the_body()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Fields that come after a body are no part of the head, and are dropped."""
        if self._begun:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._begun = False
        self._stop_timers()
        lines = sum(len(name) + len(value) + _BETWEEN for name, value in self.headers)
        self._untold = len(self.url) + lines
        if self._untold > MAX_HEAD:
            raise HeadTooLarge
        self._untold = 0
        self._coming = True
        super().on_headers_complete()
        if self.cycle and self.cycle.scope is self.scope:
            self.scope["extensions"] = {CUT: {"now": partial(self._cut, self.cycle)}}
            self.cycle.transport = _HeadHolder(self.transport, self.loop)  # pyright: ignore[reportAttributeAccessIssue]

    def _cut(self, cycle: Any) -> None:
        """End the connection in the middle of an answer, which then needs no end of its own."""
        cycle.disconnected = True
        self.transport.close()

    def on_body(self, body: bytes) -> None:
        self._untold = 0
        self._came += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._untold = 0
        self._coming = False
        self._stop_timers()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._coming and not self.transport.is_closing():
            self._lingering = self.loop.call_later(LINGER_TIMEOUT, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        if self._untold > MAX_HEAD:
            self._refuse(HeadTooLarge())
        else:
            super().send_400_response(msg)

    def _wait(self) -> None:
        self._stop_timers()
        self._patience = self.loop.call_later(HEAD_TIMEOUT, self._give_up)

    def _stop_timers(self) -> None:
        for timer in (self._patience, self._lingering):
            if timer is not None:
                timer.cancel()
        self._patience = self._lingering = None

    def _wait_for_the_body(self) -> None:
        self._came = 0
        self._patience = self.loop.call_later(RATE_WINDOW, self._look_at_the_body)

    def _look_at_the_body(self) -> None:
        if self._came >= MIN_BODY_RATE * RATE_WINDOW or self.flow.read_paused:
            self._wait_for_the_body()
        else:
            self._refuse(BodyTooLate())

    def _give_up(self) -> None:
        if self._begun:
            self._refuse(HeadTooLate())
        else:  # browsers open connections that they may need
            self.transport.close()

    def _refuse(self, error: HansardError) -> None:
        """Say why, unless an answer is under way, and close."""
        if not self.cycle or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(refused(error))
        self.transport.close()


class _HeadHolder:
    """Writes an answer's head together with the body, if that comes at once: each write is a call of the system."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head: bytes | None = None
        self._flushing: asyncio.Handle | None = None

    def write(self, data: bytes) -> None:
        if self._flushing is None:
            self._head = data
            self._flushing = self._loop.call_soon(self._flush)
        elif self._head is not None and len(data) <= MAX_JOINED:
            self._flushing.cancel()
            data, self._head = self._head + data, None
            self._transport.write(data)
        else:
            self._flush()
            self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def _flush(self) -> None:
        if self._head is not None:
            self._transport.write(self._head)
            self._head = None


def refused(error: HansardError) -> bytes:
    """The answer to a head that is not taken, as it goes over the line."""
    answer = refusal(error)
    status = HTTPStatus(answer.status)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
        f"content-length: {len(answer.body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + answer.body
