"""A subclass of uvicorn's WebSocket protocol with stricter limits.

A client that does not read receives a close frame, and the connection is aborted soon after; its pings are answered
only while it reads. Several frames are written in one call. Frames are not compressed: they are small, and a
compressor would take most of a socket's memory.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidMessage
from websockets.protocol import OPEN

from hansard.server.errors import HeadTooLarge
from hansard.server.protocol import Connections, HttpProtocol, refused
from hansard.server.websocket import limits


class WebSocketProtocol(WebSocketsSansIOProtocol):
    counted = Connections()
    """The server's connections."""

    def data_received(self, data: bytes) -> None:
        """Process received bytes, and close the connection after an invalid handshake, which uvicorn leaves open."""
        super().data_received(data)
        failure = self.conn.handshake_exc
        if failure is not None and not self.handshake_initiated:
            if not isinstance(
                failure, InvalidMessage
            ):  # a header line is too long, or there are too many
                self.transport.write(refused(HeadTooLarge()))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.counted.release(self.client)  # counted when it opened, as an HTTP connection
        super().connection_lost(exc)

    async def send(self, message: Any) -> None:
        """Send an ASGI message; a `websocket.send` may have several `texts`, which are sent at once."""
        if texts := message.get("texts"):
            await self._send_all(texts)
            return
        if message["type"] == "websocket.close":
            self.writable.set()  # do not wait for the client to read
            self.loop.call_later(limits.CLOSE_TIMEOUT, self.transport.abort)
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True  # a completely sent rejection is not a failure

    async def _send_all(self, texts: list[bytes]) -> None:
        await self.writable.wait()
        if self.disconnected or self.conn.state is not OPEN:  # the client may have begun to close
            raise ClientDisconnected
        for text in texts:
            self.conn.send_text(text)
        self.transport.write(b"".join(self.conn.data_to_send()))

    def shutdown(self) -> None:
        """Shut down; an open session closes itself, with the position to resume from."""
        if self.close_sent or not self.handshake_complete:
            super().shutdown()

    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()


def settings(connections: int = 0) -> dict[str, Any]:
    """Return settings for uvicorn. `connections` is the limit for each client address; 0 for none."""

    of_server = {"counted": Connections(connections)}
    return {
        "http": type("HttpProtocol", (HttpProtocol,), of_server),
        "ws": type("WebSocketProtocol", (WebSocketProtocol,), of_server),
        "ws_max_size": 2 * limits.MAX_FRAME,
        "ws_ping_interval": limits.HEARTBEAT,
        "ws_ping_timeout": limits.HEARTBEAT,
        "ws_per_message_deflate": False,
    }
