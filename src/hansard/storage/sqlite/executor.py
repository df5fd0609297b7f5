"""Worker threads for a SQLite file: one writes, several read.

**Group commit.** The writing thread takes all units that were queued since its last commit as one batch: one
transaction, in which a failing unit is rolled back alone, and one flush to the disk; then all of them are answered.
There is no delay to fill a batch: a unit that finds the queue empty is committed alone.

Callers wait on event loops; the results for one loop are delivered in one call.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hansard.errors import Overloaded, StorageError

MAX_BATCH = 256
MAX_WAITING = 20_000


@dataclass(slots=True, eq=False)
class Job:
    """A unit of work, and the future on which its caller waits."""

    tenant: str
    work: Callable[[Any], Awaitable[Any]]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Executor:
    """A queue and its threads.

    Each thread calls `make` once to create its handler, and the handler with batches of jobs; the handler sets the
    `result` or `error` of each job.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], Callable[[list[Job]], None]],
        *,
        threads: int,
        batch: int,
    ) -> None:
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._batch = batch
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, args=(make(),), name=f"{name}-{i}", daemon=True)
            for i in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def do(self, tenant: str, work: Callable[[Any], Awaitable[Any]]) -> Any:
        """Run a unit of work on a thread and return its result.

        Raises StorageError if the executor is closed, Overloaded if too many units are waiting.
        """
        if self._closed:
            raise StorageError("The database is closed.")
        if self._queue.qsize() > MAX_WAITING:
            raise Overloaded()
        loop = asyncio.get_running_loop()
        job = Job(tenant, work, loop, loop.create_future())
        self._queue.put(job)
        return await job.future

    def close(self) -> None:
        """Finish accepted units, then end the threads."""
        self._closed = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self, handle: Callable[[list[Job]], None]) -> None:
        more = True
        while more:
            job = self._queue.get()
            if job is None:
                return
            jobs = [job]
            while len(jobs) < self._batch and not self._queue.empty():
                job = self._queue.get()
                if job is None:
                    more = False
                    break
                jobs.append(job)
            try:
                handle(jobs)
            except BaseException as error:
                for job in jobs:
                    job.error = job.error or error
            _deliver(jobs)


def _deliver(jobs: list[Job]) -> None:
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[Job]] = defaultdict(list)
    for job in jobs:
        by_loop[job.loop].append(job)
    for loop, done in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, done)


def _resolve(jobs: list[Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
