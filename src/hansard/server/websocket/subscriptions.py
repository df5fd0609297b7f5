"""Listening: one place in the feed, and some runs, told to one socket.

While a subscription is changed nothing is told; it goes on, from where it was, when the client has its reply.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from functools import partial
from typing import Any

from hansard.database import Services
from hansard.errors import InvalidInput
from hansard.model.feed import TRIMMED
from hansard.server.websocket import frames
from hansard.server.websocket.commands import Subscribed
from hansard.server.websocket.limits import MAX_RUNS
from hansard.server.websocket.topics import MAX_TOPICS, check_topics, concerns

Send = Callable[..., Awaitable[None]]
"""Takes the frames that are to be sent together."""
Work = Callable[[], Coroutine[Any, Any, None]]
Spawn = Callable[[Work], asyncio.Task[None]]


class Listener:
    def __init__(self, services: Services, send: Send, spawn: Spawn) -> None:
        self.position: int | None = None
        """All up to here was told; None: nothing is listened to yet."""
        self._services = services
        self._send = send
        self._spawn = spawn
        self._topics: set[str] = set()
        self._resync = False
        self._changes: asyncio.Task[None] | None = None
        self._runs: dict[str, int] = {}
        """The runs, and the last event of each that was told."""
        self._running: dict[str, asyncio.Task[None]] = {}

    async def subscribe(
        self, topics: list[str], after: int | None, runs: dict[str, int]
    ) -> Subscribed:
        wanted = self._topics | check_topics(topics)
        if len(wanted) > MAX_TOPICS or len({*self._runs, *runs}) > MAX_RUNS:
            raise InvalidInput(f"A socket has at most {MAX_TOPICS} topics and {MAX_RUNS} runs.")
        found = {(await self._services.runs.get(name)).id: last for name, last in runs.items()}
        beginning = None
        if after is not None or self.position is None:
            beginning = await self._services.feed.begin(after)
        self.stop()
        if beginning is not None:
            self.position, self._resync = beginning.position, beginning.resync
        self._topics = wanted
        self._runs |= found
        return self._subscribed()

    def unsubscribe(self, topics: list[str], runs: list[str]) -> Subscribed:
        unwanted = check_topics(topics)
        self.stop()
        self._topics -= unwanted
        for name in runs:
            self._runs.pop(name.lower(), None)
        return self._subscribed()

    def go(self) -> None:
        """Tell what is to be told, from where it was left."""
        if self.position is not None and self._changes is None:
            self._changes = self._spawn(partial(self._tell_changes, self.position))
        for run_id in self._runs.keys() - self._running.keys():
            self._running[run_id] = self._spawn(partial(self._tell_run, run_id))

    def stop(self) -> None:
        for task in (self._changes, *self._running.values()):
            if task is not None:
                task.cancel()
        self._changes = None
        self._running.clear()

    def _subscribed(self) -> Subscribed:
        topics, runs = sorted(self._topics), sorted(self._runs)
        return Subscribed(position=self.position, topics=topics, runs=runs)

    async def _tell_changes(self, position: int) -> None:
        while True:
            if self._resync:
                await self._send(frames.resync(position))
                self._resync = False
            await self._tell_until_trimmed(position)
            position = await self._services.feed.end()
            self.position, self._resync = position, True

    async def _tell_until_trimmed(self, position: int) -> None:
        """Tell what changes; returns if what comes next is no longer kept."""
        changes: Any = self._services.feed.changes(position)
        async with aclosing(changes):
            async for entries in changes:
                if any(entry.kind == TRIMMED for entry in entries):
                    return
                told = [frames.changed(entry) for entry in entries if concerns(entry, self._topics)]
                if told:
                    await self._send(*told)
                self.position = entries[-1].position

    async def _tell_run(self, run_id: str) -> None:
        events: Any = self._services.runs.events(run_id, after=self._runs[run_id])
        async with aclosing(events):
            async for event in events:
                await self._send(frames.delta(event))
                self._runs[run_id] = event.number
        del self._runs[run_id]
        self._running.pop(run_id, None)
