"""Feed broadcasters: one reader of a user's feed for all followers in this process.
 The storage's notifier wakes the reader, which reads new entries and keeps the newest. Followers read those at their
own pace; one that is too far behind reads the feed itself until it has caught up. There is no per-subscriber queue,
so a slow subscriber does not affect others.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_right
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from hansard.errors import HansardError, StorageError
from hansard.model.feed import FeedEntry
from hansard.model.scope import Scope
from hansard.services.base import MAX_PAGE
from hansard.services.feed.records import Carried
from hansard.storage.base import Reader, Storage
from hansard.storage.notifier import Subscription
from hansard.storage.query import Query

_log = logging.getLogger(__name__)

MAX_ENTRIES = 2_000
"""Entries kept in memory per broadcaster."""
BATCH_WINDOW = 0.08
"""Seconds between reads of the feed, so that many changes are delivered together; a single one never waits."""
MIN_BACKOFF, MAX_BACKOFF = 0.02, 0.25
"""Seconds, initial and maximum, between reads while there are entries that are not settled."""
FALLBACK_POLL = 3.0
"""Seconds between reads without a notification: those of other processes may be lost."""
RETRY = 1.0
"""Seconds between attempts to reach a database."""


T = TypeVar("T")
ReadRecords = Callable[[Sequence[FeedEntry]], Coroutine[Any, Any, list[Carried]]]
_Batch = tuple[str, str, tuple[int, ...], object]
"""A tenant, a user, the positions of entries, and how they are rendered."""


class FeedBroadcaster:
    """The reader of one user's feed."""

    def __init__(self, storage: Storage, tenant: str, user_id: str) -> None:
        self.followers = 0
        self._storage = storage
        self._tenant = tenant
        self._user_id = user_id
        self._entries: list[FeedEntry] = []
        self._begin = -1
        """`_entries` holds all settled entries after this position up to `_end`; -1 before the first read."""
        self._end = -1
        self._moved = asyncio.Event()
        self._closed = False
        self._reading = asyncio.create_task(self._read())

    def close(self) -> None:
        self._closed = True
        self._reading.cancel()
        self._moved.set()

    async def since(self, after: int) -> list[FeedEntry]:
        """Wait for entries after a position and return them. Raises StorageError when the database is closed."""
        while not self._closed:
            moved = self._moved
            entries: list[FeedEntry] = []
            if 0 <= self._begin <= after:
                first = bisect_right(self._entries, after, key=_position)
                entries = self._entries[first : first + MAX_PAGE]
            elif self._begin > after:
                entries, _ = await self._look(after)
            if entries:
                return entries
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
                    _log.warning("Reading a feed failed: %s", error.message)
                except Exception:  # otherwise followers would wait forever
                    _log.exception("Reading a feed failed")
                await asyncio.sleep(RETRY)

    async def _start(self) -> None:
        """Load the newest entries, for clients that reconnect."""
        newest = Query(FeedEntry).where(user_id=self._user_id).by("-position").page(MAX_PAGE)

        async def read_newest(tx: Reader) -> tuple[int, list[FeedEntry]]:
            entries = await tx.select(newest)
            before = entries[-1].position - 1 if entries else 0
            return before, await tx.feed(self._user_id, before, MAX_PAGE)

        self._begin, settled = await self._storage.read(self._tenant, read_newest)
        self._end = self._begin
        self._take(settled)

    async def _keep_up(self, subscription: Subscription) -> None:
        pause = MIN_BACKOFF
        while True:
            read_at = asyncio.get_running_loop().time()
            entries, unsettled = await self._look(self._end)
            if entries:
                self._take(entries)
                pause = MIN_BACKOFF
            if len(entries) == MAX_PAGE:
                continue
            await subscription.wait(pause if unsettled else FALLBACK_POLL)
            pause = min(2 * pause, MAX_BACKOFF) if unsettled else MIN_BACKOFF
            await asyncio.sleep(read_at + BATCH_WINDOW - asyncio.get_running_loop().time())

    async def _look(self, after: int) -> tuple[list[FeedEntry], bool]:
        """Return the entries after a position, and whether there are entries that are not settled."""

        async def read_entries(tx: Reader) -> tuple[list[FeedEntry], bool]:
            entries = await tx.feed(self._user_id, after, MAX_PAGE)
            if len(entries) == MAX_PAGE:
                return entries, False
            last = entries[-1].position if entries else after
            later = Query(FeedEntry).where(user_id=self._user_id, position__gt=last)
            return entries, bool(await tx.select(later.by("position").page(1)))

        return await self._storage.read(self._tenant, read_entries)

    def _take(self, entries: list[FeedEntry]) -> None:
        if entries:
            self._entries += entries
            self._end = entries[-1].position
        if len(self._entries) > 2 * MAX_ENTRIES:
            self._begin = self._entries[-MAX_ENTRIES - 1].position
            self._entries = self._entries[-MAX_ENTRIES:]
        self._moved.set()
        self._moved = asyncio.Event()


class _Shared:
    """Work for several followers; it goes on if one of them leaves."""

    def __init__(self, work: Coroutine[Any, Any, list[Any]], forget: Callable[[], object]) -> None:
        self.done = asyncio.Event()
        self.task = asyncio.create_task(work)
        self.task.add_done_callback(lambda _: (forget(), self.done.set()))


class Broadcasters:
    """The broadcasters of a process; each exists while it has followers."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._is_open = False
        self._broadcasters: dict[tuple[str, str], FeedBroadcaster] = {}
        self._shared: dict[_Batch, _Shared] = {}
        """Reads of records in progress."""

    def open(self) -> None:
        """Allow followers: the database is open."""
        self._is_open = True

    @contextmanager
    def joined(self, tenant: str, user_id: str) -> Iterator[FeedBroadcaster]:
        """A context that holds the broadcaster of a user. Raises StorageError if the database is not open."""
        if not self._is_open:
            raise StorageError(
                "The database is not open: use `async with hansard.connect(…) as db`."
            )
        key = (tenant, user_id)
        broadcaster = self._broadcasters.get(key)
        if broadcaster is None:
            broadcaster = self._broadcasters[key] = FeedBroadcaster(self._storage, tenant, user_id)
        broadcaster.followers += 1
        try:
            yield broadcaster
        finally:
            broadcaster.followers -= 1
            if not broadcaster.followers:
                broadcaster.close()
                self._broadcasters.pop(key, None)

    async def shared(
        self,
        scope: Scope,
        entries: Sequence[FeedEntry],
        render: Callable[[FeedEntry, Carried], T],
        read: ReadRecords,
    ) -> list[T]:
        """Return the entries rendered with the records that `read` returns.

        Concurrent calls of a user for the same entries share the work: all scopes of a user that may read see the same
        records. Nothing is kept after it, so a follower that is behind gets the records as they are when it asks.
        """
        batch = (scope.tenant, scope.user, tuple([entry.position for entry in entries]), render)
        work = self._shared.get(batch)
        if work is None:

            async def read_and_render() -> list[Any]:
                return list(map(render, entries, await read(entries)))

            forget = partial(self._shared.pop, batch)
            work = self._shared[batch] = _Shared(read_and_render(), forget)
        await work.done.wait()
        return work.task.result()

    def close(self) -> None:
        self._is_open = False
        for broadcaster in self._broadcasters.values():
            broadcaster.close()


def _position(entry: FeedEntry) -> int:
    return entry.position
