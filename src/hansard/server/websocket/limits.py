"""What a socket may use, and how it ends when it uses more."""

from __future__ import annotations

import msgspec

MAX_FRAME = 4 * 1024 * 1024
"""Bytes of a request. A larger one is refused, and one of more than twice that ends the connection."""
RATE, BURST = 50, 100
"""Requests a second, and at once after a pause."""
MAX_REFUSED = 200
"""Refusals, of requests that came too fast without a pause, until the connection is ended."""
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
    FLOOD: f"After {MAX_REFUSED} requests that came too fast without a pause.",
}
