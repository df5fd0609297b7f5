"""Bells: how those who follow a feed learn that it is time to look again.

A storage rings a user's bells after each commit that reported something to that user's feed. A ring carries
nothing: the feed is the truth, and whoever hears one reads it. So a ring too many costs a read, and one that is
lost, as may happen between processes, costs time: those who follow look once in a while by themselves too.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import blake2b


class Subscription:
    """What one follower waits at, on the loop on which it was hung."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Until it was rung since the last wait ended, but no longer than that; gives whether it was."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        rung = self._rung.is_set()
        self._rung.clear()
        return rung

    def notify(self) -> None:
        """From any thread."""
        with suppress(RuntimeError):  # a loop that is closed has nobody who waits
            self._loop.call_soon_threadsafe(self._rung.set)


class Notifier:
    """The bells of a storage, each under the key of a user."""

    def __init__(self) -> None:
        self._hung: dict[str, set[Subscription]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def subscribe(self, tenant: str, user_id: str) -> Iterator[Subscription]:
        """A bell that rings for a user's feed, for as long as it is needed."""
        key, subscription = user_channel(tenant, user_id), Subscription()
        with self._lock:
            self._hung.setdefault(key, set()).add(subscription)
        try:
            yield subscription
        finally:
            with self._lock:
                self._hung[key].discard(subscription)
                if not self._hung[key]:
                    del self._hung[key]

    def notify(self, keys: Iterable[str]) -> None:
        """Ring for those whose feeds were reported to."""
        if self._hung:
            with self._lock:
                rung = [subscription for key in keys for subscription in self._hung.get(key, ())]
            for subscription in rung:
                subscription.notify()

    def notify_all(self) -> None:
        """Ring for everybody: nobody knows what was missed."""
        with self._lock:
            keys = list(self._hung)
        self.notify(keys)


@lru_cache(10_000)
def user_channel(tenant: str, user_id: str) -> str:
    """What a user's bells hang under: short, and telling nobody who it is."""
    return blake2b(f"{tenant}\0{user_id}".encode(), digest_size=8).hexdigest()
