"""Measure this checkout beside another one.

    .venv/bin/python benchmarks/beside.py ../other
    .venv/bin/python benchmarks/beside.py ../other --only search --rounds 31

Both do the same work, asked for here through the public calls, each in a process and an environment of its own
(`make .venv/.dev`), and take turns. What counts is the time of the processor and not of the clock, so that a machine
which does other things too disturbs it little: some dozens of rounds tell a ratio of 1.05 from 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count, cycle
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

import hansard
from artifacts import answers
from bench import database
from loading import fill
from measure import Side, compared, in_turns
from results import HEADINGS, Row, cells
from server import served
from texts import Texts

HERE = Path(__file__).parent
SUBJECTS = ("append", "answer", "export", "import", "list", "read", "search", "server", "start")
UNITS = {"export": "µs", "import": "µs"}
APPENDS, LISTS, READS, PROMPTS, STARTS = 200, 40, 60, 30, 3
"""A round's operations."""
TALKS, TALK = 200, 100
"""Conversations that are listed, read and searched, and the messages of each."""
MOVED, SHORT = 100, 20
"""Conversations that are exported and imported, and the messages of each; the figures are for one message."""


def main() -> None:
    options = _options()
    if options.at is not None:
        asyncio.run(_work(options.at))
        return
    with tempfile.TemporaryDirectory(prefix="beside-") as home:
        rows = asyncio.run(_compare(options, Path(home)))
    table = Table(*HEADINGS[:6])
    for row in rows:
        table.add_row(*cells(row)[:6])
    Console(width=max(140, Console().width), highlight=False).print(table)


async def _compare(options: Any, home: Path) -> list[Row]:
    rows: list[Row] = []
    with ExitStack() as stack:
        sides = [
            stack.enter_context(_side(checkout, home / name))
            for checkout, name in ((HERE.parent, "ours"), (Path(options.other), "theirs"))
        ]
        for what in sides[0]:
            if what.partition(":")[0] in (options.only or SUBJECTS):
                ours, theirs = (side[what] for side in sides)
                await ours(-1)
                await theirs(-1)
                taken = await in_turns(options.rounds, ours, theirs)
                unit = UNITS.get(what.partition(":")[0], "ms")
                rows.append(compared("beside", what, taken[0], options.other, taken[1], unit=unit))
    return rows


@contextmanager
def _side(checkout: Path, home: Path) -> Iterator[dict[str, Side]]:
    """What a checkout can be asked to do, each with the seconds of the processor that one operation takes."""
    bin_ = checkout.resolve() / ".venv" / "bin"
    home.mkdir()
    with _worker(bin_ / "python", home) as (names, ask), served(home / "served", bin_) as server:

        async def answer(_: int) -> float:
            talk = server.post("/conversations", {})["id"]
            before = _processor(server.pid)
            for number in range(PROMPTS):
                server.first_word(talk, f"Say {number}")
            return (_processor(server.pid) - before) / PROMPTS

        async def append(_: int) -> float:
            talk = server.post("/conversations", {})["id"]
            before = _processor(server.pid)
            for number in range(APPENDS):
                messages = [{"role": "user", "content": f"Say {number}"}]
                server.post(f"/conversations/{talk}/messages", {"messages": messages})
            return (_processor(server.pid) - before) / APPENDS

        async def start(_: int) -> float:
            return await asyncio.to_thread(_start, bin_ / "hansard")

        yield {
            **{name: ask(name) for name in names},
            "server: an answer of echo": answer,
            "server: an append over REST": append,
            "start: hansard --version": start,
        }


def _start(program: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(STARTS):
        subprocess.run([program, "--version"], stdout=subprocess.DEVNULL, check=True)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) / STARTS


def _processor(pid: int) -> float:
    """Seconds that a process of Linux had the processor."""
    return time.clock_gettime((~pid << 3) | 2)


