"""A record type of tomorrow: declared here, and by that alone kept on every back end."""

from __future__ import annotations

import shutil
from pathlib import Path

import hansard.storage.sql
from hansard.model.base import Id, JsonObject, Names, Record
from hansard.model.conversations import Conversation
from hansard.model.users import User
from hansard.storage.sql import autogenerate
from hansard.storage.tables import SCHEMA, Reference, Table

RELEASED = Path(hansard.storage.sql.__path__[0]) / "migrations"


class Note(Record, frozen=True, kw_only=True):
    """What somebody wrote beside a conversation."""

    owner_id: str
    conversation_id: Id | None = None
    text: str
    tags: Names = ()
    data: JsonObject = {}
    weight: float = 0.0
    done: bool = False


NOTES: Table[Note] = Table(
    Note,
    "notes",
    unique=(("owner_id", "text"),),
    indexes=(("conversation_id",),),
    references=(
        Reference(("owner_id",), User),
        Reference(("conversation_id",), Conversation),
    ),
)
TOMORROW = SCHEMA.plus(NOTES)


def write_revision(directory: Path) -> list[Path]:
    """Write the next migration beside a copy of the released ones."""
    shutil.copytree(RELEASED, directory, dirs_exist_ok=True)
    return autogenerate.write(TOMORROW, directory, "add_notes")
