"""Worker threads for a SQLite file: one writes, several read.

**Group commit.** The writing thread takes all units that were queued since its last commit as one batch: one
transaction, in which a failing unit is rolled back alone, and one flush to the disk; then all of them are answered.
There is no delay to fill a batch: a unit that finds the queue empty is committed alone.

**Rest.** When nothing has been asked of a thread for a moment, it does some of what was left for later, and goes on
until something is asked.

Callers wait on event loops; the results for one loop are delivered in one call.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from hansard.errors import Overloaded, StorageError

MAX_BATCH = 256
MAX_WAITING = 20_000
PAUSE = 0.02
"""Seconds without work after which a thread rests."""
LAST = 1_000
"""How many times a thread does some of what was left for later before it ends: some seconds; the rest stays."""


@dataclass(slots=True, eq=False)
class Job:
    """A unit of work, and the future on which its caller waits."""

    tenant: str
    work: Any
    """A coroutine function that takes the unit's transaction, or an `Append`."""
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Handler(Protocol):
    """What a thread does."""

    def run(self, jobs: list[Job]) -> None:
        """Set the `result` or `error` of each job."""
        ...

    def rest(self, *, idle: bool) -> bool:
        """Do some of what was left for later: what cannot wait, or anything if `idle`; return whether there is more."""
        ...


class Executor:
    """A queue and its threads, each with a handler that `make` creates."""

    def __init__(
        self,
        name: str,
        make: Callable[[], Handler],
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

    async def do(self, tenant: str, work: Any) -> Any:
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

    def _serve(self, handler: Handler) -> None:
        has_more, is_open = handler.rest(idle=False), True
        while is_open:
            job = self._next(handler, has_more=has_more)
            jobs: list[Job] = []
            while job is not None:
                jobs.append(job)
                if len(jobs) == self._batch or self._queue.empty():
                    break
                job = self._queue.get()
            is_open = job is not None
            if jobs:
                _handle(handler, jobs)
            has_more = handler.rest(idle=False)
        for _ in range(LAST):
            if not handler.rest(idle=True):
                break

    def _next(self, handler: Handler, *, has_more: bool) -> Job | None:
        """Return the next job, None if there will be no more; rest while there is none."""
        if has_more:
            with suppress(queue.Empty):
                return self._queue.get(timeout=PAUSE)
            while self._queue.empty() and handler.rest(idle=True):
                pass
        return self._queue.get()


def _handle(handler: Handler, jobs: list[Job]) -> None:
    try:
        handler.run(jobs)
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
