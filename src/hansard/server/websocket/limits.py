"""The limits of a WebSocket, and the close codes."""

from __future__ import annotations

import msgspec

MAX_FRAME = 4 * 1024 * 1024
"""Bytes of a request. Larger ones are rejected; more than twice as many close the connection."""
RATE, BURST = 50, 100
"""Requests per second, and in a burst after a pause."""
MAX_REFUSED = 200
"""Requests over the rate, without a pause, after which the connection is closed."""
MAX_RUNS = 50
"""Runs that a socket may follow at once."""
SEND_TIMEOUT = 10.0
"""Seconds for a client to receive a frame."""
POLL_INTERVAL = 0.5
"""Seconds between checks of the credential and of `SEND_TIMEOUT`."""
HEARTBEAT = 20.0
"""Seconds between pings, and for their pongs."""
CLOSE_TIMEOUT = 2.0
"""Seconds for a client to confirm a close before the connection is aborted."""


class Close(msgspec.Struct, frozen=True):
    """The code and the reason with which the server closes a connection."""

    code: int
    text: str


STOPPING = Close(1001, "the server stops")
SIGNED_OUT = Close(4401, "no longer signed in")
SLOW = Close(4408, "too slow")
FLOOD = Close(4429, "too many requests")
FAILED = Close(1011, "something went wrong")
CLOSES = {
    STOPPING: "The server shuts down. Reconnect after a moment.",
    FAILED: "The server failed.",
    SIGNED_OUT: "The token or the session is no longer valid.",
    SLOW: f"The client did not receive a frame within {SEND_TIMEOUT:.0f} seconds.",
    FLOOD: f"The client sent {MAX_REFUSED} requests over the rate limit without a pause.",
}
