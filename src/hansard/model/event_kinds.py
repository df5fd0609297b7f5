"""Written by scripts/event_kinds.py from the tables: do not edit."""

from __future__ import annotations

from typing import Literal

from hansard.model.agents import Agent
from hansard.model.api_keys import ApiKey
from hansard.model.artifacts import Artifact
from hansard.model.branches import Branch
from hansard.model.collections import Collection
from hansard.model.conversations import Conversation
from hansard.model.events import Appended
from hansard.model.messages import Rating
from hansard.model.projects import Project
from hansard.model.prompts import Prompt
from hansard.model.providers import ProviderConfig
from hansard.model.rules import Rule
from hansard.model.runs import Run
from hansard.model.settings import Setting
from hansard.model.tags import Tag
from hansard.model.users import Tenant, User

EventKind = Literal[
    "agent.created",
    "agent.updated",
    "agent.deleted",
    "agent.restored",
    "agent.purged",
    "api_key.created",
    "api_key.updated",
    "api_key.deleted",
    "api_key.restored",
    "api_key.purged",
    "artifact.created",
    "artifact.updated",
    "artifact.deleted",
    "artifact.restored",
    "artifact.purged",
    "artifact.shared",
    "artifact.unshared",
    "branch.created",
    "branch.switched",
    "branch.updated",
    "branch.deleted",
    "branch.restored",
    "branch.purged",
    "collection.created",
    "collection.updated",
    "collection.deleted",
    "collection.restored",
    "conversation.created",
    "conversation.updated",
    "conversation.deleted",
    "conversation.restored",
    "conversation.purged",
    "message.created",
    "message.deleted",
    "message.rated",
    "project.created",
    "project.updated",
    "project.deleted",
    "project.restored",
    "project.purged",
    "prompt.created",
    "prompt.updated",
    "prompt.deleted",
    "prompt.restored",
    "prompt.purged",
    "provider.created",
    "provider.updated",
    "provider.deleted",
    "provider.restored",
    "provider.purged",
    "rule.created",
    "rule.updated",
    "rule.deleted",
    "rule.restored",
    "rule.purged",
    "run.started",
    "run.completed",
    "run.failed",
    "run.cancelled",
    "run.interrupted",
    "setting.updated",
    "setting.deleted",
    "tag.created",
    "tag.updated",
    "tag.deleted",
    "tag.restored",
    "tag.purged",
    "tenant.updated",
    "user.updated",
]
"""What happened: the noun and the verb of a change."""

EventRecord = (
    Agent
    | ApiKey
    | Appended
    | Artifact
    | Branch
    | Collection
    | Conversation
    | Project
    | Prompt
    | ProviderConfig
    | Rating
    | Rule
    | Run
    | Setting
    | Tag
    | Tenant
    | User
)
"""The record that a live event carries."""
