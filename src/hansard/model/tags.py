"""Tags."""

from __future__ import annotations

from hansard.model.base import Entry, Id
from hansard.model.lifecycle import Trashable


class Tag(Trashable, frozen=True, kw_only=True):
    """A label for conversations, prompts, rules and projects, which refer to it by its name."""

    owner_id: str
    name: str
    """No two tags of a user have the same one, except in the trash."""
    color: str = ""
    """A color in hexadecimal, such as `#3366cc`; empty: none."""


class TagRemoval(Entry, frozen=True, kw_only=True):
    """A record that had a tag when the tag was moved to the trash; restoring the tag gives it back."""

    tag_id: Id
    table: str
    record_id: Id
