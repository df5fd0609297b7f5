"""Hubs: one reader of a user's feed for all who follow it in this process.

The reader is woken by the storage's bell, reads what is new, and keeps the newest entries. Followers take them from
there, each at its own pace; one who is behind what is kept reads the feed by itself until it has caught up. So
nothing is queued for anybody, and who is slow costs the others nothing.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager

from hansard.errors import HansardError, StorageError
from hansard.model.feed import FeedEntry
from hansard.services.base import MAX_PAGE
from hansard.storage.base import Reader, Storage
from hansard.storage.notifier import Subscription
from hansard.storage.query import Query

_log = logging.getLogger(__name__)

KEPT = 2_000
"""Entries that followers find without reading for themselves."""
GATHER = 0.08
"""Seconds between two looks at the feed, so that many changes are read, and told, at once; a single one never waits."""
SOON, LATER = 0.02, 0.25
"""Seconds, at first and at the most, between two looks while entries are written that are not settled."""
UNASKED = 3.0
"""Seconds until somebody looks who heard no bell: notices of other processes may be lost."""
RETRY = 1.0
"""Seconds between two tries to reach a database."""


class Hub:
    def __init__(self, storage: Storage, tenant: str, user_id: str) -> None:
        self.followers = 0
        self._storage = storage
        self._tenant = tenant
        self._user_id = user_id
        self._entries: list[FeedEntry] = []
        self._begin = -1
        """All that is settled after this position, and not after `_end`, is among the entries; -1: nothing is known."""
        self._end = -1
        self._moved = asyncio.Event()
        self._closed = False
        self._reading = asyncio.create_task(self._read())

    def close(self) -> None:
        self._closed = True
        self._reading.cancel()
        self._moved.set()

    async def since(self, after: int) -> list[FeedEntry]:
        """What comes next after a position, as soon as there is something."""
        while not self._closed:
            moved = self._moved
            found: list[FeedEntry] = []
            if 0 <= self._begin <= after:
                first = bisect_right(self._entries, after, key=_position)
                found = self._entries[first : first + MAX_PAGE]
            elif self._begin > after:
                found, _ = await self._look(after)
            if found:
                return found
            await moved.wait()
        raise StorageError("The database is closed.")

    async def _read(self) -> None:
        with self._storage.notifier.subscribe(self._tenant, self._user_id) as subscription:
            while True:
                try:
                    if self._begin < 0:
                        await self._start()
                    await self._keep_up(subscription)
                except HansardError as error:
                    _log.warning("A feed cannot be read: %s", error.message)
                except Exception:  # those who follow would wait for ever
                    _log.exception("A feed cannot be read")
                await asyncio.sleep(RETRY)

    async def _start(self) -> None:
        """Begin with the newest entries, for those who come back after a moment."""
        newest = Query(FeedEntry).where(user_id=self._user_id).by("-position").page(MAX_PAGE)

        async def work(tx: Reader) -> tuple[int, list[FeedEntry]]:
            found = await tx.select(newest)
            before = found[-1].position - 1 if found else 0
            return before, await tx.feed(self._user_id, before, MAX_PAGE)

        self._begin, settled = await self._storage.read(self._tenant, work)
        self._end = self._begin
        self._take(settled)

    async def _keep_up(self, subscription: Subscription) -> None:
        pause = SOON
        while True:
            looked = asyncio.get_running_loop().time()
            entries, unsettled = await self._look(self._end)
            if entries:
                self._take(entries)
                pause = SOON
            if len(entries) == MAX_PAGE:
                continue
            await subscription.wait(pause if unsettled else UNASKED)
            pause = min(2 * pause, LATER) if unsettled else SOON
            await asyncio.sleep(looked + GATHER - asyncio.get_running_loop().time())

    async def _look(self, after: int) -> tuple[list[FeedEntry], bool]:
        """What comes after a position, and whether there is something that is not settled yet."""

        async def work(tx: Reader) -> tuple[list[FeedEntry], bool]:
            entries = await tx.feed(self._user_id, after, MAX_PAGE)
            if len(entries) == MAX_PAGE:
                return entries, False
            last = entries[-1].position if entries else after
            later = Query(FeedEntry).where(user_id=self._user_id, position__gt=last)
            return entries, bool(await tx.select(later.by("position").page(1)))

        return await self._storage.read(self._tenant, work)

    def _take(self, entries: list[FeedEntry]) -> None:
        if entries:
            self._entries += entries
            self._end = entries[-1].position
        if len(self._entries) > 2 * KEPT:
            self._begin = self._entries[-KEPT - 1].position
            self._entries = self._entries[-KEPT:]
        self._moved.set()
        self._moved = asyncio.Event()


class Hubs:
    """The hubs of a process, each there for as long as somebody follows."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._hubs: dict[tuple[str, str], Hub] = {}

    @contextmanager
    def joined(self, tenant: str, user_id: str) -> Iterator[Hub]:
        key = (tenant, user_id)
        hub = self._hubs.get(key)
        if hub is None:
            hub = self._hubs[key] = Hub(self._storage, tenant, user_id)
        hub.followers += 1
        try:
            yield hub
        finally:
            hub.followers -= 1
            if not hub.followers:
                hub.close()
                self._hubs.pop(key, None)

    def close(self) -> None:
        for hub in self._hubs.values():
            hub.close()


def _position(entry: FeedEntry) -> int:
    return entry.position
