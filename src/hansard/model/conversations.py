from __future__ import annotations

from datetime import datetime

from hansard.model.base import Entry, Id, JsonObject, Names, Record


class Conversation(Record, frozen=True, kw_only=True):
    """The thread a person sees.

    `active_at`, `message_count` and `preview` follow the messages; they change with every append and
    do not count as a change of the record's version.
    """

    owner_id: str
    project_id: Id | None = None
    title: str = ""
    system: str = ""
    """System instructions, after those of the tenant and the projects."""
    model: str | None = None
    """The model that answers, `provider/model`; None inherits."""
    tags: Names = ()
    metadata: JsonObject = {}
    pinned: bool = False
    archived: bool = False
    branch: Id
    """The main branch."""
    active_at: datetime
    message_count: int = 0
    """Messages on all branches that are not in the trash."""
    preview: str = ""
    """The beginning of the newest message."""
    expires_at: datetime | None = None
    """When a temporary conversation is gone for good; it is in no list and no search. None: it stays."""
    deleted_at: datetime | None = None


class BranchSelection(Entry, frozen=True, kw_only=True):
    """Where one user is in a conversation: the branch chosen last."""

    conversation_id: Id
    user_id: str
    branch: Id
