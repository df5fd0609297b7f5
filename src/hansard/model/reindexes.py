"""The progress of background work that follows a migration."""

from __future__ import annotations

from hansard.model.base import Entry, Id


class Reindex(Entry, frozen=True, kw_only=True):
    """A rebuild of derived data of a tenant while the database is in use; deleted when it is complete.

    Migrations create it: when the tokenizer changes, and when messages have no digests yet.
    """

    name: str
    """The table whose search index is rebuilt; or `digests`, when the digests of messages are computed."""
    after: Id | None = None
    """The last row or conversation that is done, in the order of ids."""
    until: int = 0
    """On SQLite, the last row (by `k`) that may still be indexed with the old tokenizer."""
