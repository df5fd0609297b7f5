"""Quotas per user: requests, bytes, runs, uploads and connections.

Rates are token buckets: requests beyond them are rejected with the seconds to wait. Concurrent work is counted. All
state is per process. A rejected request has had no effect and can be repeated.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from math import ceil
from typing import TypeVar

import msgspec

from hansard.errors import TooManyRequests

K = TypeVar("K")
V = TypeVar("V")

DAY = 24 * 3600
BURST_SECONDS = 5
"""Seconds' worth of requests allowed in a burst."""
RETRY_AFTER = 3.0
"""Seconds suggested to a client that must wait for its own work to end."""
MAX_BUCKETS = 10_000
"""Buckets kept, by user or address; the least recently used is dropped first and starts full again."""


class Quotas(msgspec.Struct, frozen=True, kw_only=True):
    """Limits per user; 0 means no limit."""

    requests: int = 0
    """Per second, over all interfaces; five times as many in a burst."""
    bytes: int = 0
    """Of request bodies and frames, per day."""
    runs: int = 0
    """Concurrent answers."""
    uploads: int = 0
    """Concurrent imports and file uploads."""
    connections: int = 0
    """Concurrent requests, streams and sockets."""


def keep_newest(kept: dict[K, V], key: K, value: V, most: int) -> None:
    """Add an item as the newest one; above `most` items, the oldest is dropped."""
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > most:
        del kept[next(iter(kept))]


class Bucket:
    """A token bucket with capacity `burst` that refills by `rate` tokens per second."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._at = clock()

    def take(self, tokens: float = 1) -> float:
        """Take tokens if there are enough; return 0, or the seconds until there are."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < tokens:
            return (tokens - self._tokens) / self._rate if self._rate else DAY
        self._tokens -= tokens
        return 0

    def give(self, tokens: float = 1) -> None:
        """Return tokens to the bucket."""
        self._tokens = min(self._burst, self._tokens + tokens)

    @property
    def is_rested(self) -> bool:
        """Whether it was at least half full at the last take, so there was a pause."""
        return self._tokens >= self._burst / 2


class Buckets:
    """Token buckets by key."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._make = lambda: Bucket(rate, burst, clock)
        self._buckets: dict[str, Bucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def of(self, key: str) -> Bucket:
        """Return the bucket for a key."""
        bucket = self._buckets.get(key) or self._make()
        keep_newest(self._buckets, key, bucket, MAX_BUCKETS)
        return bucket


class Meters:
    """What users have used of their quotas; the caller chooses the key for a user."""

    def __init__(
        self, quotas: Quotas | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.quotas = quotas or Quotas()
        self._requests = Buckets(self.quotas.requests, self.quotas.requests * BURST_SECONDS, clock)
        self._bytes = Buckets(self.quotas.bytes / DAY, self.quotas.bytes, clock)
        self._uploads = Counter[str]()
        self._connections = Counter[str]()

    def request(self, user: str) -> None:
        """Count a request. Raises TooManyRequests above the rate."""
        if self.quotas.requests and (wait := self._requests.of(user).take()):
            raise _too_many(
                f"The limit is {self.quotas.requests} requests per second and user.", wait
            )

    def receive(self, user: str, size: int) -> None:
        """Count received bytes. Raises TooManyRequests above the daily limit."""
        if self.quotas.bytes and (wait := self._bytes.of(user).take(size)):
            raise _too_many(f"The limit is {self.quotas.bytes} bytes per day and user.", wait)

    def upload(self, user: str) -> AbstractContextManager[None]:
        """A context for an upload. Raises TooManyRequests if too many are in progress."""
        return _count_concurrent(self._uploads, user, self.quotas.uploads, "uploads")

    @contextmanager
    def connection(self, user: str) -> Iterator[None]:
        """A context for a connection, which counts as a request. Raises TooManyRequests above a limit."""
        self.request(user)
        with _count_concurrent(
            self._connections, user, self.quotas.connections, "open connections"
        ):
            yield

    def check_runs(self, running: int) -> None:
        """Raises TooManyRequests if a user with `running` runs may not start another."""
        if self.quotas.runs and running >= self.quotas.runs:
            raise _too_many(
                f"The limit is {self.quotas.runs} concurrent answers per user.", RETRY_AFTER
            )


@contextmanager
def _count_concurrent(counts: Counter[str], user: str, limit: int, what: str) -> Iterator[None]:
    if limit and counts[user] >= limit:
        raise _too_many(f"The limit is {limit} concurrent {what} per user.", RETRY_AFTER)
    counts[user] += 1
    try:
        yield
    finally:
        counts[user] -= 1
        if not counts[user]:
            del counts[user]


def _too_many(message: str, seconds: float) -> TooManyRequests:
    return TooManyRequests(f"{message} Try again later.", retry_after=max(1, ceil(seconds)))
