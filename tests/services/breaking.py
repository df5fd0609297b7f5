"""A storage whose line breaks: what is written is kept, refused, or kept without an answer, as a test wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from hansard import Database
from hansard.errors import HansardError, OutcomeUnknown
from hansard.services.runs.completion import RunCompletion

Which = Callable[[Any], bool]


def is_ending(work: Any) -> bool:
    """Whether a unit of work stores how a run ended."""
    return getattr(work, "__func__", None) is RunCompletion.write


def is_request(work: Any) -> bool:
    """Whether a unit of work stores the runs of a request."""
    return str(getattr(work, "__qualname__", "")).startswith("Chat.")


async def until(met: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition, and not for ever."""
    async with asyncio.timeout(20):
        while True:
            if await met():
                return
            await asyncio.sleep(0.01)


class Line:
    """The line to the storage of a database."""

    def __init__(self, db: Database) -> None:
        self._write = db.storage.write
        self._lost: list[Which] = []
        self.refusing: Callable[[Any], HansardError | None] = lambda _: None
        self.refused = 0
        db.storage.write = self._over_the_line

    def lose_answer(self, which: Which) -> None:
        """The next unit of this kind is done, and nobody hears of it."""
        self._lost.append(which)

    async def _over_the_line(self, tenant: str, work: Any) -> Any:
        error = self.refusing(work)
        if error is not None:
            self.refused += 1
            raise error
        done = await self._write(tenant, work)
        lost = next((which for which in self._lost if which(work)), None)
        if lost is not None:
            self._lost.remove(lost)
            raise OutcomeUnknown()
        return done
