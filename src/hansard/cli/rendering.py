"""How things look: tables and Markdown for people, JSON for programs.

What people and models wrote may hold control characters, which could make a terminal do things: they are
shown as a mark there, and stay as they are in a file or a pipe.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_UNITS = ("KiB", "MiB", "GiB", "TiB")
_WIDE = 10_000
"""Columns where nobody looks: nothing is cut off."""


def on_terminal() -> bool:
    return sys.stdout.isatty()


def console() -> Console:
    """Where text for people goes; it never takes what is said for markup of its own."""
    import rich.console  # noqa: PLC0415

    class Plain(rich.console.Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    width = None if on_terminal() else _WIDE
    return Plain(markup=False, highlight=False, emoji=False, width=width)


def print_json(value: Any) -> None:
    """One JSON document."""
    import msgspec  # noqa: PLC0415

    write(_escaped(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()) + "\n")


def print_json_line(value: Any) -> None:
    import msgspec  # noqa: PLC0415

    write(_escaped(msgspec.json.encode(value).decode()) + "\n")


def _escaped(text: str) -> str:
    """JSON that loses nothing where the output's encoding is not UTF-8."""
    if codecs.lookup(sys.stdout.encoding).name == "utf-8":
        return text
    return _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text)


def write(text: str) -> None:
    """Text as it is, at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def harmless(text: str) -> str:
    """Text that a terminal shows and does not obey."""
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))


def print_table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows under their names; numbers stand to the right."""
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
        table.add_row(*(Text(harmless(_cell(value))) for value in row))
    console().print(table)


def print_markdown(text: str) -> None:
    """Markdown: as it would be printed on a terminal, as it is elsewhere."""
    if not on_terminal():
        write(text)
        return
    from rich.markdown import Markdown  # noqa: PLC0415

    console().print(Markdown(harmless(text), hyperlinks=False))


def when(at: datetime | None) -> str:
    """A time on this machine's clock, to the minute."""
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"


def size(number: int) -> str:
    """Bytes, readable."""
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
    return str(value)
