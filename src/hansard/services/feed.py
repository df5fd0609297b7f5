from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from hansard.errors import InvalidInput
from hansard.model.feed import FeedEntry
from hansard.services.base import MAX_PAGE, Service, check_limit
from hansard.storage.base import Reader
from hansard.storage.query import Query

POLL = 0.25
"""Seconds between two looks at the feed, which other processes may write to as well."""


class Feed(Service):
    """What changed, in order."""

    async def read(self, *, after: int = 0, limit: int = 100) -> list[FeedEntry]:
        """The user's changes after a position; ask again with the last one's, and nothing is missed."""
        if not 0 <= after < 2**63:
            raise InvalidInput("A position is not negative.", pointer="/after")
        check_limit(limit)
        return await self.reading(lambda tx: tx.feed(self.scope.user, after, limit))

    async def end(self) -> int:
        """The position of the last change there is; 0 if there is none."""
        newest = Query(FeedEntry).where(user_id=self.scope.user).by("-position")

        async def work(tx: Reader) -> int:
            # The newest entries may not be settled: then the last one that is lies further back.
            size = 1
            while entries := await tx.select(newest.page(size)):
                settled = await tx.feed(self.scope.user, entries[-1].position - 1, size)
                if settled:
                    return settled[-1].position
                if len(entries) < size:
                    break
                size *= 8
            return 0

        return await self.reading(work)

    async def follow(self, after: int) -> AsyncIterator[FeedEntry]:
        """The user's changes after a position, as they come, without end."""
        while True:
            entries = await self.read(after=after, limit=MAX_PAGE)
            for entry in entries:
                after = entry.position
                yield entry
            if len(entries) < MAX_PAGE:
                await asyncio.sleep(POLL)
