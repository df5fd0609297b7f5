"""Collections of artifacts."""

from __future__ import annotations

from hansard.model.base import Entry, Id
from hansard.model.lifecycle import Trashable


class Collection(Trashable, frozen=True, kw_only=True):
    """A named set of artifacts; an artifact may be in many."""

    owner_id: str
    project_id: Id | None = None
    name: str
    description: str = ""


class CollectionItem(Entry, frozen=True, kw_only=True):
    """The membership of an artifact in a collection."""

    collection_id: Id
    artifact_id: Id
