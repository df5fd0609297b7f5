"""Connections that the units of a process take turns with.

The driver's own pool starts a task and some timers each time that a connection is taken and given back, which takes
as long as the driver takes for a statement.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from hansard.errors import Overloaded

IDLE = 300.0
"""Seconds after which a connection that nobody used is closed."""

Waiter = asyncio.Future[Any]
"""Gets a connection, or None if it may open one."""


class Pool:
    """At most `size` connections, which `connect` opens when they are needed."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], size: int) -> None:
        self._connect = connect
        self.size = size
        self._open: set[Any] = set()
        self._opening = 0
        self._free: deque[tuple[Any, float]] = deque()
        """With the time since when, the last used at the end."""
        self._waiters: deque[Waiter] = deque()
        self._returned = asyncio.Event()

    async def acquire(self, seconds: float) -> Any:
        """Return a connection. Raises Overloaded if none gets free within `seconds`."""
        while self._free:
            connection, since = self._free.pop()
            if not connection.is_closed() and time.monotonic() - since < IDLE:
                return connection
            self._drop(connection)
        if len(self._open) + self._opening < self.size:
            self._opening += 1
            return await self._open_one()
        connection = await self._wait(seconds)
        return await self._open_one() if connection is None else connection

    def release(self, connection: Any) -> None:
        """Give a connection back, which is closed or in no transaction."""
        self._returned.set()
        if connection.is_closed():
            self._drop(connection)
            self._offer_place()
        elif (waiter := self._next_waiter()) is not None:
            waiter.set_result(connection)
        else:
            at = time.monotonic()
            self._free.append((connection, at))
            if at - self._free[0][1] > IDLE:
                self._drop(self._free.popleft()[0])

    async def close(self, seconds: float) -> None:
        """Wait until all connections are given back, and close them; after `seconds`, cut them."""
        try:
            async with asyncio.timeout(seconds):
                while len(self._open) + self._opening > len(self._free):
                    self._returned.clear()
                    await self._returned.wait()
                await asyncio.gather(
                    *(one.close() for one, _ in self._free), return_exceptions=True
                )
        except TimeoutError:
            pass
        finally:
            for connection in list(self._open):
                self._drop(connection)
            self._free.clear()

    async def _open_one(self) -> Any:
        """Open a connection, whose place is counted already."""
        connection = None
        try:
            connection = await self._connect()
            self._open.add(connection)
        finally:
            self._opening -= 1
            if connection is None:
                self._returned.set()
                self._offer_place()
        return connection

    async def _wait(self, seconds: float) -> Any:
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(seconds):
                return await waiter
        except BaseException as error:
            self._pass_on(waiter)
            if isinstance(error, TimeoutError):
                raise Overloaded(
                    "All connections to the database are in use; raise pool_size or try again later."
                ) from error
            raise

    def _pass_on(self, waiter: Waiter) -> None:
        """Give to others what somebody got who waits no more."""
        if waiter.cancelled() or not waiter.done():
            waiter.cancel()
        elif (connection := waiter.result()) is not None:
            self.release(connection)
        else:
            self._opening -= 1
            self._offer_place()

    def _offer_place(self) -> None:
        """Have the one who waits longest open a connection."""
        waiter = self._next_waiter()
        if waiter is not None:
            self._opening += 1
            waiter.set_result(None)

    def _next_waiter(self) -> Waiter | None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                return waiter
        return None

    def _drop(self, connection: Any) -> None:
        self._open.discard(connection)
        with suppress(Exception):
            connection.terminate()
