"""Opens driver connections, and opens them to the end when the caller is cancelled.

If asyncpg (0.32) is cancelled while it sets up the network connection, it leaves an error that nobody can catch and
that the event loop reports later. So a connection is opened in a task of its own; an abandoned one is closed as soon as
it is open.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg

_asyncpg: Any = asyncpg
"""The driver's own annotations are partial."""


class Connector:
    """Opens connections; `close` waits for those that were abandoned."""

    def __init__(self) -> None:
        self._abandoned: set[asyncio.Task[None]] = set()

    async def connect(self, *arguments: Any, **options: Any) -> Any:
        """Open a connection; takes the arguments of `asyncpg.connect`."""
        opening = asyncio.ensure_future(_asyncpg.connect(*arguments, **options))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            closing = asyncio.create_task(_discard(opening))
            self._abandoned.add(closing)
            closing.add_done_callback(self._abandoned.discard)
            raise

    async def close(self) -> None:
        """Wait for the abandoned connections, each of which ends within its `timeout`."""
        if self._abandoned:
            await asyncio.wait(self._abandoned)


async def _discard(opening: asyncio.Future[Any]) -> None:
    with suppress(Exception):
        (await opening).terminate()
