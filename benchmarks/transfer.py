"""Importing an export file: speed and memory.

The file has conversations of twenty messages. Each import runs in its own process, with a new database, and
reports its duration and peak memory. The peak for the large file is compared with the peak for
a file a tenth as long. The import of the short file is compared with its statements, recorded from it, on a bare
connection.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

import msgspec

from bare import Recorder, Statement, replay
from bench import Bench, copy, database
from hansard.formats import jsonl
from hansard.ids import now
from hansard.model.base import Entry
from hansard.storage.message_tree import assign_positions, ending_with, preview
from hansard.storage.sqlite import files
from hansard.testing import factories
from measure import compared, in_turns, measured
from results import Row, Target
from texts import Texts

TALK = 20
"""Messages in a conversation."""
TENTH = 10
ROUNDS = 3
FAST = Target(
    "≥",
    20_000,
    "Each message costs Python its line, its checks, its digest, its counters and its row; and between two batches the "
    "writer completes some of the search index.",
)
FLAT = Target(
    "≤",
    1.1,
    "Most of the difference is the engine's page cache, which the short file does not fill to its limit of 32 "
    "MiB.",
)


async def measure(bench: Bench) -> list[Row]:
    size = bench.sizes.imported
    large = _write(bench.home / "large.jsonl", size)
    small = _write(bench.home / "small.jsonl", size // TENTH)
    said, empty = await _said(bench, small), bench.home / "empty.db"
    peaks: tuple[list[float], list[float]] = ([], [])

    async def ours(_: int) -> float:
        done = _in_process(small, bench.path("imported.db"))
        peaks[1].append(done["peak"])
        return done["seconds"] / (size // TENTH)

    async def ours_large(_: int) -> float:
        done = _in_process(large, bench.path("imported.db"))
        peaks[0].append(done["peak"])
        return done["seconds"] / size

    async def statements(_: int) -> float:
        with closing(files.connect(copy(empty, bench.path("bare.db")))) as bare:
            started = time.perf_counter()
            replay(bare, said)
            return (time.perf_counter() - started) / (size // TENTH)

    taken = await in_turns(ROUNDS, ours_large, ours, statements)
    name = f"import of {size:,} messages"
    smaller = f"import of {size // TENTH:,} messages"
    speed = 1 / median(taken[0])
    return [
        measured("transfer", name, speed, unit="/s", target=FAST),
        compared(
            "transfer", smaller, taken[1], "its statements, bare", taken[2],
            unit="/s", faster=True,
        ),
        compared(
            "transfer", f"{name}: peak of memory", peaks[0], smaller, peaks[1],
            unit="MB", target=FLAT,
        ),
    ]  # fmt: skip


def _in_process(file: Path, path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, str(file), str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603
    return json.loads(done.stdout)


async def _import(file: Path, path: Path) -> None:
    """What the process does: take the file in, and tell the time and the memory it took."""
    async with database(path) as db:
        started = time.perf_counter()
        with file.open("rb") as lines:
            report = await db.scope().transfer.import_lines(lines)
        seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak": _peak(), "messages": report.added["message"]}))


def _peak() -> float:
    """The most memory that this process ever had, in MB; `getrusage` would count its parent's too."""
    status = Path("/proc/self/status").read_text("ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024 / 1e6


async def _said(bench: Bench, file: Path) -> list[Statement]:
    """What an import of the file into a new database says to the engine."""
    async with database(bench.path("empty.db")):
        pass
    with Recorder() as recorder:
        async with database(copy(bench.home / "empty.db", bench.path("recorded.db"))) as db:
            recorder.take()
            with file.open("rb") as lines:
                await db.scope().transfer.import_lines(lines)
            return recorder.take()


def _write(path: Path, messages: int) -> Path:
    """An export with so many messages."""
    texts = Texts(seed=8)
    count = 0
    with path.open("wb") as file:
        file.write(jsonl.write_header(now()))
        for _ in range(messages // TALK):
            for record in _talk(texts.many(TALK)):
                file.write(jsonl.write_record(record))
                count += 1
        file.write(jsonl.write_end(count))
    return path


def _talk(texts: list[str]) -> Iterator[Entry]:
    """The records of a conversation."""
    _, talk, branch = factories.conversation()
    said = [factories.message(talk, text) for text in texts]
    placed = assign_positions(tuple(said), branch.id, -1, None, None)
    last = placed[-1]
    yield msgspec.structs.replace(talk, message_count=len(placed), preview=preview(last))
    yield msgspec.structs.replace(branch, **ending_with(last))
    yield from placed


if __name__ == "__main__":
    asyncio.run(_import(Path(sys.argv[1]), Path(sys.argv[2])))
