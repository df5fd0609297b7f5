"""A record type of tomorrow: declared here, and by that alone kept on every back end."""

from __future__ import annotations

import shutil
from pathlib import Path

import hansard.storage.sql
from hansard.model.base import Id, JsonObject, Names, Record
from hansard.model.conversations import Conversation
from hansard.model.users import User
from hansard.storage.schema import Reference, Table
from hansard.storage.sql import autogenerate
from hansard.storage.tables import SCHEMA

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
    owner="owner_id",
    exported=None,
    events=(),
    unique=(("owner_id", "text"),),
    indexes=(("conversation_id",),),
    references=(
        Reference(("owner_id",), User, belongs=True),
        Reference(("conversation_id",), Conversation, belongs=True),
    ),
)
TOMORROW = SCHEMA.plus(NOTES)


def write_revision(directory: Path) -> list[Path]:
    """Write the next migration beside a copy of the released ones."""
    shutil.copytree(RELEASED, directory, dirs_exist_ok=True)
    return autogenerate.write(TOMORROW, directory, "add_notes")
