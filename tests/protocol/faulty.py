"""Faults between a client and a server: an ASGI middleware that changes requests, responses, events and frames."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

JSON = dict[str, Any]


@dataclass
class Request:
    """A request below `/api/v1`; `body` is JSON, or bytes if it is something else."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: Any

    def forget(self, *names: str) -> None:
        """Remove query parameters, and fields of a JSON body."""
        self.query = [(name, value) for name, value in self.query if name not in names]
        if isinstance(self.body, dict):
            self.body = {name: value for name, value in self.body.items() if name not in names}


@dataclass
class Response:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = b""


Call = Callable[[Request], Awaitable[Response | None]]


class Faulty:
    """A server without a fault; subclasses plant one."""

    caught_by = ""
    """The id of a check that must catch the fault."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def answer(self, request: Request, call: Call) -> Response | None:
        """The response to a request; None if it was a stream, which was sent already."""
        return await call(request)

    def handshake(self, scope: Any) -> Any:
        return scope

    def event(self, path: str, number: int, text: str) -> list[str]:
        """What is sent in place of the event with a number from 0."""
        return [text]

    def sent(self, number: int, frame: JSON) -> list[JSON]:
        """What is sent in place of the frame with a number from 0."""
        return [frame]

    def reply(self, frame: JSON) -> JSON:
        return frame

    def received(self, frame: JSON) -> JSON:
        return frame

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._app(self.handshake(scope), self._receive(receive), self._send(send))
        elif scope["type"] == "http" and scope["path"].startswith("/api/v1/"):
            await self._exchange(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _exchange(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = bytearray(), True
        while more and len(body) < 2**20:  # what is larger is passed on unchanged
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        sent = Request(
            scope["method"],
            scope["path"].removeprefix("/api/v1"),
            parse_qsl(scope["query_string"].decode(), keep_blank_values=True),
            {name.decode(): value.decode("latin-1") for name, value in scope["headers"]},
            _decode(bytes(body)),
        )

        async def call(request: Request) -> Response | None:
            content = request.body if more else _encode(request.body)
            changed = bytes(body) if more else content
            return await self._call(scope, request, *_replay(changed, receive, more=more), send)

        response = await self.answer(sent, call)
        if response is not None:
            content = _encode(response.body)
            headers = {**response.headers, "content-length": str(len(content))}
            await send(_start(response.status, headers))
            await send({"type": "http.response.body", "body": content})

    async def _call(
        self, scope: Any, request: Request, receive: Any, ended: asyncio.Event, send: Any
    ) -> Response | None:
        """The response of the server; a stream of events is passed on as it comes."""
        response, content, number = Response(0), bytearray(), 0

        async def keep(message: Any) -> None:
            nonlocal number
            if message["type"] == "http.response.start":
                response.status = message["status"]
                pairs = ((n.decode().lower(), v.decode("latin-1")) for n, v in message["headers"])
                response.headers = dict(pairs)
                if _is_stream(response):
                    await send(message)
            elif not _is_stream(response):
                content.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    ended.set()
            elif (text := message.get("body", b"").decode()).startswith("id:"):
                for event in text.removesuffix("\n\n").split("\n\n"):  # sent together
                    for piece in self.event(request.path, number, f"{event}\n\n"):
                        await send({**message, "body": piece.encode()})
                    number += 1
            else:
                await send(message)

        headers = [
            (name.encode(), value.encode("latin-1")) for name, value in request.headers.items()
        ]
        changed = {
            "method": request.method,
            "path": f"/api/v1{request.path}",
            "raw_path": None,
            "query_string": urlencode(request.query).encode(),
            "headers": headers,
        }
        await self._app(scope | changed, receive, keep)
        response.body = _decode(bytes(content))
        return None if _is_stream(response) else response

    def _send(self, send: Any) -> Any:
        number = 0

        async def changed(message: Any) -> None:
            nonlocal number
            if "texts" not in message:  # the server sends frames together
                await send(message)
                return
            texts: list[bytes] = []
            for frame in map(json.loads, message["texts"]):
                if "id" in frame:
                    texts.append(_encode(self.reply(frame)))
                else:
                    texts += map(_encode, self.sent(number, frame))
                    number += 1
            await send({**message, "texts": texts})

        return changed

    def _receive(self, receive: Any) -> Any:
        async def changed() -> Any:
            message = await receive()
            try:
                frame = self.received(json.loads(message["text"]))
            except (KeyError, TypeError, ValueError):
                return message
            return {**message, "text": json.dumps(frame)}

        return changed


def _replay(body: bytes, receive: Any, *, more: bool) -> tuple[Any, asyncio.Event]:
    """What gives a body that was read already, then what comes, and a disconnect when the event is set."""
    messages = [{"type": "http.request", "body": body, "more_body": more}]
    ended = asyncio.Event()

    async def replayed() -> Any:
        if messages:
            return messages.pop()
        waiting = [asyncio.ensure_future(receive()), asyncio.ensure_future(ended.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return {"type": "http.disconnect"} if ended.is_set() else waiting[0].result()
        finally:
            for task in waiting:
                task.cancel()

    return replayed, ended


def _is_stream(response: Response) -> bool:
    return response.headers.get("content-type", "").startswith("text/event-stream")


def _start(status: int, headers: dict[str, str]) -> Any:
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}


def _decode(body: bytes) -> Any:
    """JSON if it is an object, and the bytes otherwise."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    return value if isinstance(value, dict) else body


def _encode(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
