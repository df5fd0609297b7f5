"""Artifacts, their collections and shares."""

from __future__ import annotations

from typing import Any

from hansard.model.artifacts import (
    Artifact,
    ArtifactCounters,
    ArtifactText,
    Content,
    ExtractionCursor,
    ExtractionMarker,
    Revision,
)
from hansard.model.collections import Collection, CollectionItem
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.projects import Project
from hansard.model.shares import LinkKey, Share
from hansard.model.users import Tenant, User
from hansard.storage.schema import Reference, Searchable, Table

TABLES: tuple[Table[Any], ...] = (
    Table(
        Artifact,
        "artifacts",
        owner="owner_id",
        exported="artifact",
        events=(
            "artifact.created",
            "artifact.updated",
            "artifact.deleted",
            "artifact.restored",
            "artifact.purged",
            "artifact.shared",
            "artifact.unshared",
        ),
        indexes=(
            ("owner_id", "updated_at", "id"),
            ("conversation_id", "updated_at", "id"),
            ("project_id", "updated_at", "id"),
            ("branch",),
        ),
        references=(
            Reference(("owner_id",), User, belongs=True),
            Reference(("conversation_id",), Conversation, belongs=True),
            Reference(("project_id",), Project),
        ),
        unversioned=frozenset({"project_id", "temporary", "branch", "removed"}),
    ),
    Table(Content, "contents", owner="tenant", exported="content", events=()),
    Table(
        Revision,
        "revisions",
        owner="parent",
        exported="revision",
        events=(),
        key=("artifact_id", "number"),
        indexes=(("message_id",), ("digest",)),
        references=(
            Reference(("artifact_id",), Artifact, belongs=True),
            Reference(("digest",), Content),
            Reference(("message_id",), Message),
        ),
    ),
    Table(
        ArtifactText,
        "artifact_texts",
        owner="owner_id",
        exported=None,
        events=(),
        references=(Reference(("id",), Artifact, belongs=True),),
        search=Searchable(lambda words: words.text),
        packed=("text",),
    ),
    Table(
        ExtractionMarker,
        "extractions",
        owner="parent",
        exported="extraction",
        events=(),
        key=("message_id",),
        indexes=(("conversation_id",),),
        references=(Reference(("message_id",), Message, belongs=True),),
    ),
    Table(
        ExtractionCursor,
        "scans",
        owner="user_id",
        exported=None,
        events=(),
        key=("user_id",),
        references=(Reference(("user_id",), User, belongs=True),),
    ),
    Table(
        ArtifactCounters,
        "artifact_uses",
        owner="owner_id",
        exported=None,
        events=(),
        key=("owner_id", "day", "type", "language"),
        sums=("made", "edited", "opened", "copied", "exported"),
    ),
    Table(
        Collection,
        "collections",
        owner="owner_id",
        exported="collection",
        events=(
            "collection.created",
            "collection.updated",
            "collection.deleted",
            "collection.restored",
        ),
        indexes=(("owner_id", "name", "id"), ("project_id",)),
        references=(
            Reference(("owner_id",), User, belongs=True),
            Reference(("project_id",), Project),
        ),
    ),
    Table(
        CollectionItem,
        "collected",
        owner="parent",
        exported="collected",
        events=(),
        key=("collection_id", "artifact_id"),
        indexes=(("artifact_id",),),
        references=(
            Reference(("collection_id",), Collection, belongs=True),
            Reference(("artifact_id",), Artifact, belongs=True),
        ),
    ),
    Table(
        Share,
        "shares",
        owner="owner_id",
        exported=None,
        events=(),
        indexes=(("artifact_id",), ("user_id", "created_at", "id"), ("token_hash",)),
        references=(
            Reference(("artifact_id",), Artifact, belongs=True),
            Reference(("owner_id",), User),
        ),
    ),
    Table(
        LinkKey,
        "link_keys",
        owner="tenant",
        exported=None,
        events=(),
        key=(),
        references=(Reference((), Tenant, (), belongs=True),),
    ),
)
