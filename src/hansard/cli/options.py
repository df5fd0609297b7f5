"""Options that mean the same wherever they are given."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

import typer

from hansard.errors import InvalidInput

Db = Annotated[
    str | None,
    typer.Option("--db", metavar="PATH-OR-URL", help="The database: a file, or its address."),
]
Backend = Annotated[
    Literal["sqlite", "postgresql", "memory"] | None,
    typer.Option("--backend", help="What the database must be; memory needs no --db."),
]
Session = Annotated[
    str | None, typer.Option("--session", metavar="USER", help="Whose conversations.")
]
Tenant = Annotated[str | None, typer.Option("--tenant", metavar="TENANT", help="In which tenant.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", help="How many, at the most.")]
Conversation = Annotated[
    str, typer.Argument(metavar="ID-OR-TITLE", help="The conversation's id, or its title.")
]
ConversationId = Annotated[str, typer.Argument(metavar="ID", help="The conversation's id.")]
Project = Annotated[
    str | None, typer.Option("--project", metavar="ID", help="Only in this project.")
]
Since = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="A day or a time; it is included.")
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="WHEN", help="A day, which is included, or a time."),
]


def since(text: str | None) -> datetime | None:
    return None if text is None else _time(text, "/since")


def until(text: str | None) -> datetime | None:
    """The end of a day, or the time that was given."""
    if text is None:
        return None
    return _time(text, "/until") + timedelta(days=_is_day(text))


def _is_day(text: str) -> bool:
    return len(text) == len("2026-11-21")


def _time(text: str, pointer: str) -> datetime:
    """A time; in the zone of this machine if the text names none."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{text!r} is not a time such as 2026-11-21 or 2026-11-21T09:30.", pointer=pointer
        ) from None
