"""MCP over HTTP: each request is complete in itself, so any process of a server can answer it."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager


class Answer(NamedTuple):
    """A response."""

    status: int
    headers: dict[str, str]
    body: bytes


async def answer(server: Server[Any], scope: Any, body: bytes) -> Answer:
    """Return the response to a POST request. Nothing of it remains afterwards: there are no sessions and no streams."""
    status, headers, sent = 500, dict[str, str](), bytearray()
    requests = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        if (message := next(requests, None)) is None:
            await asyncio.Event().wait()
        return message

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            headers.update(
                (n.decode("latin-1"), v.decode("latin-1")) for n, v in message["headers"]
            )
        else:
            sent.extend(message.get("body", b""))

    manager = StreamableHTTPSessionManager(
        server, json_response=True, stateless=True, max_request_body_size=len(body) + 1
    )
    async with manager.run():
        await manager.handle_request(scope, receive, send)
    return Answer(status, headers, bytes(sent))
