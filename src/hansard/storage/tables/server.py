"""The feed, and what a server keeps for itself."""

from __future__ import annotations

from typing import Any

from hansard.model.feed import FeedEntry
from hansard.model.reindexes import Reindex
from hansard.model.sessions import Session, SpentCode
from hansard.model.users import User
from hansard.storage.schema import Reference, Table

TABLES: tuple[Table[Any], ...] = (
    Table(
        Session,
        "sessions",
        owner="user_id",
        exported=None,
        events=(),
        indexes=(("user_id", "seen_at", "id"),),
        references=(Reference(("user_id",), User, belongs=True),),
    ),
    Table(SpentCode, "spent_codes", owner="tenant", exported=None, events=()),
    Table(Reindex, "reindexes", owner="tenant", exported=None, events=(), key=("name",)),
    Table(
        FeedEntry,
        "feed",
        owner="user_id",
        exported=None,
        events=(),
        key=("user_id", "position"),
        numbered=True,
    ),
)
