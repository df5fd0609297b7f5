"""What a writer hands in: a message before it has a place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from hansard.model.base import Id, JsonObject
from hansard.model.messages import Finish, Role
from hansard.model.parts import Part


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to be stored: its role and either `content` (text) or `parts`.

    The writer may choose the `id`; storing the same draft again is then harmless.
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
    """What a person says."""
    return Draft(role="user", content=content, **fields)


def assistant(content: str | None = None, **fields: Any) -> Draft:
    """What a model says."""
    return Draft(role="assistant", content=content, **fields)


def system(content: str | None = None, **fields: Any) -> Draft:
    """An instruction that stands in the conversation itself."""
    return Draft(role="system", content=content, **fields)


def tool(content: str | None = None, **fields: Any) -> Draft:
    """What a tool answers."""
    return Draft(role="tool", content=content, **fields)
