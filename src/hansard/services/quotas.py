"""How much of the server one user may use: the one policy for requests, bytes, runs, uploads and connections.

A rate is a bucket: it is filled as time goes by, and what is over is refused with the seconds until there is room. What
goes on at once is counted. All of it is of this process, and what is refused has done nothing: it may be tried again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil

import msgspec

from hansard.errors import TooManyRequests

DAY = 24 * 3600
AT_ONCE = 5
"""Seconds' worth of requests that may come at once after a pause."""
SOON = 3.0
"""Seconds after which what goes on may have ended."""
REMEMBERED = 10_000
"""Users, or addresses; the one that was quiet the longest is forgotten first, and has all that it may have again."""


class Quotas(msgspec.Struct, frozen=True, kw_only=True):
    """What one user may use; 0 is no bound."""

    requests: int = 0
    """A second, on all doors; five times as many at once."""
    bytes: int = 0
    """Of bodies and frames, a day."""
    runs: int = 0
    """Answers that are made at once."""
    uploads: int = 0
    """Imports and files that are taken in at once."""
    connections: int = 0
    """Requests, streams and sockets that are open at once."""


class Bucket:
    """Holds `burst` tokens, and is filled with `rate` of them a second."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._at = clock()

    def take(self, tokens: float = 1) -> float:
        """Take tokens if there are so many; returns 0, or the seconds until there are."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < tokens:
            return (tokens - self._tokens) / self._rate if self._rate else DAY
        self._tokens -= tokens
        return 0

    def give(self, tokens: float = 1) -> None:
        """Give back what was taken."""
        self._tokens = min(self._burst, self._tokens + tokens)

    @property
    def is_rested(self) -> bool:
        """Whether it was at least half full when somebody last took from it: there was a pause."""
        return self._tokens >= self._burst / 2


class Buckets:
    """A bucket for each of many, by a key."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._make = lambda: Bucket(rate, burst, clock)
        self._buckets: dict[str, Bucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def of(self, key: str) -> Bucket:
        bucket = self._buckets.pop(key, None) or self._make()
        self._buckets[key] = bucket
        if len(self._buckets) > REMEMBERED:
            del self._buckets[next(iter(self._buckets))]
        return bucket


class Meters:
    """What users have used of their quotas; a user is known by a key of the caller's."""

    def __init__(
        self, quotas: Quotas | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.quotas = quotas or Quotas()
        self._requests = Buckets(self.quotas.requests, self.quotas.requests * AT_ONCE, clock)
        self._bytes = Buckets(self.quotas.bytes / DAY, self.quotas.bytes, clock)
        self._uploads = Counter[str]()
        self._connections = Counter[str]()

    def request(self, user: str) -> None:
        """Count a request; raises TooManyRequests."""
        if self.quotas.requests and (wait := self._requests.of(user).take()):
            raise _refused(f"A user has {self.quotas.requests} requests a second.", wait)

    def receive(self, user: str, size: int) -> None:
        """Count bytes that came in; raises TooManyRequests."""
        if self.quotas.bytes and (wait := self._bytes.of(user).take(size)):
            raise _refused(f"A user may send {self.quotas.bytes} bytes a day.", wait)

    @contextmanager
    def upload(self, user: str) -> Iterator[None]:
        """Around the taking in of a file; raises TooManyRequests."""
        with _at_once(self._uploads, user, self.quotas.uploads, "uploads"):
            yield

    @contextmanager
    def connection(self, user: str) -> Iterator[None]:
        """Around all that a request does, which counts as one; raises TooManyRequests."""
        self.request(user)
        with _at_once(self._connections, user, self.quotas.connections, "open connections"):
            yield

    def check_runs(self, running: int) -> None:
        """Raises TooManyRequests if no run may be added to those that a user has."""
        if self.quotas.runs and running >= self.quotas.runs:
            raise _refused(f"A user has {self.quotas.runs} answers being made at once.", SOON)


@contextmanager
def _at_once(counts: Counter[str], user: str, most: int, what: str) -> Iterator[None]:
    if most and counts[user] >= most:
        raise _refused(f"A user has {most} {what} at once.", SOON)
    counts[user] += 1
    try:
        yield
    finally:
        counts[user] -= 1
        if not counts[user]:
            del counts[user]


def _refused(what: str, wait: float) -> TooManyRequests:
    return TooManyRequests(f"{what} Try again later.", retry_after=max(1, ceil(wait)))
