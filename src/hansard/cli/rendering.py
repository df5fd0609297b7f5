"""Renders output: tables and Markdown for people, JSON for programs.

All output passes the filters of `hansard.output`. Output of `rich` is filtered here, piece by piece, because its own
control sequences must reach the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hansard.output import (
    errors_on_terminal,
    harmless,
    harmless_json,
    on_terminal,
    terminal_errors,
    terminal_output,
    write,
)
from hansard.secrets import mask_known

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_UNITS = ("KiB", "MiB", "GiB", "TiB")
_WIDE = 10_000
"""The width when the output is not a terminal: nothing is cut off."""


def console(*, errors: bool = False) -> Console:
    """Return a console for human-readable text; stored texts are never interpreted as markup or control sequences."""
    import rich.console  # noqa: PLC0415
    from rich.segment import Segment  # noqa: PLC0415

    class Plain(rich.console.Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

        def print(self, *objects: Any, **options: Any) -> None:
            # Before `rich` removes some control characters, so that all of them are shown as marks.
            super().print(*(harmless(o) if isinstance(o, str) else o for o in objects), **options)

        def render(self, renderable: RenderableType, options: Any = None) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                if segment.control is None:
                    yield Segment(harmless(mask_known(segment.text)), segment.style)
                else:
                    yield segment

    file = terminal_errors() if errors else terminal_output()
    width = None if (errors_on_terminal() if errors else on_terminal()) else _WIDE
    return Plain(file=file, markup=False, highlight=False, emoji=False, width=width)


def print_json(value: Any) -> None:
    """Print one JSON document."""
    import msgspec  # noqa: PLC0415

    document = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    write(harmless_json(document) + "\n")


def print_json_line(value: Any) -> None:
    import msgspec  # noqa: PLC0415

    write(harmless_json(msgspec.json.encode(value).decode()) + "\n")


def print_table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows below their column names; numbers are aligned to the right."""
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    filled = [list(row) for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(names))
    for i, name in enumerate(names):
        numbers = any(isinstance(row[i], int | float) for row in filled)
        table.add_column(
            name,
            justify="right" if numbers else "left",
            no_wrap=numbers or name in ("id", "active"),
            overflow="fold",
        )
    for row in filled:
        table.add_row(*(Text(_cell(value)) for value in row))
    console().print(table)


def print_markdown(text: str) -> None:
    """Print Markdown: formatted on a terminal, unchanged elsewhere."""
    if not on_terminal():
        write(text)
        return
    from rich.markdown import Markdown  # noqa: PLC0415

    console().print(Markdown(harmless(mask_known(text)), hyperlinks=False))


def when(at: datetime | None) -> str:
    """Return a time in the zone of this machine, to the minute."""
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"


def size(number: int) -> str:
    """Return a number of bytes as readable text."""
    if number < 1024:
        return plural(number, "byte")
    power = min((number.bit_length() - 1) // 10, len(_UNITS))
    return f"{number / 1024**power:,.1f} {_UNITS[power - 1]}"


def plural(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y"):
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}{'es' if noun.endswith('ch') else 's'}"


def _cell(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}"
    return harmless(mask_known(str(value)))
