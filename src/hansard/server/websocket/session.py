"""One WebSocket connection, from its handshake to its close.

Requests are answered one at a time, in order; subscribed events are sent in between. The credential is re-checked for
every frame in either direction, and every 0.5 s while idle. There is no queue for a client: the next changes are read
from the feed after it has received the previous ones, so a slow client falls behind, and one that receives nothing is
closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from math import ceil
from typing import Any, Union

import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from hansard.api.operations import Services
from hansard.errors import HansardError, InvalidInput, StorageError, TooLarge, TooManyRequests
from hansard.server.cookies import PROTOCOL
from hansard.server.decoding import decode
from hansard.server.sse import Shutdown
from hansard.server.websocket import frames, limits
from hansard.server.websocket.commands import REQUESTS, Request, with_usual_names
from hansard.server.websocket.frames import FrameId
from hansard.server.websocket.limits import Close
from hansard.server.websocket.subscriptions import Listener, Make, Work
from hansard.services.quotas import Bucket

_log = logging.getLogger("hansard.server")
_REQUEST: Any = Union[REQUESTS]  # noqa: UP007 - made while the program runs


class SessionOver(Exception):
    """The session has ended, so nothing may be sent."""


_ENDED = (SessionOver, WebSocketDisconnect, OSError)


class Session:
    def __init__(
        self,
        socket: WebSocket[Any, Any, Any],
        services: Services,
        allowed: Callable[[], Awaitable[bool]],
        closing: Shutdown,
    ) -> None:
        self.services = services
        self._socket = socket
        self._allowed = allowed
        self._closing = closing
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[Close | None] = self._loop.create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._bucket = Bucket(limits.RATE, limits.BURST)
        self._refused = 0
        self._sending: float | None = None
        """When the frame that is being sent was started; None between frames."""
        self._answering: asyncio.Future[Any] | None = None
        self.listening = Listener(services, self._send, self._spawn)

    async def run(self) -> None:
        """Serve the connection until it ends."""
        # A browser that offers subprotocols disconnects unless one of them is chosen.
        offered = PROTOCOL in self._socket.scope.get("subprotocols", [])
        await self._socket.accept(subprotocols=PROTOCOL if offered else None)
        try:
            for work in (self._read, self._watch, self._wait_for_shutdown):
                self._spawn(work)
            close = await self._over
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if close is not None:
            with suppress(*_ENDED):
                await self._socket.close(close.code, self._close_reason(close))
        if self._answering is not None and not self._answering.done():
            await asyncio.wait({self._answering})  # finish the current request

    def _close_reason(self, close: Close) -> str:
        position = self.listening.position
        return close.text if position is None else f"{close.text}: resume from {position}"

    def _end(self, close: Close | None) -> None:
        if not self._over.done():
            self._over.set_result(close)

    def _spawn(self, work: Work) -> asyncio.Task[None]:
        task = asyncio.create_task(self._do(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _do(self, work: Work) -> None:
        """Run one of the session's tasks, and end the session if it fails."""
        try:
            await work()
        except _ENDED:
            self._end(None)
        except HansardError as error:
            _log.warning("A socket ended early: %s", error.message)
            self._end(limits.FAILED)
        except Exception:
            _log.exception("A socket failed")
            self._end(limits.FAILED)

    # Ending

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(limits.POLL_INTERVAL)
            if not await self._allowed():
                self._end(limits.SIGNED_OUT)
            since = self._sending
            if since is not None and self._loop.time() - since > limits.SEND_TIMEOUT:
                self._end(limits.SLOW)

    async def _wait_for_shutdown(self) -> None:
        await self._closing.wait()
        self._end(limits.STOPPING)

    # Sending

    async def _send(self, *texts: bytes, make: Make | None = None) -> None:
        """Send frames together: `texts`, or those that `make` returns once no other frame is being sent."""
        async with self._turn:
            if make is not None:
                texts = await make()
            if not await self._allowed():
                self._end(limits.SIGNED_OUT)
                raise SessionOver
            self._sending = self._loop.time()
            try:
                sent: Any = {"type": "websocket.send", "texts": texts}
                await self._socket.send(sent)
            finally:
                self._sending = None

    # Receiving

    async def _read(self) -> None:
        while True:
            message: Any = await self._socket.receive()
            if message["type"] != "websocket.receive":
                self._end(None)
                return
            await self._on_message(message)

    async def _on_message(self, message: Any) -> None:
        text: str | None = message.get("text")
        body = None if text is None else text.encode()
        request_id = _id_of(body)
        try:
            self._check_rate()
            self.services.meters.request(self.services.scope.user)
            self.services.meters.receive(self.services.scope.user, len(body or b""))
            request = decode(with_usual_names(_checked(body)), _REQUEST)
            reply = frames.ok(request_id, await self._answer(request))
        except HansardError as error:
            if isinstance(error, StorageError):
                _log.error("A request on a socket failed: %s", error.message)
            reply = frames.refused(request_id, error)
        except _ENDED:
            raise
        except Exception:
            _log.exception("A request on a socket failed")
            reply = frames.refused(request_id, HansardError())
        await self._send(reply)
        self.listening.go()

    async def _answer(self, request: Request) -> Any:
        if not await self._allowed():
            self._end(limits.SIGNED_OUT)
            raise SessionOver
        self._answering = asyncio.ensure_future(request.answer(self))
        return await asyncio.shield(self._answering)

    def _check_rate(self) -> None:
        wait = self._bucket.take()
        if not wait:
            if self._bucket.is_rested:
                self._refused = 0
            return
        self._refused += 1
        if self._refused > limits.MAX_REFUSED:
            self._end(limits.FLOOD)
            raise SessionOver
        raise TooManyRequests(
            f"A connection may send {limits.RATE} requests per second, and {limits.BURST} in a burst.",
            retry_after=max(1, ceil(wait)),
        )


class _Envelope(msgspec.Struct):
    id: FrameId = None


def _checked(body: bytes | None) -> bytes:
    """Return the body. Raises InvalidInput if the frame is not text, TooLarge if it is over the limit."""
    if body is None:
        raise InvalidInput("Requests must be text frames with JSON.", pointer="")
    if len(body) > limits.MAX_FRAME:
        raise TooLarge(f"Requests must not exceed {limits.MAX_FRAME} bytes.", pointer="")
    return body


def _id_of(body: bytes | None) -> FrameId:
    """Return the id of a request, also if the rest of it is invalid."""
    try:
        return None if body is None else decode(body, _Envelope).id
    except InvalidInput:
        return None
