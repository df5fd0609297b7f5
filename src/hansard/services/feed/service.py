"""The feed: the changes of a user's records, in order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

import msgspec

from hansard.errors import InvalidInput
from hansard.ids import Clock
from hansard.model.event_kinds import EventRecord
from hansard.model.feed import TRIMMED, FeedEntry
from hansard.model.scope import Scope
from hansard.services.base import Service, check_limit
from hansard.services.feed.broadcaster import Broadcasters
from hansard.services.feed.records import Carried, Records
from hansard.storage.base import Reader, Storage
from hansard.storage.query import Query

T = TypeVar("T")


class FeedStart(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a client starts to follow the feed."""

    position: int
    """The position at which the stream starts; all later changes follow."""
    resync: bool = False
    """True if the requested position is outside the retained range; the client must reload its state."""


class Feed(Service):
    """The changes of the user's records, in order."""

    def __init__(
        self, scope: Scope, storage: Storage, clock: Clock, broadcasters: Broadcasters
    ) -> None:
        super().__init__(scope, storage, clock)
        self.broadcasters = broadcasters
        self._records = Records(scope, storage, clock)

    async def read(self, *, after: int = 0, limit: int = 100) -> list[FeedEntry]:
        """Return up to `limit` changes after a position, a number from 0.

        Continue with the position of the last one; no change is missed. Raises InvalidInput for an invalid position
        or limit.
        """
        check_limit(limit)
        _check_position(after)
        return await self.run_read(lambda tx: tx.feed(self.scope.user, after, limit))

    async def end(self) -> int:
        """Return the position of the last change, or 0."""
        return await self.run_read(self._end)

    async def begin(self, after: int | None = None) -> FeedStart:
        """Return where a client starts that has all changes up to `after`; without it, only new ones follow.

        Raises InvalidInput for an invalid position.
        """
        if after is not None:
            _check_position(after)

        async def find_start(tx: Reader) -> FeedStart:
            end = await self._end(tx)
            if after is None:
                return FeedStart(end)
            later = Query(FeedEntry).where(user_id=self.scope.user, position__gt=after)
            missed = after > end or any(
                entry.kind == TRIMMED for entry in await tx.select(later.by("position").page(1))
            )
            return FeedStart(end, resync=True) if missed else FeedStart(after)

        return await self.run_read(find_start)

    async def _end(self, tx: Reader) -> int:
        # The newest entries may not be settled; then the last settled one is further back.
        newest = Query(FeedEntry).where(user_id=self.scope.user).by("-position")
        size = 1
        while entries := await tx.select(newest.page(size)):
            settled = await tx.feed(self.scope.user, entries[-1].position - 1, size)
            if settled:
                return settled[-1].position
            if len(entries) < size:
                break
            size *= 8
        return 0

    async def records(
        self, entries: Sequence[FeedEntry]
    ) -> list[EventRecord | msgspec.UnsetType | None]:
        """Return for each entry the record that it names, as the user may see it now.

        The type of the record follows from the entry's kind (`hansard.services.feed.kinds.RECORDS`). None: the record
        is gone, in the trash, or not visible to the user. UNSET: the record is that of a later one of the entries.
        Concurrent calls for the same entries share one read.
        """
        return await self.rendered(entries, _record)

    async def rendered(
        self, entries: Sequence[FeedEntry], render: Callable[[FeedEntry, Any], T]
    ) -> list[T]:
        """Return `render(entry, record)` for each entry, with the same records as `records`.

        Concurrent calls with the same entries and the same `render` share the work.
        """
        self.require("read")
        return await self.broadcasters.shared(self.scope, entries, render, self._records.of)

    async def follow(self, after: int) -> AsyncIterator[FeedEntry]:
        """Yield the user's changes after a position as they come, without end.

        Raises StorageError on closing, or if the database is not open.
        """
        async for entries in self.changes(after):
            for entry in entries:
                yield entry

    async def changes(self, after: int) -> AsyncIterator[list[FeedEntry]]:
        """Yield the same as `follow`, in lists of all available changes.

        Raises StorageError on closing, or if the database is not open.
        """
        self.require("read")
        with self.broadcasters.joined(self.scope.tenant, self.scope.user) as broadcaster:
            while True:
                entries = await broadcaster.since(after)
                after = entries[-1].position
                yield entries


def _record(_: FeedEntry, record: Carried) -> Carried:
    return record


def _check_position(after: int) -> None:
    if after < 0:
        raise InvalidInput("The position must not be negative.", pointer="/after")
    if after >= 2**63:
        raise InvalidInput("The position must be below 2^63.", pointer="/after")
