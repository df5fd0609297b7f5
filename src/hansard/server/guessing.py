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
from typing import TypeVar

from hansard.errors import NotFound, TooManyRequests

K = TypeVar("K")
V = TypeVar("V")

ALLOWED = 20
"""Wrong guesses at once."""
REFILL = 3.0
"""Seconds until one more is allowed."""
REMEMBERED = 10_000
"""Addresses, and links that opened."""


class Guesses:
    """What this process remembers of guesses: the oldest is forgotten first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: dict[str, tuple[float, float]] = {}
        """By address: how many wrong guesses count, and since when."""
        self._opened: dict[bytes, None] = {}
        """The hashes of tokens that opened a link."""

    @contextmanager
    def bounded(self, address: str, token: str) -> Iterator[None]:
        """Around the look for a link; raises TooManyRequests before it.

        A link that never opened here counts as a wrong guess until it does, so many guesses at once are no way around.
        """
        key = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        guessed = key not in self._opened
        if guessed and self._counted(address) > ALLOWED - 1:
            raise TooManyRequests(f"Try again in {REFILL:.0f} seconds.")
        self._count(address, guessed)
        wrong = False
        try:
            yield
            _remember(self._opened, key, None)
        except NotFound:
            wrong = True
            self._opened.pop(key, None)
            raise
        finally:
            self._count(address, wrong - guessed)

    def _count(self, address: str, more: int) -> None:
        """Never beyond what is allowed, so nobody waits for more than one to come back."""
        count = min(self._counted(address) + more, ALLOWED)
        self._wrong.pop(address, None)
        if count > 0:
            _remember(self._wrong, address, (count, self._clock()))

    def _counted(self, address: str) -> float:
        count, since = self._wrong.get(address, (0.0, 0.0))
        return max(0.0, count - (self._clock() - since) / REFILL)


def _remember(memory: dict[K, V], key: K, value: V) -> None:
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > REMEMBERED:
        del memory[next(iter(memory))]
