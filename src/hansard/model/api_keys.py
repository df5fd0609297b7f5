"""API keys. Their values are secrets (`hansard.model.sealed`), which no record contains."""

from __future__ import annotations

from hansard.model.base import Names
from hansard.model.lifecycle import Trashable


class ApiKey(Trashable, frozen=True, kw_only=True):
    """A key for providers. Its value can be stored and replaced, but not be read."""

    owner_id: str
    name: str
    """No two keys of a user have the same one, except in the trash."""
    fingerprint: str
    """The first 12 digits of the value's SHA-256, by which a value can be recognised."""
    ending: str
    """The last four characters of the value; empty if it is short."""
    unlinked: Names = ()
    """The ids of the providers that used it when it was deleted; restoring links those that have no other."""
