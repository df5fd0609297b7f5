from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansard.cli.commands import reads
from hansard.cli.options import Json, Project
from hansard.cli.rendering import print_json, print_table, when
from hansard.output import say

if TYPE_CHECKING:
    from hansard.api.operations import Services
    from hansard.model.activity import Stats

DAYS = 14
"""How many days are shown; JSON contains all."""
BAR = 40
"""The length of the longest bar, in characters."""

Since = Annotated[
    str | None, typer.Option("--since", metavar="DAY", help="From this day on, such as 2026-11-21.")
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="DAY", help="Until the end of this day.")
]
Zone = Annotated[
    str,
    typer.Option(
        "--tz", metavar="ZONE", help="The time zone of days and hours, such as Europe/Rome."
    ),
]


def register(main: typer.Typer) -> None:
    main.command("stats")(statistics)


@reads
async def statistics(
    services: Services,
    project: Project = None,
    since: Since = None,
    until: Until = None,
    tz: Zone = "UTC",
    as_json: Json = False,
) -> None:
    """Show how many messages were exchanged, when, and with which models."""
    stats = await services.statistics.get(project_id=project, since=since, until=until, tz=tz)
    if as_json:
        print_json(stats)
    else:
        print_statistics(stats)


def print_statistics(stats: Stats) -> None:
    print_table(["", ""], _totals(stats))
    if stats.by_model:
        rows = (
            [m.model, m.messages, _tokens(m.tokens_in), _tokens(m.tokens_out)]
            for m in stats.by_model
        )
        _section(["model", "messages", "tokens in", "tokens out"], rows)
    if stats.by_day:
        _section(
            ["day", "messages", ""], _bars([(d.day, d.messages) for d in stats.by_day[-DAYS:]])
        )
        hours = [(f"{h.hour:02d}:00", h.messages) for h in stats.by_hour if h.messages]
        _section(["hour", "messages", ""], _bars(hours))
    if stats.topics:
        _section(["topic", "messages"], ([t.term, t.messages] for t in stats.topics))


def _totals(stats: Stats) -> list[list[str]]:
    roles = ", ".join(f"{number:,} {role}" for role, number in stats.by_role.items())
    minutes = stats.engaged_seconds // 60
    return [
        ["conversations", f"{stats.conversations:,}"],
        ["messages", f"{stats.messages:,}" + (f" ({roles})" if roles else "")],
        ["words", f"{stats.words:,} ({stats.average_words:g} per message)"],
        ["characters", f"{stats.characters:,}"],
        ["tokens", f"{_tokens(stats.tokens_in)} in, {_tokens(stats.tokens_out)} out"],
        ["time engaged", f"{minutes // 60} h {minutes % 60} min"],
        ["from", when(stats.first_at)],
        ["to", when(stats.last_at)],
    ]


def _tokens(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"


def _section(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    say()
    print_table(names, rows)


def _bars(pairs: Sequence[tuple[str, int]]) -> list[list[Any]]:
    most = max(number for _, number in pairs)
    return [[name, number, "█" * max(1, round(BAR * number / most))] for name, number in pairs]
