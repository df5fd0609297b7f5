"""Server-sent events: a run's stream, or the feed.

Each event is sent at once: `id` is its number, `event` its type, `data` the record. A client that
reconnects with the number of the last event it saw continues from there. A stream ends when the run ends, when the
server shuts down, or when the client's credential is no longer valid, which is checked before each chunk. Comments
keep proxies from closing a connection while a model thinks.
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
from hansard.model.runs import RunEvent
from hansard.server.sessions import Credential, SessionManager

T = TypeVar("T")

MEDIA_TYPE = "text/event-stream"
KEEP_ALIVE = 15.0
"""Seconds between comments while there are no events."""

_log = logging.getLogger("hansard.server")
_encode = msgspec.json.Encoder().encode


class Shutdown(asyncio.Event):
    """Set when the server shuts down; all streams end then."""


class EventStream(msgspec.Struct, frozen=True):
    """A stream of events to one client."""

    closing: Shutdown
    allowed: Callable[[], Awaitable[bool]]

    def send(
        self, events: AsyncIterator[T], render: Callable[[T], bytes], first: bytes = b""
    ) -> Stream:
        """Return a response that sends `first`, then the rendered events."""
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
        shutdown = asyncio.ensure_future(self.closing.wait())
        next_event: asyncio.Future[T] | None = None
        try:
            while not self.closing.is_set():
                next_event = next_event or asyncio.ensure_future(anext(events))
                both = {next_event, shutdown}
                await asyncio.wait(both, timeout=KEEP_ALIVE, return_when=asyncio.FIRST_COMPLETED)
                if not await self.allowed():
                    return
                if next_event.done():
                    event, next_event = next_event.result(), None
                    yield render(event)
                elif not self.closing.is_set():
                    yield b": still here\n\n"
        except StopAsyncIteration:
            return
        except HansardError as error:  # the response has started, so it can only be ended
            _log.warning("A stream ended early: %s", error.message)
        finally:
            shutdown.cancel()
            if next_event is not None:
                next_event.cancel()
                await asyncio.wait({next_event})


def line(
    request: Request[Any, Credential, Any],
    closing: NamedDependency[Shutdown],
    session_manager: NamedDependency[SessionManager],
) -> EventStream:
    """Return the event stream for a request."""
    return EventStream(closing, lambda: session_manager.verify(request.auth))


def render(number: int, kind: str, record: Any) -> bytes:
    """Encode one event."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, kind.encode(), _encode(record))


def run_event(event: RunEvent) -> bytes:
    return render(event.number, event.type, event)
