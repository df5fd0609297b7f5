from __future__ import annotations

from datetime import datetime

from hansard.model.base import Digest, Entry, Id


class Session(Entry, frozen=True, kw_only=True):
    """That a browser is signed in as a user. Of what it comes with, the hashes alone are kept."""

    id: Id
    user_id: str
    secret_hash: Digest
    """Of what the browser sends by itself, in a cookie."""
    key_hash: Digest
    """Of what the page keeps, and sends on purpose."""
    browser: str
    """What it is, in a few words."""
    seen_at: datetime
    """When it was there last, give or take some minutes."""
    ended_at: datetime | None = None


class SpentCode(Entry, frozen=True, kw_only=True):
    """That a sign-in code was used, when it was made: it is good once, at one server."""

    id: Digest
    """The code's SHA-256."""
