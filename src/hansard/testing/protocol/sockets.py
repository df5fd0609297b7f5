"""A client of the server's WebSocket."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Response
from websockets.sync.client import ClientConnection, connect

from hansard.testing.protocol.answers import JSON, MOST, BrokenPromise, shorten


class Socket:
    """A connection. Events that arrive before a reply are kept for `event`."""

    def __init__(self, connection: ClientConnection, timeout: float) -> None:
        self.connection = connection
        self._timeout = timeout
        self._events: deque[JSON] = deque()
        self._number = 0
        self._count = 0

    def send(self, kind: str, **fields: Any) -> int:
        """Send a request; returns its id."""
        self._number += 1
        self.connection.send(json.dumps({"type": kind, "id": self._number, **fields}))
        return self._number

    def ask(self, kind: str, **fields: Any) -> Any:
        """The result of a request that must succeed."""
        reply = self.reply(self.send(kind, **fields))
        if reply.get("type") != "ok":
            raise BrokenPromise("a reply `ok`", shorten(reply), _describe(kind, fields))
        return reply["result"]

    def refused(self, kind: str, **fields: Any) -> JSON:
        """The problem with a request that must be refused."""
        reply = self.reply(self.send(kind, **fields))
        if reply.get("type") != "error":
            raise BrokenPromise("a reply `error`", shorten(reply), _describe(kind, fields))
        return reply["problem"]

    def reply(self, number: Any) -> JSON:
        """The reply to the request with an id."""
        while "id" not in (frame := self.frame()) or frame["id"] != number:
            self._events.append(frame)
        return frame

    def subscribe(self, *topics: str, **fields: Any) -> int:
        """Subscribe to topics; returns the position after which changes are sent."""
        return self.ask("subscribe", topics=topics, **fields)["position"]

    def event(self) -> JSON:
        """The next frame that is not a reply."""
        return self._events.popleft() if self._events else self.frame()

    def events(self, count: int) -> list[JSON]:
        return [self.event() for _ in range(count)]

    def frame(self) -> JSON:
        self._count += 1
        if self._count > MOST:
            raise BrokenPromise(f"at most {MOST} frames", "more")
        try:
            return json.loads(self.connection.recv(self._timeout))
        except TimeoutError:
            raise BrokenPromise(f"a frame within {self._timeout:g} seconds", "none") from None
        except ConnectionClosed as closed:
            raise BrokenPromise("a frame", f"the end of the connection: {closed}") from None


@contextmanager
def connected(url: str, token: str | None, timeout: float) -> Iterator[Socket]:
    """A connection to the server at a URL; raises InvalidStatus if the server refuses it."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    address = f"{url.replace('http', 'ws', 1)}/api/v1/ws"
    with connect(
        address, additional_headers=headers, max_size=None, open_timeout=timeout, proxy=None
    ) as connection:
        yield Socket(connection, timeout)


def refusal(url: str, token: str | None, timeout: float) -> Response:
    """The response to a handshake that must be refused."""
    try:
        with connected(url, token, timeout):
            raise BrokenPromise("a refused handshake", "an open connection")
    except InvalidStatus as refused:
        return refused.response


def _describe(kind: str, fields: JSON) -> str:
    return shorten({"type": kind, **fields})
