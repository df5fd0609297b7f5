"""What a socket may use, and how it ends when it uses more."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

MAX_FRAME = 4 * 1024 * 1024
"""Bytes of a request. A larger one is refused, and one of more than twice that ends the connection."""
RATE, BURST = 50, 100
"""Requests a second, and at once after a pause."""
MAX_REFUSED = 200
"""Refusals in a row, of requests that came too fast, until the connection is ended."""
MAX_RUNS = 50
"""Runs that a socket follows at once."""
PATIENCE = 10.0
"""Seconds for a client to take what is sent to it."""
LOOK = 0.5
"""Seconds between two looks at whether a client may still be there, and takes what is sent."""
HEARTBEAT = 20.0
"""Seconds between pings, and for their answers."""
FAREWELL = 2.0
"""Seconds for a client to take its leave, until it is cut off."""


class Close(msgspec.Struct, frozen=True):
    """How a connection is ended by the server."""

    code: int
    text: str


STOPPING = Close(1001, "the server stops")
SIGNED_OUT = Close(4401, "not signed in any more")
SLOW = Close(4408, "too slow")
FLOOD = Close(4429, "too many requests")
FAILED = Close(1011, "something went wrong")
CLOSES = {
    STOPPING: "The server stops. Connect again in a moment.",
    FAILED: "The server failed.",
    SIGNED_OUT: "The token or the session is no longer good.",
    SLOW: f"Nothing that was sent was taken for {PATIENCE:.0f} seconds.",
    FLOOD: f"After {MAX_REFUSED} requests in a row that came too fast.",
}


class Bucket:
    """Holds `burst` tokens, and is filled with `rate` of them a second."""

    def __init__(
        self, rate: float = RATE, burst: float = BURST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._at = clock()

    def take(self) -> bool:
        """Take a token if there is one."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
