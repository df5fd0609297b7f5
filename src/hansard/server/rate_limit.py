"""Rate limit for unknown share-link tokens without a checksum, per client address.

Link tokens have a checksum and cannot be guessed; those of older versions have none, so each guess costs a query.
Behind a proxy all clients have the same address; so tokens that were valid before are not limited, and somebody who
guesses does not block links that are in use.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil

from hansard.errors import NotFound, TooManyRequests
from hansard.secrets import hash_of
from hansard.services.quotas import MAX_BUCKETS, Buckets, keep_newest

ALLOWED = 20
"""Wrong guesses in a burst."""
REFILL = 3.0
"""Seconds until another guess is allowed."""


class LinkRateLimiter:
    """Counts wrong guesses in this process; the oldest entries are dropped first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._wrong = Buckets(1 / REFILL, ALLOWED, clock)
        """Token buckets by client address."""
        self._opened: dict[str, None] = {}
        """The hashes of tokens that were valid."""

    @contextmanager
    def bounded(self, address: str, token: str) -> Iterator[None]:
        """A context for looking up a link. Raises TooManyRequests on entry if `address` has guessed too often.

        A token counts as a wrong guess until it proves valid, so concurrent guesses do not get around the limit.
        """
        key = hash_of(token)
        bucket = self._wrong.of(address)
        guessed = key not in self._opened
        if guessed and (wait := bucket.take()):
            raise TooManyRequests(f"Try again in {REFILL:.0f} seconds.", retry_after=ceil(wait))
        try:
            yield
            keep_newest(self._opened, key, None, MAX_BUCKETS)
            if guessed:
                bucket.give()
        except NotFound:
            if not guessed:  # the token was valid before, so this lookup was not counted yet
                bucket.take()
            self._opened.pop(key, None)
            raise
        except BaseException:
            if guessed:
                bucket.give()
            raise
