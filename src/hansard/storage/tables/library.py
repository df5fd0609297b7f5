"""What a person sets up around the conversations."""

from __future__ import annotations

from typing import Any

from hansard.model.agents import Agent
from hansard.model.api_keys import ApiKey
from hansard.model.projects import Project
from hansard.model.prompts import Prompt, PromptRevision
from hansard.model.providers import ProviderConfig
from hansard.model.rules import Rule
from hansard.model.sealed import SealedSecret
from hansard.model.tags import Tag, TagRemoval
from hansard.model.users import User
from hansard.storage.schema import Derived, Reference, Table

TABLES: tuple[Table[Any], ...] = (
    Table(
        Tag,
        "tags",
        owner="owner_id",
        exported="tag",
        events=(
            "tag.created",
            "tag.updated",
            "tag.deleted",
            "tag.restored",
            "tag.purged",
        ),
        unique_active=(("owner_id", "name"),),
        references=(Reference(("owner_id",), User, belongs=True),),
    ),
    Table(
        TagRemoval,
        "tag_removals",
        owner="parent",
        exported=None,
        events=(),
        key=("tag_id", "table", "record_id"),
        references=(Reference(("tag_id",), Tag, belongs=True),),
    ),
    Table(
        Rule,
        "rules",
        owner="owner_id",
        exported="rule",
        events=(
            "rule.created",
            "rule.updated",
            "rule.deleted",
            "rule.restored",
            "rule.purged",
        ),
        unique_active=(("owner_id", "name"),),
        references=(Reference(("owner_id",), User, belongs=True),),
    ),
    Table(
        Agent,
        "agents",
        owner="owner_id",
        exported="agent",
        events=(
            "agent.created",
            "agent.updated",
            "agent.deleted",
            "agent.restored",
            "agent.purged",
        ),
        unique_active=(("owner_id", "name"),),
        references=(Reference(("owner_id",), User, belongs=True),),
    ),
    Table(
        Prompt,
        "prompts",
        owner="owner_id",
        exported="prompt",
        events=(
            "prompt.created",
            "prompt.updated",
            "prompt.deleted",
            "prompt.restored",
            "prompt.purged",
        ),
        unique_active=(("owner_id", "holder", "name"),),
        indexes=(("agent_id",), ("public",)),
        references=(
            Reference(("owner_id",), User, belongs=True),
            Reference(("agent_id",), Agent, belongs=True),
        ),
        derived=(Derived("holder", "agent_id", lambda agent_id: agent_id or ""),),
    ),
    Table(
        PromptRevision,
        "prompt_revisions",
        owner="parent",
        exported="prompt_revision",
        events=(),
        key=("prompt_id", "number"),
        references=(Reference(("prompt_id",), Prompt, belongs=True),),
    ),
    Table(
        ApiKey,
        "api_keys",
        owner="owner_id",
        exported="api_key",
        events=(
            "api_key.created",
            "api_key.updated",
            "api_key.deleted",
            "api_key.restored",
            "api_key.purged",
        ),
        unique_active=(("owner_id", "name"),),
        references=(Reference(("owner_id",), User, belongs=True),),
    ),
    Table(
        ProviderConfig,
        "providers",
        owner="owner_id",
        exported="provider",
        events=(
            "provider.created",
            "provider.updated",
            "provider.deleted",
            "provider.restored",
            "provider.purged",
        ),
        unique_active=(("owner_id", "name"),),
        indexes=(("api_key_id",),),
        references=(
            Reference(("owner_id",), User, belongs=True),
            Reference(("api_key_id",), ApiKey),
        ),
    ),
    Table(
        SealedSecret,
        "secrets",
        owner="owner_id",
        exported=None,
        events=(),
        indexes=(("api_key_id",), ("provider_id",), ("root_id",)),
        references=(
            Reference(("api_key_id",), ApiKey, belongs=True),
            Reference(("provider_id",), ProviderConfig, belongs=True),
        ),
    ),
    Table(
        Project,
        "projects",
        owner="owner_id",
        exported="project",
        events=(
            "project.created",
            "project.updated",
            "project.deleted",
            "project.restored",
            "project.purged",
        ),
        indexes=(("owner_id", "parent_id"),),
        references=(
            Reference(("owner_id",), User, belongs=True),
            Reference(("parent_id",), Project),
        ),
    ),
)
