"""Two processes that write to PostgreSQL without Hansard, with polling followers: the control of two servers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

from msgspec.structs import replace

from hansard.torture import control_postgres
from hansard.torture.ledger import Ledger, require
from hansard.torture.report import Task
from hansard.torture.server_failover import Follower
from hansard.torture.temporary_database import connection, temporary_database
from hansard.torture.writer_processes import WriterJob, WriterPool, writer_pool

STEPS = 8
"""Steps of the process that survives; the other one is killed before it has acknowledged more."""


async def two_writers(task: Task) -> None:
    """Kill one of two writing processes: its follower continues and must miss nothing."""
    task.how = "kill -9 of one of two processes that write, each with a follower that polls"
    async with temporary_database(task, control_postgres.prepare) as address:
        with writer_pool() as one, writer_pool() as other:
            writing = WriterPair(task, address, (one, other))
            try:
                for number in range(task.rounds):
                    await writing.round(f"r{number}")
                await writing.check()
            finally:
                for follower in writing.followers:
                    await follower.stop()


class WriterPair:
    """Two writing processes, with a follower that starts with each."""

    def __init__(self, task: Task, address: str, writers: tuple[WriterPool, WriterPool]) -> None:
        self._task, self._address, self._writers = task, address, writers
        self._ledger = Ledger()
        self.followers = [Follower(), Follower()]
        for number, follower in enumerate(self.followers):
            follower.follow(number, _positions_from_table(address, 0))

    async def round(self, name: str) -> None:
        """Kill one process while the other one writes; then the other one stores the steps that were left open."""
        before = len(self._ledger.acknowledged)
        victim = self._task.random.randrange(2)
        await asyncio.gather(self._kill(victim, f"{name}v"), self._write(1 - victim, f"{name}s"))
        await self._write(1 - victim, f"{name}a", retry=sorted(self._ledger.unknown))
        self._task.count(faults=1, acknowledged=len(self._ledger.acknowledged) - before)

    async def _kill(self, victim: int, name: str) -> None:
        pause = self._task.random.uniform(0, 0.003)
        last = f"done {name}w0n{self._task.random.randrange(STEPS)}"

        def is_over(line: str) -> bool:
            if line == last:
                time.sleep(pause)  # waits for nothing: the kill may happen at any moment
            return line == last

        lines = await asyncio.to_thread(self._writers[victim].run, self._job(name), is_over)
        self._note(lines, last)
        for follower in self.followers:
            if follower.at == victim:
                await follower.stop()
                follower.follow(1 - victim, _positions_from_table(self._address, follower.position))

    async def _write(self, number: int, name: str, retry: Sequence[str] = ()) -> None:
        job = replace(self._job(name), steps=STEPS, retry=list(retry))
        lines = await asyncio.to_thread(self._writers[number].run, job)
        self._note(lines, f"done {name}w0n{STEPS - 1}")

    def _job(self, name: str) -> WriterJob:
        return WriterJob(
            address=self._address, conversation="", name=name, writers=1,
            subject="postgresql", plant=self._task.plant,
        )  # fmt: skip

    def _note(self, lines: list[str], last: str) -> None:
        require(last in lines, f"a writer ended by itself: {' '.join(lines[-1:])}")
        for line in lines:
            self._ledger.note(line)

    async def check(self) -> None:
        """Check the stored texts and the followers. Raises GuaranteeBroken."""
        self._ledger.check_texts(await control_postgres.stored(self._address))
        async with connection(self._address) as session:
            wanted = await control_postgres.positions(session)
        for follower in self.followers:
            await follower.check(wanted)


async def _positions_from_table(address: str, after: int) -> AsyncIterator[int]:
    """Yield the positions of texts; its connection is dropped when the iteration ends."""
    async with connection(address) as session:
        try:
            while True:
                for position in await control_postgres.positions(session, after):
                    yield position
                    after = position
                await asyncio.sleep(0.01)
        finally:
            session.terminate()
