"""What goes wrong: a way to the record on which calls fail, replies are lost and processes die, as a seed says."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hansard.errors import OutcomeUnknown, StorageFull, Unavailable
from hansard.model.health import Health
from hansard.model.messages import Message
from hansard.storage.base import Append, Read, Storage, Write
from hansard.storage.memory.storage import MemoryStorage

T = TypeVar("T")

DELAYS = (0.0, 0.0, 0.001, 0.004, 0.02, 0.3)
"""Seconds that a call may take, before and after it is done."""


class Died(BaseException):
    """The process that this happens in is gone; nothing in it may handle that."""


class Weather:
    """Which faults there are just now."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.calm = False
        self.full_until = 0.0
        self.away_until = 0.0
        self.seen: Counter[str] = Counter()

    def turn(self) -> None:
        """Now and then the disk fills up, or the database goes away, for some seconds."""
        now = asyncio.get_running_loop().time()
        kind = self.rng.random()
        if kind < 0.02:
            self.full_until = now + self.rng.choice((0.05, 1.0, 8.0, 40.0))
            self.seen["disk full"] += 1
        elif kind < 0.04:
            self.away_until = now + self.rng.choice((0.05, 1.0, 8.0, 40.0))
            self.seen["database away"] += 1

    def before(self, *, writes: bool) -> None:
        """Raise what keeps a call from being done."""
        if self.calm:
            return
        now = asyncio.get_running_loop().time()
        if now < self.away_until:
            raise Unavailable("The database is away.")
        if writes and now < self.full_until:
            raise StorageFull()
        if writes and self._happens(0.01, "commit lost, not done"):
            raise OutcomeUnknown()
        if not writes and self._happens(0.005, "read failed"):
            raise Unavailable("The connection was lost.")

    def after(self) -> None:
        """Raise what hides that a write was done."""
        if self._happens(0.02, "commit lost, done"):
            raise OutcomeUnknown()

    def _happens(self, chance: float, name: str) -> bool:
        if self.calm or self.rng.random() >= chance:
            return False
        self.seen[name] += 1
        return True

    async def pause(self) -> None:
        await asyncio.sleep(self.rng.choice(DELAYS))


class Connection(Storage):
    """One process's way to a record that outlives it."""

    def __init__(self, record: MemoryStorage, weather: Weather, *, exclusive: bool) -> None:
        self.record = record
        self.weather = weather
        self.exclusive = exclusive
        self.schema = record.schema
        self.notifier = record.notifier
        self.dead = False

    async def open(self) -> None:
        await self._alive()

    async def close(self) -> None:
        """The record stays: another process may open it."""

    async def read(self, tenant: str, work: Read[T]) -> T:
        return await self._call(lambda: self.record.read(tenant, work), writes=False)

    async def write(self, tenant: str, work: Write[T]) -> T:
        return await self._call(lambda: self.record.write(tenant, work), writes=True)

    async def append(self, tenant: str, append: Append) -> list[Message]:
        return await self._call(lambda: self.record.append(tenant, append), writes=True)

    async def tenants(self) -> list[str]:
        return await self._call(self.record.tenants, writes=False)

    async def health(self) -> Health:
        return await self.record.health()

    async def _call(self, work: Callable[[], Awaitable[T]], *, writes: bool) -> T:
        await self._alive()
        self.weather.before(writes=writes)
        result = await work()
        await self._alive()
        if writes:
            self.weather.after()
        return result

    async def _alive(self) -> None:
        """Take a moment, in which the process may die."""
        if not self.dead:
            await self.weather.pause()
        if self.dead:
            raise Died
