"""The door: one WebSocket for requests and for changes, as they come."""

from __future__ import annotations

from typing import Any

from litestar import WebSocket, websocket
from litestar.di import NamedDependency

from hansard.server.fields import Scoped
from hansard.server.sessions import Credential, Doorkeeper
from hansard.server.sse import Closing
from hansard.server.websocket.session import Session

PATH = "/ws"


@websocket(PATH)
async def open_socket(
    socket: WebSocket[Any, Credential, Any],
    services: Scoped,
    closing: NamedDependency[Closing],
    doorkeeper: NamedDependency[Doorkeeper],
) -> None:
    known = socket.auth
    await Session(socket, services, lambda: doorkeeper.knows(known), closing).run()
