"""The schema: one `Table` for each record type.

A new record type is a class and one entry in `TABLES`, and the migration that ``hansard db revision`` writes. The
entry says whose the records are, what they belong to, whether they are exported and which events there are; the
back ends, the contract suite, purges, exports and imports follow from it (see `schema`).

Every key, index and reference starts with the tenant; this is implied and not written here.
"""

from __future__ import annotations

from typing import Any

from hansard.model.activity import MessageCounters
from hansard.model.artifacts import (
    Artifact,
    ArtifactCounters,
    ArtifactText,
    Content,
    ExtractionCursor,
    ExtractionMarker,
    Revision,
)
from hansard.model.blobs import Blob, BlobChunk, BlobUse
from hansard.model.branches import Branch
from hansard.model.collections import Collection, CollectionItem
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.events import Appended
from hansard.model.feed import FeedEntry
from hansard.model.messages import Message, Rating, Summary
from hansard.model.projects import Project
from hansard.model.reindexes import Reindex
from hansard.model.runs import Run, RunEvent
from hansard.model.sessions import Session, SpentCode
from hansard.model.settings import Setting
from hansard.model.shares import LinkKey, Share
from hansard.model.users import Tenant, User
from hansard.search.tokenizer import fold
from hansard.storage.schema import Derived, Reference, Schema, Searchable, Table

TABLES: tuple[Table[Any], ...] = (
    Table(
        Tenant,
        "tenants",
        owner="tenant",
        exported=None,
        events=("tenant.updated",),
        topic="users",
        key=(),
    ),
    Table(
        User,
        "users",
        owner="id",
        exported="user",
        events=("user.updated",),
        references=(Reference((), Tenant, (), belongs=True),),
    ),
    Table(
        Setting,
        "settings",
        owner="user_id",
        exported="setting",
        events=("setting.updated", "setting.deleted"),
        key=("user_id", "name"),
        references=(Reference(("user_id",), User, belongs=True),),
    ),
    Table(
        Project,
        "projects",
        owner="owner_id",
        exported="project",
        events=("project.created", "project.updated", "project.deleted", "project.restored"),
        indexes=(("owner_id", "parent_id"),),
        references=(
            Reference(("owner_id",), User, belongs=True),
            Reference(("parent_id",), Project),
        ),
    ),
    Table(
        Conversation,
        "conversations",
        owner="owner_id",
        exported="conversation",
        events=(
            "conversation.created",
            "conversation.updated",
            "conversation.deleted",
            "conversation.restored",
            "conversation.purged",
        ),
        indexes=(
            ("owner_id", "active_at", "id"),
            ("project_id", "active_at", "id"),
            ("expires_at",),
        ),
        references=(
            Reference(("owner_id",), User, belongs=True),
            Reference(("project_id",), Project),
        ),
        derived=(Derived("title_key", "title", fold),),
        unversioned=frozenset({"active_at", "message_count", "preview"}),
    ),
    Table(
        Branch,
        "branches",
        owner="parent",
        exported="branch",
        events=(
            "branch.created",
            "branch.switched",
            "branch.updated",
            "branch.deleted",
            "branch.restored",
            "branch.purged",
        ),
        unique=(("conversation_id", "id"),),
        indexes=(("parent_branch", "fork_seq"),),
        references=(Reference(("conversation_id",), Conversation, belongs=True),),
        unversioned=frozenset({"head_seq", "head_id", "head_digest"}),
    ),
    Table(
        Message,
        "messages",
        owner="owner_id",
        exported="message",
        events=("message.created", "message.deleted"),
        carried={"message.created": Appended, "message.deleted": None},
        unique=(("branch", "seq"),),
        references=(
            Reference(
                ("conversation_id", "branch"), Branch, ("conversation_id", "id"), belongs=True
            ),
        ),
        search=Searchable(lambda message: message.text),
        packed=("parts",),
    ),
    Table(
        BranchSelection,
        "views",
        owner="parent",
        exported="view",
        events=(),
        key=("conversation_id", "user_id"),
        references=(
            Reference(
                ("conversation_id", "branch"), Branch, ("conversation_id", "id"), belongs=True
            ),
        ),
    ),
    Table(
        Rating,
        "ratings",
        owner="parent",
        exported="rating",
        events=("message.rated",),
        topic="messages",
        key=("message_id", "user_id"),
        indexes=(("conversation_id",),),
        references=(Reference(("message_id",), Message, belongs=True),),
    ),
    Table(
        Summary,
        "summaries",
        owner="parent",
        exported="summary",
        events=(),
        indexes=(("branch", "seq"),),
        references=(
            Reference(
                ("conversation_id", "branch"), Branch, ("conversation_id", "id"), belongs=True
            ),
        ),
    ),
    Table(Blob, "blobs", owner="tenant", exported="blob", events=()),
    Table(
        BlobChunk,
        "blob_chunks",
        owner="parent",
        exported="blob_chunk",
        events=(),
        key=("blob_id", "number"),
        references=(Reference(("blob_id",), Blob, belongs=True),),
    ),
    Table(
        BlobUse,
        "blob_uses",
        owner="owner_id",
        exported=None,
        events=(),
        key=("blob_id", "owner_id", "holder"),
        indexes=(("holder",),),
        references=(Reference(("blob_id",), Blob),),
    ),
    Table(
        Run,
        "runs",
        owner="owner_id",
        exported="run",
        events=("run.started", "run.completed", "run.failed", "run.cancelled", "run.interrupted"),
        indexes=(("conversation_id", "id"), ("status", "lease_until"), ("request_id",)),
        references=(
            Reference(
                ("conversation_id", "branch"), Branch, ("conversation_id", "id"), belongs=True
            ),
        ),
        unversioned=frozenset({"lease_until"}),
    ),
    Table(
        RunEvent,
        "run_events",
        owner="parent",
        exported=None,
        events=(),
        key=("run_id", "number"),
        indexes=(("created_at",),),
        packed=("text", "data"),
        references=(Reference(("run_id",), Run, belongs=True),),
    ),
    Table(
        MessageCounters,
        "activity",
        owner="owner_id",
        exported=None,
        events=(),
        key=("owner_id", "project_id", "day", "hour", "role", "model", "slot"),
        sums=(
            "conversations",
            "messages",
            "words",
            "characters",
            "tokens_in",
            "tokens_out",
            "engaged_seconds",
        ),
    ),
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
    Table(
        Session,
        "sessions",
        owner="user_id",
        exported=None,
        events=(),
        indexes=(("user_id", "seen_at", "id"),),
        references=(Reference(("user_id",), User, belongs=True),),
    ),
    Table(SpentCode, "spent_codes", owner="tenant", exported=None, events=()),
    Table(Reindex, "reindexes", owner="tenant", exported=None, events=(), key=("name",)),
    Table(
        FeedEntry,
        "feed",
        owner="user_id",
        exported=None,
        events=(),
        key=("user_id", "position"),
        numbered=True,
    ),
)

SCHEMA = Schema(TABLES)
