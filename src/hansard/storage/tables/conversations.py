"""Conversations with their branches, messages, files and runs."""

from __future__ import annotations

from typing import Any

from hansard.model.activity import MessageCounters
from hansard.model.blobs import Blob, BlobChunk, BlobUse
from hansard.model.branches import Branch
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.events import Appended
from hansard.model.messages import Message, Rating, Summary
from hansard.model.projects import Project, ProjectMove
from hansard.model.runs import Run, RunEvent
from hansard.model.users import User
from hansard.search.tokenizer import fold
from hansard.storage.schema import Derived, Reference, Searchable, Table

TABLES: tuple[Table[Any], ...] = (
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
            ("agent_id",),
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
        ProjectMove,
        "project_moves",
        owner="parent",
        exported=None,
        events=(),
        key=("project_id", "conversation_id"),
        indexes=(("conversation_id",),),
        references=(
            Reference(("project_id",), Project, belongs=True),
            Reference(("conversation_id",), Conversation, belongs=True),
        ),
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
)
