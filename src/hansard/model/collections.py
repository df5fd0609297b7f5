"""Collections of artifacts."""

from __future__ import annotations

from datetime import datetime

from hansard.model.base import Entry, Id, Record


class Collection(Record, frozen=True, kw_only=True):
    """A named set of artifacts; an artifact may be in many."""

    owner_id: str
    project_id: Id | None = None
    name: str
    description: str = ""
    deleted_at: datetime | None = None


class CollectionItem(Entry, frozen=True, kw_only=True):
    """The membership of an artifact in a collection."""

    collection_id: Id
    artifact_id: Id
