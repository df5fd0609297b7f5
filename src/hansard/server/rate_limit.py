"""How often somebody without a credential may name a link that there is not, with a token that has no checksum.

Links have tokens with a checksum, which cannot be guessed; older links have none. A guess at one of those costs a look
into the database. Whoever asks, by address, has so many wrong ones, and gets them back with time.
Behind a proxy all have one address; so a link that opened here before opens for everybody, and a guesser keeps nobody
from what is being read.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil

from hansard.errors import NotFound, TooManyRequests
from hansard.services.quotas import REMEMBERED, Buckets

ALLOWED = 20
"""Wrong guesses at once."""
REFILL = 3.0
"""Seconds until one more is allowed."""


class LinkRateLimiter:
    """What this process remembers of guesses: the oldest is forgotten first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._wrong = Buckets(1 / REFILL, ALLOWED, clock)
        """By address."""
        self._opened: dict[bytes, None] = {}
        """The hashes of tokens that opened a link."""

    @contextmanager
    def bounded(self, address: str, token: str) -> Iterator[None]:
        """Around the look for a link; raises TooManyRequests before it.

        A link that never opened here counts as a wrong guess until it does, so many guesses at once are no way around.
        """
        key = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        bucket = self._wrong.of(address)
        guessed = key not in self._opened
        if guessed and (wait := bucket.take()):
            raise TooManyRequests(f"Try again in {REFILL:.0f} seconds.", retry_after=ceil(wait))
        try:
            yield
            self._remember(key)
            if guessed:
                bucket.give()
        except NotFound:
            if not guessed:  # it opened before, and so its look was free: this one was not
                bucket.take()
            self._opened.pop(key, None)
            raise
        except BaseException:
            if guessed:
                bucket.give()
            raise

    def _remember(self, key: bytes) -> None:
        self._opened.pop(key, None)
        self._opened[key] = None
        if len(self._opened) > REMEMBERED:
            del self._opened[next(iter(self._opened))]
