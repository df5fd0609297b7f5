from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from hansard.errors import InvalidInput
from hansard.ids import Clock
from hansard.model.feed import TRIMMED, FeedEntry
from hansard.model.scope import Scope
from hansard.services.base import Service, check_limit
from hansard.services.feed.broadcaster import Hubs
from hansard.storage.base import Reader, Storage
from hansard.storage.query import Query


class FeedStart(msgspec.Struct, frozen=True):
    """Where somebody who follows the feed begins."""

    position: int
    resync: bool = False
    """Whether something was missed that can no longer be told: the feed does not reach back to there, or is another."""


class Feed(Service):
    """What changed, in order."""

    def __init__(self, scope: Scope, storage: Storage, clock: Clock, hubs: Hubs) -> None:
        super().__init__(scope, storage, clock)
        self.hubs = hubs

    async def read(self, *, after: int = 0, limit: int = 100) -> list[FeedEntry]:
        """The user's changes after a position; ask again with the last one's, and nothing is missed."""
        check_limit(limit)
        _check_position(after)
        return await self.run_read(lambda tx: tx.feed(self.scope.user, after, limit))

    async def end(self) -> int:
        """The position of the last change there is; 0 if there is none."""
        return await self.run_read(self._end)

    async def begin(self, after: int | None = None) -> FeedStart:
        """Where to begin for who has seen everything up to a position, or wants to know what comes from now on."""
        if after is not None:
            _check_position(after)

        async def work(tx: Reader) -> FeedStart:
            end = await self._end(tx)
            if after is None:
                return FeedStart(end)
            later = Query(FeedEntry).where(user_id=self.scope.user, position__gt=after)
            missed = after > end or any(
                entry.kind == TRIMMED for entry in await tx.select(later.by("position").page(1))
            )
            return FeedStart(end, resync=True) if missed else FeedStart(after)

        return await self.run_read(work)

    async def _end(self, tx: Reader) -> int:
        # The newest entries may not be settled: then the last one that is lies further back.
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

    async def follow(self, after: int) -> AsyncIterator[FeedEntry]:
        """The user's changes after a position, as they come, without end."""
        async for entries in self.changes(after):
            for entry in entries:
                yield entry

    async def changes(self, after: int) -> AsyncIterator[list[FeedEntry]]:
        """What `follow` gives, as many at once as there are."""
        self.require("read")
        with self.hubs.joined(self.scope.tenant, self.scope.user) as hub:
            while True:
                entries = await hub.since(after)
                after = entries[-1].position
                yield entries


def _check_position(after: int) -> None:
    if after < 0:
        raise InvalidInput("A position is not negative.", pointer="/after")
    if after >= 2**63:
        raise InvalidInput("A position is below 2^63.", pointer="/after")
