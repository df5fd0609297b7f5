"""Indexes the rows that are pending, in each process that has the database open (see `index`).

It begins when nothing was written for a moment, or at once when many rows wait; when it cannot keep up, those who write
help it before they write more. From time to time it looks for rows that a process left which is no longer there.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

_log = logging.getLogger(__name__)

PAUSE = 0.02
"""Seconds without a write after which rows are indexed."""
POLL = 30.0
"""Seconds after which the rows that other processes left are looked for."""
MAX_PENDING = 1_000
"""Rows of this process that wait before some are indexed beside writes."""
MOST = 4_000
"""Rows of this process that wait before its writes help to index them."""
PATIENCE = 2.0
"""Seconds that a search, or a process that ends, has rows indexed."""

Key = tuple[str, str]
"""A tenant and the name of a table."""
Complete = Callable[[str, str], Awaitable[int]]
Look = Callable[[], Awaitable[list[Key]]]


class Indexer:
    """Knows approximately which rows are pending, and has them indexed.

    `complete` indexes some rows of a tenant in a table and returns how many; `look` returns where there are any.
    """

    def __init__(self, complete: Complete, look: Look) -> None:
        self._complete = complete
        self._look = look
        self._pending: dict[Key, int] = {}
        self._count = 0
        self._written_at = 0.0
        self._woken = asyncio.Event()
        self._working: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._written_at = time.monotonic()
        self._working = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Stop, and index what this process still knows of."""
        if self._working is None:
            return
        self._working.cancel()
        await asyncio.gather(self._working, return_exceptions=True)
        self._working = None
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._until_done(lambda: next(iter(self._pending), None))

    def add(self, tenant: str, pending: Mapping[str, int]) -> None:
        """Note rows of tables, which are committed and pending."""
        for name, count in pending.items():
            self._count += count
            self._pending[tenant, name] = self._pending.get((tenant, name), 0) + count
        self._written_at = time.monotonic()
        if not self._woken.is_set():
            self._woken.set()

    async def make_room(self) -> None:
        """Before a write: index rows if too many wait."""
        while self._count > MOST:
            await self._index(next(iter(self._pending)))

    async def catch_up(self, tenant: str, name: str) -> None:
        """Index the rows of a tenant in a table, but no longer than PATIENCE."""
        key = (tenant, name)
        self._pending.setdefault(key, 0)
        await self._until_done(lambda: key if key in self._pending else None)

    async def _until_done(self, following: Callable[[], Key | None]) -> None:
        deadline = time.monotonic() + PATIENCE
        while (key := following()) is not None and time.monotonic() < deadline:
            await self._index(key)

    async def _work(self) -> None:
        while True:
            await self._find()
            until = time.monotonic() + POLL
            while time.monotonic() < until:
                await self._rest(until)
                if self._pending:
                    await self._index(next(iter(self._pending)))

    async def _find(self) -> None:
        """Look for the rows of processes that are no longer there."""
        try:
            for key in await self._look():
                self._pending.setdefault(key, 0)
        except Exception as error:
            _log.debug("Rows that are not indexed could not be looked for: %s", error)

    async def _rest(self, until: float) -> None:
        """Return when rows should be indexed, or at a time."""
        if not self._pending:
            self._woken.clear()
            try:
                async with asyncio.timeout(until - time.monotonic()):
                    await self._woken.wait()
            except TimeoutError:
                return
        while self._count <= MAX_PENDING and (left := self._quiet_in()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)

    def _quiet_in(self) -> float:
        """Return how many seconds are left until nothing was written for a moment, if nothing is."""
        return self._written_at + PAUSE - time.monotonic()

    async def _index(self, key: Key) -> None:
        """Index some rows; if there are none, or it fails, forget them until something is written again."""
        done = 0
        try:
            done = await self._complete(*key)
        except Exception as error:  # the rows are found by searches, and looked for again
            _log.debug("Rows were not indexed: %s", error)
        known = self._pending.pop(key, 0)
        left = max(known - done, 0) if done else 0
        self._count -= known - left
        if left or (done and not known):
            self._pending[key] = left
