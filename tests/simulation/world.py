"""One seed's world: a record, processes that serve it and die, clients that ask and ask again, and a ledger."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar
from uuid import UUID

from hansard import Database, Services, ids
from hansard.model.runs import ENDED
from hansard.providers.registry import Registry
from hansard.services.options import ChatOptions
from hansard.storage import verification
from hansard.storage.memory.storage import MemoryStorage
from hansard.storage.run_sync import run_now
from simulation.faults import Connection, Weather
from simulation.ledger import TENANT, USER, Ledger, Record, check
from simulation.loop import VirtualLoop
from simulation.model import Oracle

T = TypeVar("T")
START = datetime(2026, 3, 1, 23, 40, tzinfo=UTC)
SETTLE = 900.0
"""Seconds of calm in which everything that goes on must come to its end."""
VERIFY_EACH = 5
"""Of so many seeds, the record of one is verified as that of any database is."""
_process: ContextVar[Process | None] = ContextVar("process", default=None)


class Gone(Exception):
    """The process that was asked died before it answered."""


@dataclass
class Outcome:
    """What came of a seed."""

    seed: int
    steps: int
    seconds: float
    """Simulated."""
    checks: int
    faults: dict[str, int]
    digest: str
    """Of all that is stored at the end, to be compared with another run of the seed."""


class Process:
    """A server: a database over the shared record, until it dies."""

    def __init__(self, world: World) -> None:
        self.connection = Connection(world.storage, world.weather, exclusive=world.exclusive)
        self.database = Database(
            self.connection,
            providers=Registry([Oracle(self.connection, world.rng)]),
            options=ChatOptions(model="oracle/one", save_interval=0.2, retry_pause=0.1, attempts=2),
            clock=world.clock,
        )
        self.died = asyncio.Event()
        self.tasks: dict[asyncio.Task[Any], None] = {}
        """Those that began in it, and have not ended."""

    async def open(self) -> None:
        token = _process.set(self)
        try:
            await self.database.open()
        finally:
            _process.reset(token)

    async def ask(self, work: Callable[[Services], Awaitable[T]]) -> T:
        """What the process answers; raises Gone when it dies first. Cancelled, the request is too."""
        token = _process.set(self)
        asking = asyncio.ensure_future(_awaited(work, self.database.scope(TENANT, USER)))
        _process.reset(token)
        dying = asyncio.ensure_future(self.died.wait())
        try:
            await asyncio.wait((asking, dying), return_when=asyncio.FIRST_COMPLETED)
            if self.connection.dead:
                raise Gone
            return asking.result()
        finally:
            dying.cancel()
            asking.cancel()
            await asyncio.wait((asking, dying))

    def die(self) -> None:
        self.connection.dead = True
        self.died.set()

    async def bury(self) -> None:
        """End what is left of the process; the record no longer hears of it."""
        while left := list(self.tasks):
            for task in left:
                task.cancel()
            await asyncio.wait(left)


class World:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.weather = Weather(self.rng)
        self.storage = MemoryStorage()
        run_now(self.storage.open())
        self.exclusive = seed % 3 != 0
        self.ledger = Ledger()
        self.processes: list[Process] = []
        self.dead: list[Process] = []
        self.steps = 0
        self._made = 0

    def clock(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time())

    def uuid(self) -> UUID:
        self._made += 1
        return UUID(int=(1 << 100) + self._made)

    def new_id(self) -> str:
        return str(self.uuid())

    def process(self) -> Process:
        """Any of those that serve now; raises Gone where none does."""
        if not self.processes:
            raise Gone
        return self.rng.choice(self.processes)

    async def start(self) -> None:
        """Start the servers: one alone, or two that share the record."""
        for _ in range(1 if self.exclusive else 2):
            await self._start_one()

    async def _start_one(self) -> None:
        process = Process(self)
        await process.open()
        self.processes.append(process)

    async def kill(self) -> None:
        """A process dies in the middle of whatever it does; another starts in its place."""
        if not self.processes:
            return
        victim = self.process()
        self.processes.remove(victim)
        victim.die()
        self.dead.append(victim)
        self.weather.seen["process died"] += 1
        await self._start_one()

    async def settle(self) -> None:
        """Calm weather, until everything has ended or SETTLE is over; then the ledger is checked."""
        self.weather.calm = True
        loop = asyncio.get_running_loop()
        end = loop.time() + SETTLE
        while loop.time() < end and self._goes_on():  # noqa: ASYNC110 - seconds that cost nothing
            await asyncio.sleep(5)
        await asyncio.sleep(1)
        check(self.ledger, Record(self.storage))
        if self.seed % VERIFY_EACH == 0:
            found = (await verification.verify(self.storage)).findings
            assert not found, f"{found[0].subject} {found[0].message}"

    def _goes_on(self) -> bool:
        return any(run.status not in ENDED for run in self.storage.rows(TENANT)["runs"].values())

    async def end(self) -> None:
        for process in self.processes:
            await process.database.close()
        for process in self.dead:
            await process.bury()


def simulate(seed: int, steps: int, work: Callable[[World, int], Awaitable[None]]) -> Outcome:
    """Live through a seed; raises AssertionError where a promise is not kept."""
    world = World(seed)

    async def live() -> Outcome:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)
        loop.set_task_factory(_task)
        await world.start()
        try:
            await work(world, steps)
            await world.settle()
        finally:
            world.weather.calm = True
            await world.end()
        return _outcome(world)

    with _seeded(world), _silence(), asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(live())


def _outcome(world: World) -> Outcome:
    rows = world.storage.rows(TENANT)
    return Outcome(
        seed=world.seed,
        steps=world.steps,
        seconds=asyncio.get_running_loop().time(),
        checks=world.ledger.checks,
        faults=dict(world.weather.seen),
        digest=hashlib.sha256(
            repr({name: rows[name] for name in sorted(rows)}).encode()
        ).hexdigest(),
    )


def _task(loop: asyncio.AbstractEventLoop, work: Any, **named: Any) -> asyncio.Task[Any]:
    """A task that belongs to the process in which it begins."""
    task = asyncio.Task(work, loop=loop, **named)
    process = _process.get()
    if process is not None:
        process.tasks[task] = None
        task.add_done_callback(lambda done: process.tasks.pop(done, None))
    return task


@contextmanager
def _seeded(world: World) -> Iterator[None]:
    """New ids, and whatever else is drawn by lot, follow from the seed."""
    real, state = ids.uuid_utils, random.getstate()
    ids.uuid_utils = SimpleNamespace(uuid7=world.uuid)  # pyright: ignore[reportAttributeAccessIssue]
    random.seed(world.seed)
    try:
        yield
    finally:
        ids.uuid_utils = real
        random.setstate(state)


@contextmanager
def _silence() -> Iterator[None]:
    """What goes wrong on purpose is not logged."""
    logger = logging.getLogger("hansard")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


async def _awaited(work: Callable[[Services], Awaitable[T]], services: Services) -> T:
    return await work(services)
