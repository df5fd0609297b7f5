"""Sign-in sessions of browsers."""

from __future__ import annotations

from datetime import datetime

from hansard.model.base import Digest, Entry, Id


class Session(Entry, frozen=True, kw_only=True):
    """A browser that is signed in as a user. Only hashes of its secrets are stored."""

    id: Id
    user_id: str
    secret_hash: Digest
    """The hash of the session cookie."""
    key_hash: Digest
    """The hash of the key that the page stores and sends in a header."""
    browser: str
    """A short description of the browser."""
    seen_at: datetime
    """When the session was last used, within a few minutes."""
    ended_at: datetime | None = None


class SpentCode(Entry, frozen=True, kw_only=True):
    """A sign-in code that was used: codes are valid once, on one server."""

    id: Digest
    """The code's SHA-256."""
