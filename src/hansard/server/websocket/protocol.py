"""The wire: uvicorn's protocol for WebSockets, and where we are stricter.

A client that reads nothing is told why it is closed, if it ever reads again, and is cut off soon if it does not; and
its pings are answered only while it takes the answers. Frames that are there together are written together. They
are not compressed: they are small, and the memory of a compressor would be most of what a socket costs.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidMessage

from hansard.server.errors import HeadTooLarge
from hansard.server.protocol import HttpProtocol, refused, release
from hansard.server.websocket import limits


class WebSocketProtocol(WebSocketsSansIOProtocol):
    def data_received(self, data: bytes) -> None:
        """Hear what has come; a handshake that the parser takes for none would be kept open without an answer."""
        super().data_received(data)
        wrong = self.conn.handshake_exc
        if wrong is not None and not self.handshake_initiated:
            if not isinstance(wrong, InvalidMessage):  # it is the length of a line, or their number
                self.transport.write(refused(HeadTooLarge()))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        release(self.client)  # it was counted when it began, as a connection for HTTP
        super().connection_lost(exc)

    async def send(self, message: Any) -> None:
        """Send what ASGI knows; and several texts of a `websocket.send` at once."""
        if texts := message.get("texts"):
            await self._send_all(texts)
            return
        if message["type"] == "websocket.close":
            self.writable.set()  # this frame waits for nobody
            self.loop.call_later(limits.FAREWELL, self.transport.abort)
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True  # it was refused in full, which is no failure

    async def _send_all(self, texts: list[bytes]) -> None:
        await self.writable.wait()
        if self.disconnected or self.close_sent:
            raise ClientDisconnected
        for text in texts:
            self.conn.send_text(text)
        self.transport.write(b"".join(self.conn.data_to_send()))

    def shutdown(self) -> None:
        """The server stops; a session knows that, and takes its leave with the position to go on from."""
        if self.close_sent or not self.handshake_complete:
            super().shutdown()

    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()


def settings(connections: int = 0) -> dict[str, Any]:
    """What uvicorn is configured with; an address has so many connections, or as many as may be."""

    class Bounded(HttpProtocol):
        most = connections

    return {
        "http": Bounded,
        "ws": WebSocketProtocol,
        "ws_max_size": 2 * limits.MAX_FRAME,
        "ws_ping_interval": limits.HEARTBEAT,
        "ws_ping_timeout": limits.HEARTBEAT,
        "ws_per_message_deflate": False,
    }
