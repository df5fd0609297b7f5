"""Follow-ups of an answer: titles and summaries, made by a queue of background workers.

The queue has one entry per conversation, for its last run that ended, and at most MAX_WAITING entries; dropped ones
are made up for after the conversation's next answer. Errors do not affect the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from hansard.errors import HansardError
from hansard.ids import Clock
from hansard.model.runs import Run
from hansard.services.options import ChatOptions
from hansard.services.providers.directory import Directory
from hansard.services.quotas import keep_newest
from hansard.services.runs.summaries import LeftOut, keep_summary
from hansard.services.runs.titles import give_title
from hansard.storage.base import Storage

MAX_WAITING = 1_000
"""Conversations in the queue."""
MAX_WORKERS = 2

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class FollowUps:
    """The queue and its workers."""

    def __init__(
        self,
        storage: Storage,
        directory: Directory,
        clock: Clock,
        options: ChatOptions,
        spawn: Spawn,
    ) -> None:
        self._storage = storage
        self._directory = directory
        self._clock = clock
        self._options = options
        self._spawn = spawn
        self._waiting: dict[str, tuple[Run, LeftOut | None]] = {}
        self._busy: set[str] = set()
        """Conversations being processed."""
        self._workers: set[asyncio.Task[None]] = set()

    def add(self, run: Run, omitted: LeftOut | None) -> None:
        """Enqueue a run that has ended; `omitted` is what was not sent with its prompt."""
        keep_newest(self._waiting, run.conversation_id, (run, omitted), MAX_WAITING)
        if len(self._workers) < MAX_WORKERS:
            worker = self._spawn(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def settle(self) -> None:
        """Wait until the queue is empty."""
        while self._workers:
            await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self) -> None:
        while (key := next((k for k in self._waiting if k not in self._busy), None)) is not None:
            run, omitted = self._waiting.pop(key)
            self._busy.add(key)
            try:
                await self._follow_up(run, omitted)
            finally:
                self._busy.discard(key)

    async def _follow_up(self, run: Run, omitted: LeftOut | None) -> None:
        storage, directory, clock = self._storage, self._directory, self._clock
        try:
            if self._options.auto_title:
                await give_title(storage, directory, run, clock)
            if self._options.summarize and omitted is not None and omitted.first_seq > 0:
                await keep_summary(storage, directory, run, omitted, clock)
        except HansardError:
            return
