"""Conversations."""

from __future__ import annotations

from datetime import datetime

from hansard.model.base import Entry, Id, JsonObject, Names
from hansard.model.lifecycle import Trashable


class Conversation(Trashable, frozen=True, kw_only=True):
    """A conversation: a tree of messages with branches.

    `active_at`, `message_count` and `preview` are updated with every append, without raising the record's
    `version`.
    """

    owner_id: str
    project_id: Id | None = None
    title: str = ""
    system: str = ""
    """System instructions, added after those of the tenant and the projects."""
    model: str | None = None
    """The model that answers, `provider/model`; None inherits it."""
    agent_id: Id | None = None
    """The agent with which it is held; None: a model alone."""
    tags: Names = ()
    metadata: JsonObject = {}
    traits: JsonObject = {}
    """A JSON object about whom it is held with, for clients."""
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
    """When a temporary conversation is purged; lists and searches leave it out. None: it is not temporary."""


class BranchSelection(Entry, frozen=True, kw_only=True):
    """The branch that a user selected last in a conversation."""

    conversation_id: Id
    user_id: str
    branch: Id
