"""Measure Hansard beside bare SQL and beside its peers.

    make bench                                     everything, about seven minutes
    .venv/bin/python benchmarks/run.py --quick     small sizes, under a minute: does it all still run?
    .venv/bin/python benchmarks/run.py --only read --only list

Prints a table and keeps it, unless it was a quick one, as JSON in `benchmarks/results/`. With `--publish` the run,
which must be a whole one, becomes the one that `docs/performance.md` shows.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

import machine
import page
from bench import QUICK, Bench, Sizes
from results import HEADINGS, Results, Row, cells

HERE = Path(__file__).parent
RESULTS = HERE / "results"
SUBJECTS = (
    "append",
    "artifacts",
    "growth",
    "read",
    "list",
    "search",
    "size",
    "transfer",
    "postgres",
    "server",
    "app",
)


def main() -> None:
    options = _options()
    sizes = QUICK if options.quick else Sizes()
    if options.messages:
        sizes = msgspec.structs.replace(sizes, searched=options.messages)
    console = Console(stderr=True, highlight=False)
    results = asyncio.run(_measure(options.only or SUBJECTS, sizes, console))
    _show(results)
    if not options.quick:
        kept = RESULTS / f"{results.started:%Y-%m-%d-%H%M%S}.json"
        kept.write_bytes(page.encode(results))
        console.print(f"kept in {kept.relative_to(HERE.parent)}")
    if options.publish:
        page.publish(results)


async def _measure(subjects: Sequence[str], sizes: Sizes, console: Console) -> Results:
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS, prefix="run-") as name:
        home = Path(name)
        started, clock, load = datetime.now(UTC), time.monotonic(), machine.load()
        bench = Bench(home, sizes, lambda text: console.print(f"  {text}"))
        rows: list[Row] = []
        for subject in subjects:
            console.print(f"{subject} …")
            rows += await importlib.import_module(subject).measure(bench)
        return Results(
            started=started,
            seconds=round(time.monotonic() - clock, 1),
            load=(load, machine.load()),
            machine=machine.facts(home),
            sizes=msgspec.structs.asdict(sizes),
            peers=bench.peers,
            rows=rows,
            not_run=bench.not_run,
        )


def _show(results: Results) -> None:
    console = Console(width=max(160, Console().width), highlight=False)
    table = Table(*HEADINGS)
    for row in results.rows:
        style = {True: "green", False: "red", None: ""}[row.met]
        table.add_row(*cells(row), style=style, end_section=_ends(row, results.rows))
    console.print(table)
    for what, why in results.not_run.items():
        console.print(f"not run: {what}: {why}")
    if results.sizes["rounds"] == QUICK.rounds:
        console.print("These sizes only try the benchmarks out: the numbers say little.")
    before, after = results.load
    console.print(f"{results.seconds:.0f} s; load {before} before, {after} after")


def _ends(row: Row, rows: list[Row]) -> bool:
    """Whether the row is its subject's last."""
    return row is [r for r in rows if r.subject == row.subject][-1]


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="small sizes, under a minute")
    parser.add_argument(
        "--only", action="append", choices=SUBJECTS, metavar="NAME", help=", ".join(SUBJECTS)
    )
    parser.add_argument("--messages", type=int, metavar="N", help="messages that are searched")
    parser.add_argument("--publish", action="store_true", help="show this run in the documentation")
    options = parser.parse_args()
    if options.publish and (options.quick or options.only or options.messages):
        parser.error("only a whole run is published")
    return options


if __name__ == "__main__":
    main()