@contextmanager
def _worker(python: Path, home: Path) -> Iterator[tuple[list[str], Callable[[str], Side]]]:
    """A process that does what it is asked by a line, and answers with the seconds that one operation took."""
    process = subprocess.Popen(  # noqa: S603
        [python, __file__, "--at", home],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask(name: str) -> Side:
        async def run(_: int) -> float:
            print(name, file=process.stdin, flush=True)
            assert process.stdout is not None  # noqa: S101
            return float(process.stdout.readline())

        return run

    try:
        assert process.stdout is not None  # noqa: S101
        yield json.loads(process.stdout.readline()), ask
    finally:
        process.communicate()


class _Operation(NamedTuple):
    times: int
    once: Callable[[], Awaitable[object]]
    parts: int = 1
    """What one operation counts as."""


async def _work(home: Path) -> None:
    texts = Texts(seed=7)
    async with database(home / "worked.db") as db:
        operations = await _operations(db.scope(), texts)
        operations |= await _transfers(db, texts, home)
        print(json.dumps(list(operations)), flush=True)
        for line in sys.stdin:
            times, once, parts = operations[line.strip()]
            before = time.process_time()
            for _ in range(times):
                await once()
            print((time.process_time() - before) / times / parts, flush=True)


async def _operations(scope: hansard.Services, texts: Texts) -> dict[str, _Operation]:
    """By name what can be asked for; the texts are made first, so that they cost no operation anything."""
    talks = [(await scope.conversations.create(title=f"Talk {n}")).id for n in range(TALKS)]
    for talk in talks:
        await fill(scope, talk, texts.many(TALK))
    written = (await scope.conversations.create()).id
    said = cycle(texts.many(1_000))

    async def append() -> None:
        await scope.messages.append(written, [hansard.user(next(said))])

    programs, others = cycle(answers(1_000)), cycle(talks)

    async def answer() -> None:
        await scope.messages.append(written, [hansard.assistant(next(programs))])

    def search(q: str) -> _Operation:
        return _Operation(10, lambda: scope.search.page(q, limit=20))

    words = texts.words
    return {
        "append": _Operation(APPENDS, append),
        "answer: with a program": _Operation(APPENDS, answer),
        "list": _Operation(LISTS, lambda: scope.conversations.list(limit=50)),
        "read: 50 that were read before": _Operation(
            READS, lambda: scope.messages.read(talks[0], last=50)
        ),
        "read: 100 that were not": _Operation(
            READS, lambda: scope.messages.read(next(others), last=TALK)
        ),
        "search: a typical word": search(words[2_000]),
        "search: two typical words": search(f"{words[500]} {words[700]}"),
        "search: a word's beginning": search(f"{words[2_000][:4]}*"),
        "search: a phrase": search(f'"{words[10]} {words[20]}"'),
        "search: the worst word": search(words[0]),
    }


async def _transfers(db: hansard.Database, texts: Texts, home: Path) -> dict[str, _Operation]:
    """What is asked of exports and imports: the import until all is stored, and until all is found, too."""
    scope = db.scope(user="exporter")
    for number in range(MOVED):
        talk = (await scope.conversations.create(title=f"Talk {number}")).id
        await fill(scope, talk, texts.many(SHORT))
    lines = [line async for line in scope.transfer.export()]
    numbers = count()

    async def export() -> None:
        async for _ in scope.transfer.export():
            pass

    async def store() -> None:
        await db.scope(tenant=f"t{next(numbers)}").transfer.import_lines(lines)

    async def store_and_index() -> None:
        async with database(home / f"imported-{next(numbers)}.db") as new:
            await new.scope().transfer.import_lines(lines)

    return {
        "export": _Operation(1, export, MOVED * SHORT),
        "import: until it is stored": _Operation(1, store, MOVED * SHORT),
        "import: a new database, with its index": _Operation(1, store_and_index, MOVED * SHORT),
    }


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("other", nargs="?", help="the checkout that this one is compared with")
    parser.add_argument("--only", action="append", choices=SUBJECTS, metavar="NAME")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--at", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.at is None and options.other is None:
        parser.error("which checkout is it compared with?")
    return options


if __name__ == "__main__":
    main()
