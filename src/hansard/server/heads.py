"""Heads: uvicorn's protocol for HTTP, and limits for what comes before a request is known.

A head that does not become whole in time is given up: whoever sends it keeps a connection, and says nothing with it.
The parser keeps a head until it is whole, and what may follow the last piece of a body, whoever sends it. So the bytes
are counted since it last had something to tell: none are looked at twice, and most requests come at once.

The headers that the application sees are those of the head: it may judge them before the body has come.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hansard.errors import HansardError
from hansard.server.errors import MEDIA_TYPE, HeadTooLarge, HeadTooLate, refusal

MAX_HEAD = 64 * 1024
"""Bytes of an address and its headers."""
PATIENCE = 30.0
"""Seconds for a head to become whole, and for the first one to begin."""
_BETWEEN = len(": \r\n")


class Heads(HttpToolsProtocol):
    _untold = 0
    """Bytes of which the parser has told nothing yet."""
    _begun = False
    """Whether there is something of a head that is not whole."""
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_longer()
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

    def on_header(self, name: bytes, value: bytes) -> None:
        """Fields that come after a body are no part of the head, and are dropped."""
        if self._begun:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._begun = False
        self._wait_no_longer()
        lines = sum(len(name) + len(value) + _BETWEEN for name, value in self.headers)
        self._untold = len(self.url) + lines
        if self._untold > MAX_HEAD:
            raise HeadTooLarge
        self._untold = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._untold = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._untold = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if self._untold > MAX_HEAD:
            self._refuse(HeadTooLarge())
        else:
            super().send_400_response(msg)

    def _wait(self) -> None:
        self._wait_no_longer()
        self._patience = self.loop.call_later(PATIENCE, self._give_up)

    def _wait_no_longer(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        if self._begun:
            self._refuse(HeadTooLate())
        else:  # browsers open connections that they may need
            self.transport.close()

    def _refuse(self, error: HansardError) -> None:
        """Say why, unless an answer is under way, and close."""
        if not self.cycle or self.cycle.response_complete:
            self.transport.write(refused(error))
        self.transport.close()


def refused(error: HansardError) -> bytes:
    """The answer to a head that is not taken, as it goes over the line."""
    answer = refusal(error)
    status = HTTPStatus(answer.status)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
        f"content-length: {len(answer.body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + answer.body
