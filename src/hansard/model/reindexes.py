from __future__ import annotations

from hansard.model.base import Entry, Id


class Reindex(Entry, frozen=True, kw_only=True):
    """That a tenant's rows of a table are being indexed for search anew; it goes when all are.

    A migration makes it when texts have other terms than before.
    """

    name: str
    """The table's."""
    after: Id | None = None
    """The last row that was done; they are taken by id."""
    until: int = 0
    """On SQLite, the last row (by `k`) that may be indexed as it was before."""
