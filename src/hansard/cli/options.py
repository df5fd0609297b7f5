"""Options that several commands have in common."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

import typer

from hansard.errors import InvalidInput

Db = Annotated[
    str | None,
    typer.Option("--db", metavar="PATH-OR-URL", help="The path or URL of the database."),
]
Backend = Annotated[
    Literal["sqlite", "postgresql", "memory"] | None,
    typer.Option("--backend", help="The engine that the database must have; memory needs no --db."),
]
Session = Annotated[
    str | None, typer.Option("--session", metavar="USER", help="Whose conversations.")
]
Tenant = Annotated[str | None, typer.Option("--tenant", metavar="TENANT", help="The tenant.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", help="The maximum number of results.")]
Conversation = Annotated[
    str, typer.Argument(metavar="ID-OR-TITLE", help="The id or title of the conversation.")
]
ConversationId = Annotated[str, typer.Argument(metavar="ID", help="The id of the conversation.")]
Project = Annotated[
    str | None, typer.Option("--project", metavar="ID", help="Only in this project.")
]
Since = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="From this day or time on, inclusive.")
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="WHEN", help="Up to this time, or the end of this day."),
]


def since(text: str | None) -> datetime | None:
    return None if text is None else _time(text, "/since")


def until(text: str | None) -> datetime | None:
    """Return a time; for a day, its end."""
    if text is None:
        return None
    return _time(text, "/until") + timedelta(days=_is_day(text))


def _is_day(text: str) -> bool:
    return len(text) == len("2026-11-21")


def _time(text: str, pointer: str) -> datetime:
    """Parse a time; without a zone it is in the zone of this machine."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{text!r} is not a time such as 2026-11-21 or 2026-11-21T09:30.", pointer=pointer
        ) from None
