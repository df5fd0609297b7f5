"""Heads: uvicorn's protocol for HTTP, and a limit for what comes before a request is known.

The parser keeps a head until it is whole, and what may follow the last piece of a body, whoever sends it. So the bytes
are counted since it last had something to tell: none are looked at twice, and most requests come at once.
"""

from __future__ import annotations

from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hansard.server.errors import MEDIA_TYPE, HeadTooLarge, refusal

MAX_HEAD = 64 * 1024
"""Bytes of an address and its headers."""
_BETWEEN = len(": \r\n")


class Heads(HttpToolsProtocol):
    _untold = 0
    """Bytes of which the parser has told nothing yet."""

    def data_received(self, data: bytes) -> None:
        self._untold += len(data)
        super().data_received(data)
        if self._untold > MAX_HEAD and not self.transport.is_closing():
            self._refuse()

    def on_headers_complete(self) -> None:
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
            self._refuse()
        else:
            super().send_400_response(msg)

    def _refuse(self) -> None:
        """Say why, unless an answer is under way, and close."""
        if not self.cycle or self.cycle.response_complete:
            self.transport.write(refused())
        self.transport.close()


def refused() -> bytes:
    """The answer to a head that is too large, as it goes over the line."""
    answer = refusal(HeadTooLarge())
    status = HTTPStatus(answer.status)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
        f"content-length: {len(answer.body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + answer.body
