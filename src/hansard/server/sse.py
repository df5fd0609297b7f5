"""Server-sent events: a run's stream, or the feed, on the wire.

Each event is sent the moment it is there, as one piece of bytes: `id` is its number, `event` its type, `data` the
record. A client that comes back with the number of the last event it saw goes on from there. A stream ends with what
it tells of, with the server, or when its client may no longer listen, which is asked again before each piece; a
comment now and then keeps proxies from giving up on a model that thinks for long.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.response import Stream

from hansard.errors import HansardError
from hansard.model.feed import FeedEntry
from hansard.model.runs import RunEvent
from hansard.server.sessions import Credential, SessionManager

T = TypeVar("T")

MEDIA_TYPE = "text/event-stream"
KEEP_ALIVE = 15.0
"""Seconds of silence."""

_log = logging.getLogger("hansard.server")
_encode = msgspec.json.Encoder().encode


class Shutdown(asyncio.Event):
    """Set when the server stops: no stream goes on after that."""


class EventStream(msgspec.Struct, frozen=True):
    """The line to a client that listens."""

    closing: Shutdown
    allowed: Callable[[], Awaitable[bool]]

    def send(
        self, events: AsyncIterator[T], render: Callable[[T], bytes], first: bytes = b""
    ) -> Stream:
        return Stream(
            self._pieces(events, render, first),
            media_type=MEDIA_TYPE,
            headers={"X-Accel-Buffering": "no"},
            status_code=200,
        )

    async def _pieces(
        self, events: AsyncIterator[T], render: Callable[[T], bytes], first: bytes
    ) -> AsyncGenerator[bytes]:
        if first:
            yield first
        stopping = asyncio.ensure_future(self.closing.wait())
        coming: asyncio.Future[T] | None = None
        try:
            while not self.closing.is_set():
                coming = coming or asyncio.ensure_future(anext(events))
                both = {coming, stopping}
                await asyncio.wait(both, timeout=KEEP_ALIVE, return_when=asyncio.FIRST_COMPLETED)
                if not await self.allowed():
                    return
                if coming.done():
                    event, coming = coming.result(), None
                    yield render(event)
                elif not self.closing.is_set():
                    yield b": still here\n\n"
        except StopAsyncIteration:
            return
        except HansardError as error:  # the answer has begun: all that can be done is to end it
            _log.warning("A stream ended early: %s", error.message)
        finally:
            stopping.cancel()
            if coming is not None:
                coming.cancel()
                await asyncio.wait({coming})


def line(
    request: Request[Any, Credential, Any],
    closing: NamedDependency[Shutdown],
    session_manager: NamedDependency[SessionManager],
) -> EventStream:
    """The line to the client of a request."""
    return EventStream(closing, lambda: session_manager.verify(request.auth))


def render(number: int, kind: str, record: Any) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, kind.encode(), _encode(record))


def run_event(event: RunEvent) -> bytes:
    return render(event.number, event.type, event)


def feed_entry(entry: FeedEntry) -> bytes:
    return render(entry.position, "change", entry)
