from __future__ import annotations

from datetime import datetime

from hansard.model.base import Id, Record


class Project(Record, frozen=True, kw_only=True):
    """A folder of conversations; folders nest, and what one says holds for those inside it."""

    owner_id: str
    parent_id: Id | None = None
    name: str
    instructions: str = ""
    """System instructions for its conversations, after the tenant's and the outer projects'."""
    model: str | None = None
    """The default model, `provider/model`; None inherits."""
    deleted_at: datetime | None = None
