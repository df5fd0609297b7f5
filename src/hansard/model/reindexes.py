from __future__ import annotations

from hansard.model.base import Entry, Id


class Reindex(Entry, frozen=True, kw_only=True):
    """That something of a tenant's rows is being made anew while the database is used; it goes when all is done.

    A migration makes it: when texts have other terms than before, and when messages have no digests yet.
    """

    name: str
    """The table that is indexed for search anew; or `digests`, for messages to have one."""
    after: Id | None = None
    """The last row that was done, or conversation; they are taken by id."""
    until: int = 0
    """On SQLite, the last row (by `k`) that may be indexed as it was before."""
