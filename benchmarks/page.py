"""Write `docs/performance.md` from `benchmarks/published.json`, the run that the documentation shows.

.venv/bin/python benchmarks/page.py

The docstrings of the benchmarks describe what they measure, and the targets say why they are missed. A
test fails if the page differs from what this script writes.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from results import HEADINGS, Results, Row, cells, quantity

HERE = Path(__file__).parent
PUBLISHED = HERE / "published.json"
PAGE = HERE.parent / "docs" / "performance.md"

_HEAD = """# Performance

This page is written by `benchmarks/page.py` from one run of the benchmarks. `make bench` makes such a run and prints
its table; `.venv/bin/python benchmarks/run.py --only read` measures one subject, and `--publish` writes this page.

Wherever possible, a figure is compared with another one: the same statements without Hansard, or another
library that stores conversations in SQLite, with its own default settings. The two take turns on
the same machine. A *ratio* is computed within each round, and the table shows the median of the rounds; *rounds* shows
the lowest and the highest. Ratios are more meaningful than speeds: other machines have other speeds but similar ratios.
Missed targets are listed with the known reasons."""


def main() -> None:
    write(published())


def published() -> Results:
    return msgspec.json.decode(PUBLISHED.read_bytes(), type=Results)


def publish(results: Results) -> None:
    PUBLISHED.write_bytes(encode(results))
    write(results)


def encode(results: Results) -> bytes:
    return msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n"


def write(results: Results) -> None:
    PAGE.write_text(text(results), "utf-8")


def text(results: Results) -> str:
    sections = [_HEAD, *_facts(results)]
    for subject, rows in groupby(results.rows, key=lambda row: row.subject):
        sections += _section(subject, list(rows))
    return "\n\n".join(sections) + "\n"


def _facts(results: Results) -> Iterator[str]:
    """When, on what, and with which versions."""
    m, (before, after) = results.machine, results.load
    yield (
        "## The run\n\n"
        f"{results.started:%d %B %Y}, Hansard {m['hansard']}, {results.seconds / 60:.0f} minutes: "
        f"{m['cores']} cores of {m['cpu']}, {m['memory_gib']} GiB, {m['kernel']}, {m['file_system']}, "
        f"{m['flush_us']} µs to flush a page to the disk, Python {m['python']}, "
        f"SQLite {m['sqlite']} (apsw {m['apsw']}). The machine's load was {before} before and {after} after. "
        f"{_met(results.rows)}"
    )
    if results.remark:
        yield results.remark
    lines = ["| beside | version | SQLite | journal_mode | synchronous |", "|" + " --- |" * 5]
    for name, peer in results.peers.items():
        found = (name, *(peer[k] for k in ("version", "sqlite", "journal_mode", "synchronous")))
        lines.append(_line(map(str, found)))
    if results.peers:
        yield "\n".join(lines)
    for what, why in results.not_run.items():
        yield f"Not run: {what}, because {why}"


def _met(rows: list[Row]) -> str:
    bound = [row.met for row in rows if row.met is not None]
    return f"Of {len(bound)} targets {sum(bound)} were met and {bound.count(False)} missed."


def _section(subject: str, rows: list[Row]) -> Iterator[str]:
    """A subject's description, its rows, and what is to be said of those that miss their target."""
    heading, _, description = (importlib.import_module(subject).__doc__ or "").partition("\n")
    yield f"## {heading.rstrip('.')}"
    yield description.strip()
    head = [_line([*HEADINGS[:-1], "met"]), "|" + " --- |" * len(HEADINGS)]
    yield "\n".join([*head, *(_line(cells(row)) for row in rows)])
    missed = [row for row in rows if row.met is False]
    for why in dict.fromkeys(row.target.why for row in missed if row.target):
        these = [_figure(row) for row in missed if row.target and row.target.why == why]
        yield f"**Missed**: {'; '.join(these)}. {why}".rstrip()


def _figure(row: Row) -> str:
    """A missed row in words."""
    found = cells(row)
    measured = quantity(row.value, row.unit) if row.ratio is None else found[4]
    beside = f" beside {row.beside}" if row.beside else ""
    return f"{row.what}{beside}, {measured} target {found[6]}"


def _line(fields: Iterable[str]) -> str:
    return f"| {' | '.join(fields)} |"


if __name__ == "__main__":
    main()
