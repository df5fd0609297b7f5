"""What a run of the benchmarks says: rows, the machine they were made on, and how rows are shown to people."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec


class Target(msgspec.Struct, frozen=True):
    """A bound for the row's ratio, or for its value where there is nothing beside it."""

    sign: Literal["≤", "≥"]
    bound: float
    why: str = ""
    """What is known to stand in its way; told where it is missed."""

    def met(self, value: float) -> bool:
        return value <= self.bound if self.sign == "≤" else value >= self.bound


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    subject: str
    what: str
    unit: str
    value: float
    beside: str = ""
    """What was measured beside it."""
    other: float | None = None
    ratio: float | None = None
    """The median of the rounds' ratios."""
    lowest: float | None = None
    highest: float | None = None
    reading: str = ""
    """How the ratio reads: so many times `as long`, or `as fast`."""
    target: Target | None = None
    met: bool | None = None


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    started: datetime
    seconds: float
    load: tuple[float, float]
    """Of the machine, before and after: how many programs wanted the processor."""
    machine: dict[str, Any]
    sizes: dict[str, int]
    peers: dict[str, dict[str, Any]]
    rows: list[Row]
    not_run: dict[str, str]
    """What could not be measured, and why."""
    remark: str = ""
    """What else is to be known of the run, such as what disturbed it; written by hand."""


HEADINGS = ("what", "Hansard", "beside", "there", "ratio", "rounds", "target", "")


def cells(row: Row) -> tuple[str, ...]:
    """A row as texts, one for each heading."""
    ratio = "" if row.ratio is None else f"{number(row.ratio)} × {row.reading}"
    spread = ""
    if row.lowest is not None and row.highest is not None:
        spread = f"{number(row.lowest)} – {number(row.highest)}"
    return (
        row.what,
        quantity(row.value, row.unit),
        row.beside,
        "" if row.other is None else quantity(row.other, row.unit),
        ratio,
        spread,
        _target(row),
        {True: "met", False: "missed", None: ""}[row.met],
    )


def quantity(value: float, unit: str) -> str:
    return f"{number(value)} {unit}"


def number(value: float) -> str:
    """Three digits that count, thousands grouped."""
    if abs(value) >= 100:
        digits = len(str(int(abs(value)))) - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _target(row: Row) -> str:
    if row.target is None:
        return ""
    bound = f"{row.target.bound:,g}"
    return f"{row.target.sign} {bound} {'×' if row.ratio is not None else row.unit}"
