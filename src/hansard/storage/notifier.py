"""Notifications: how subscribers to a feed learn that it has new entries.

A storage notifies a user's subscriptions after each commit that published to that user's feed. A notification carries
no data: subscribers read the feed. So a superfluous one costs a read, and a lost one, as may happen between
processes, costs time: subscribers also poll.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import blake2b


class Subscription:
    """One subscriber, who waits on the event loop on which the subscription was created."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._notified = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Wait for a notification since the last wait, at most `seconds`; return whether there was one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._notified.wait()
        notified = self._notified.is_set()
        self._notified.clear()
        return notified

    def notify(self) -> None:
        """Notify the subscriber; may be called from any thread."""
        with suppress(RuntimeError):  # the loop is closed, so nobody waits
            self._loop.call_soon_threadsafe(self._notified.set)


class Notifier:
    """The subscriptions to a storage's feeds, by user channel."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, set[Subscription]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def subscribe(self, tenant: str, user_id: str) -> Iterator[Subscription]:
        """A context with a subscription to a user's feed."""
        key, subscription = user_channel(tenant, user_id), Subscription()
        with self._lock:
            self._subscriptions.setdefault(key, set()).add(subscription)
        try:
            yield subscription
        finally:
            with self._lock:
                self._subscriptions[key].discard(subscription)
                if not self._subscriptions[key]:
                    del self._subscriptions[key]

    def notify(self, keys: Iterable[str]) -> None:
        """Notify all subscribers of the user channels `keys`."""
        if self._subscriptions:
            with self._lock:
                notified = [s for key in keys for s in self._subscriptions.get(key, ())]
            for subscription in notified:
                subscription.notify()

    def notify_all(self) -> None:
        """Notify all subscribers, after notifications may have been lost."""
        with self._lock:
            keys = list(self._subscriptions)
        self.notify(keys)


@lru_cache(10_000)
def user_channel(tenant: str, user_id: str) -> str:
    """Return the key of a user's subscriptions: a short hash that does not reveal the user."""
    return blake2b(f"{tenant}\0{user_id}".encode(), digest_size=8).hexdigest()
