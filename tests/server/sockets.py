"""Clients of a server's WebSocket."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from server.harness import JSON, TOKEN

TIMEOUT = 20


class Socket:
    """A connection; what comes while a reply is awaited is kept for later."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._kept: deque[JSON] = deque()
        self._asked = 0

    def send(self, kind: str, **fields: Any) -> int:
        self._asked += 1
        self.connection.send(json.dumps({"type": kind, "id": self._asked, **fields}))
        return self._asked

    def ask(self, kind: str, **fields: Any) -> Any:
        """The result of a request, which must be done."""
        reply = self.reply_to(self.send(kind, **fields))
        assert reply["type"] == "ok", reply
        return reply["result"]

    def refused(self, kind: str, **fields: Any) -> JSON:
        """The problem with a request, which must be refused."""
        reply = self.reply_to(self.send(kind, **fields))
        assert reply["type"] == "error", reply
        return reply["problem"]

    def reply_to(self, number: int) -> JSON:
        while "id" not in (frame := self.frame()) or frame["id"] != number:
            self._kept.append(frame)
        return frame

    def subscribe(self, *topics: str, **fields: Any) -> int:
        """The position from which on this socket is told."""
        return self.ask("subscribe", topics=topics, **fields)["position"]

    def event(self) -> JSON:
        """The next frame that is not a reply."""
        return self._kept.popleft() if self._kept else self.frame()

    def events(self, count: int) -> list[JSON]:
        return [self.event() for _ in range(count)]

    def frame(self) -> JSON:
        return json.loads(self.connection.recv(TIMEOUT))

    def closed(self) -> tuple[int, str]:
        """How the server ends this connection; what still comes before is passed over."""
        with pytest.raises(ConnectionClosed) as end:
            self._pass_over()
        assert end.value.rcvd is not None
        return end.value.rcvd.code, end.value.rcvd.reason

    def _pass_over(self) -> None:
        while True:
            self.connection.recv(TIMEOUT)


@contextmanager
def socket(url: str, token: str | None = TOKEN, **how: Any) -> Iterator[Socket]:
    """A connection to the server at a URL."""
    headers = dict(how.pop("headers", {}))
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    address = f"{url.replace('http', 'ws', 1)}/api/v1/ws"
    with connect(address, additional_headers=headers, max_size=None, **how) as connection:
        yield Socket(connection)
