"""The subscriptions of a socket: a position in the feed, topics, and runs.

While they are changed nothing is sent; sending resumes from the same position after the client has its reply.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from functools import partial
from typing import Any

from hansard.api.operations import Services
from hansard.errors import InvalidInput
from hansard.model.feed import TRIMMED, FeedEntry
from hansard.server.websocket import frames
from hansard.server.websocket.commands import Subscribed
from hansard.server.websocket.limits import MAX_RUNS
from hansard.server.websocket.topics import MAX_TOPICS, check_topics, matches

Make = Callable[[], Awaitable[tuple[bytes, ...]]]
"""Makes frames when they can be sent."""
Send = Callable[..., Awaitable[None]]
"""Sends several frames together, or those of a `Make`."""
Work = Callable[[], Coroutine[Any, Any, None]]
Spawn = Callable[[Work], asyncio.Task[None]]


class Listener:
    def __init__(self, services: Services, send: Send, spawn: Spawn) -> None:
        self.position: int | None = None
        """All matching changes up to here were sent; None without a subscription."""
        self._services = services
        self._send = send
        self._spawn = spawn
        self._topics: set[str] = set()
        self._resync = False
        self._changes: asyncio.Task[None] | None = None
        self._runs: dict[str, int] = {}
        """The number of the last event that was sent, by run."""
        self._running: dict[str, asyncio.Task[None]] = {}

    async def subscribe(
        self, topics: list[str], after: int | None, runs: dict[str, int]
    ) -> Subscribed:
        """Add topics and runs; `runs` has the last seen event by run id.

        Raises InvalidInput if there are too many or a topic does not exist, NotFound if a run does not exist.
        """
        all_topics = self._topics | check_topics(topics)
        if len(all_topics) > MAX_TOPICS or len({*self._runs, *runs}) > MAX_RUNS:
            raise InvalidInput(
                f"A connection may have at most {MAX_TOPICS} topics and {MAX_RUNS} runs."
            )
        added = {(await self._services.runs.get(name)).id: last for name, last in runs.items()}
        start = None
        if after is not None or self.position is None:
            start = await self._services.feed.begin(after)
        self.stop()
        if start is not None:
            self.position, self._resync = start.position, start.resync
        self._topics = all_topics
        self._runs |= added
        return self._subscribed()

    def unsubscribe(self, topics: list[str], runs: list[str]) -> Subscribed:
        """Remove topics and runs. Raises InvalidInput if a topic does not exist."""
        removed = check_topics(topics)
        self.stop()
        self._topics -= removed
        for name in runs:
            self._runs.pop(name.lower(), None)
        return self._subscribed()

    def go(self) -> None:
        """Start or resume sending."""
        if self.position is not None and self._changes is None:
            self._changes = self._spawn(partial(self._send_changes, self.position))
        for run_id in self._runs.keys() - self._running.keys():
            self._running[run_id] = self._spawn(partial(self._send_run, run_id))

    def stop(self) -> None:
        """Stop sending, so that the subscriptions can be changed."""
        for task in (self._changes, *self._running.values()):
            if task is not None:
                task.cancel()
        self._changes = None
        self._running.clear()

    def _subscribed(self) -> Subscribed:
        topics, runs = sorted(self._topics), sorted(self._runs)
        return Subscribed(position=self.position, topics=topics, runs=runs)

    async def _send_changes(self, position: int) -> None:
        while True:
            if self._resync:
                await self._send(frames.resync(position))
                self._resync = False
            await self._send_until_trimmed(position)
            position = await self._services.feed.end()
            self.position, self._resync = position, True

    async def _send_until_trimmed(self, position: int) -> None:
        """Send changes; return if the next ones are no longer retained."""
        feed: Any = self._services.feed.changes(position)
        async with aclosing(feed):
            async for entries in feed:
                if any(entry.kind == TRIMMED for entry in entries):
                    return
                wanted = [entry for entry in entries if matches(entry, self._topics)]
                if wanted:
                    await self._send(make=partial(self._make_changes, wanted))
                self.position = entries[-1].position

    async def _make_changes(self, entries: list[FeedEntry]) -> tuple[bytes, ...]:
        """Return the frames of changes, with their records as the user may see them now."""
        return tuple(await self._services.feed.rendered(entries, frames.changed))

    async def _send_run(self, run_id: str) -> None:
        events: Any = self._services.runs.events(run_id, after=self._runs[run_id])
        async with aclosing(events):
            async for event in events:
                await self._send(frames.delta(event))
                self._runs[run_id] = event.number
        del self._runs[run_id]
        self._running.pop(run_id, None)
