from __future__ import annotations

from hansard.errors import InvalidInput
from hansard.model.feed import FeedEntry
from hansard.services.base import Service, check_limit


class Feed(Service):
    """What changed, in order."""

    async def read(self, *, after: int = 0, limit: int = 100) -> list[FeedEntry]:
        """The user's changes after a position; ask again with the last one's, and nothing is missed."""
        if not 0 <= after < 2**63:
            raise InvalidInput("A position is not negative.", pointer="/after")
        check_limit(limit)
        return await self.reading(lambda tx: tx.feed(self.scope.user, after, limit))
