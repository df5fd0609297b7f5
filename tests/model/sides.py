"""Two databases that are asked the same, one step after the other, and must answer the same.

What both sides take from the outside is the same too: the time, and the ids that Hansard makes. So answers can
be compared as they are; only feed positions and scores are each engine's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Self
from uuid import UUID

import msgspec

from hansard import Database, HansardError, Services, ids
from hansard.model.feed import FeedEntry
from hansard.providers.registry import Registry
from hansard.storage.base import Storage

START = datetime(2026, 3, 1, 23, 40, tzinfo=UTC)
IDS_A_STEP = 10_000

Work = Callable[[Services], Awaitable[Any]]


@dataclass(frozen=True)
class Outcome:
    """What came of a step: a value, or an error by its class, place and facts."""

    value: Any = None
    error: type[HansardError] | None = None
    pointer: str | None = None
    details: Any = None


class Sides:
    """The reference and the back end that is held to it, at the same step of time."""

    def __init__(self, *storages: Storage) -> None:
        self.now = START
        self._step = 0
        self._made = 0
        self._runner = asyncio.Runner()
        self._databases = [
            Database(storage, providers=Registry([]), clock=lambda: self.now)
            for storage in storages
        ]
        self._uuids = ids.uuid_utils

    def __enter__(self) -> Self:
        ids.uuid_utils = SimpleNamespace(uuid7=self._uuid)  # pyright: ignore[reportAttributeAccessIssue]
        for database in self._databases:
            self._runner.run(database.open())
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(RuntimeError):
            for database in self._databases:
                self._runner.run(database.close())
        self._runner.close()
        ids.uuid_utils = self._uuids

    def _uuid(self) -> UUID:
        self._made += 1
        return UUID(int=(1 << 100) + self._step * IDS_A_STEP + self._made)

    def earlier(self, hours: float) -> datetime:
        return self.now - timedelta(hours=hours)

    def pass_time(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def both(self, tenant: str, user: str, *works: Work) -> Outcome:
        """Have each side do the same (or each its own work), and return what both answered."""
        self._step += 1
        self.now += timedelta(microseconds=1)
        outcomes: list[Outcome] = []
        for i, database in enumerate(self._databases):
            self._made = 0
            outcomes.append(self._do(database.scope(tenant, user), works[i % len(works)]))
        first, second = outcomes
        if first != second:
            raise AssertionError(f"The sides differ:\n  {first}\n  {second}")
        return first

    def _do(self, services: Services, work: Work) -> Outcome:
        async def run() -> Any:
            return await work(services)

        try:
            return Outcome(plain(self._runner.run(run())))
        except HansardError as error:
            return Outcome(None, type(error), error.pointer, error.details)

    def each(self, tenant: str, user: str, work: Work) -> list[Any]:
        """What each side answers, uncompared."""
        return [
            self._runner.run(_awaited(work, database.scope(tenant, user)))
            for database in self._databases
        ]


async def _awaited(work: Work, services: Services) -> Any:
    return await work(services)


def plain(value: Any) -> Any:
    """An answer without what is each engine's own."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, FeedEntry):
        return msgspec.structs.replace(value, position=0)
    return value
