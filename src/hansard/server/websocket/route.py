"""The WebSocket route."""

from __future__ import annotations

from typing import Any

from litestar import WebSocket, websocket
from litestar.di import NamedDependency

from hansard.server.fields import Scoped
from hansard.server.sessions import Credential, SessionManager
from hansard.server.sse import Shutdown
from hansard.server.websocket.session import Session

PATH = "/ws"


@websocket(PATH)
async def open_socket(
    socket: WebSocket[Any, Credential, Any],
    services: Scoped,
    closing: NamedDependency[Shutdown],
    session_manager: NamedDependency[SessionManager],
) -> None:
    credential = socket.auth
    await Session(socket, services, lambda: session_manager.verify(credential), closing).run()
