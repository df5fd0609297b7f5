"""Projects."""

from __future__ import annotations

from hansard.model.base import Id
from hansard.model.lifecycle import Trashable


class Project(Trashable, frozen=True, kw_only=True):
    """A folder of conversations; folders nest and inherit the instructions and the model of the outer ones."""

    owner_id: str
    parent_id: Id | None = None
    name: str
    instructions: str = ""
    """System instructions for its conversations, added after those of the tenant and the outer projects."""
    model: str | None = None
    """The default model, `provider/model`; None inherits it."""
