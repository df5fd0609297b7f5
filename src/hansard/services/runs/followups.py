"""What follows an answer: a title, a summary. It waits in a queue, and reads what it needs when its turn comes.

The queue holds a conversation once, with the last of its runs that ended, and so many conversations: what is dropped
beyond that is done after their next answer. If any of it fails, the answer is none the worse.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from hansard.errors import HansardError
from hansard.ids import Clock
from hansard.model.runs import Run
from hansard.providers.registry import Providers
from hansard.services.options import ChatOptions
from hansard.services.runs.summaries import LeftOut, keep_summary
from hansard.services.runs.titles import give_title
from hansard.storage.base import Storage

MAX_WAITING = 1_000
"""Conversations."""
AT_ONCE = 2

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class FollowUps:
    def __init__(
        self,
        storage: Storage,
        providers: Providers,
        clock: Clock,
        options: ChatOptions,
        spawn: Spawn,
    ) -> None:
        self._storage = storage
        self._providers = providers
        self._clock = clock
        self._options = options
        self._spawn = spawn
        self._waiting: dict[str, tuple[Run, LeftOut | None]] = {}
        self._busy: set[str] = set()
        """Conversations that are worked on."""
        self._workers: set[asyncio.Task[None]] = set()

    def add(self, run: Run, left: LeftOut | None) -> None:
        """Note that a run has ended, and what of its path was not sent."""
        self._waiting.pop(run.conversation_id, None)
        self._waiting[run.conversation_id] = (run, left)
        if len(self._waiting) > MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]
        if len(self._workers) < AT_ONCE:
            worker = self._spawn(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def settle(self) -> None:
        """Wait until nothing waits."""
        while self._workers:
            await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self) -> None:
        while (key := next((k for k in self._waiting if k not in self._busy), None)) is not None:
            run, left = self._waiting.pop(key)
            self._busy.add(key)
            try:
                await self._follow_up(run, left)
            finally:
                self._busy.discard(key)

    async def _follow_up(self, run: Run, left: LeftOut | None) -> None:
        storage, providers, clock = self._storage, self._providers, self._clock
        try:
            if self._options.auto_title:
                await give_title(storage, providers, run, clock)
            if self._options.summarize and left is not None and left.first_seq > 0:
                await keep_summary(storage, providers, run, left, clock)
        except HansardError:
            return
