"""Drafts: messages before they are stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from hansard.model.base import Id, JsonObject
from hansard.model.messages import Finish, Role
from hansard.model.parts import Part


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to store: its role and either `content` (text) or `parts`.

    The writer may choose the `id`; storing the same draft again then has no effect.
    """

    role: Role
    content: str | None = None
    parts: list[Part] | None = None
    id: Id | None = None
    created_at: datetime | None = None
    model: str | None = None
    finish: Finish | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    metadata: JsonObject = {}


def user(content: str | None = None, **fields: Any) -> Draft:
    """A draft of a person's message."""
    return Draft(role="user", content=content, **fields)


def assistant(content: str | None = None, **fields: Any) -> Draft:
    """A draft of a model's message."""
    return Draft(role="assistant", content=content, **fields)


def system(content: str | None = None, **fields: Any) -> Draft:
    """A draft of an instruction within the conversation."""
    return Draft(role="system", content=content, **fields)


def tool(content: str | None = None, **fields: Any) -> Draft:
    """A draft of a tool's result."""
    return Draft(role="tool", content=content, **fields)
