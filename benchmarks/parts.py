"""Where the processor's time of one append goes.

    .venv/bin/python benchmarks/parts.py

One writer appends to a new file; the functions below are timed as they run, on their own threads. A part's time is
without that of the parts in it, except for what is done later. Timing costs something itself, so the whole is a little
more than without it.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import hansard
from bench import database
from hansard.services.conversations import messages as service
from hansard.storage import message_tree
from hansard.storage.sqlite import appends, index, transaction, writer
from hansard.storage.sqlite.storage import SqliteStorage
from texts import Texts

WARM_UP, APPENDS = 200, 2_000
WHOLE = "the rest: the event loop, the queue, waking threads"
LATER = "later: the terms, their statements and commits"
PARTS: dict[str, list[tuple[Any, str]]] = {
    "checks and the request": [(service, "append_request"), (service.extraction, "find_in")],
    "to the writer and back": [(SqliteStorage, "append")],
    "the batch: BEGIN, whether the file still has its name": [(writer.Writer, "run")],
    "head, position, digest, counters": [(appends.Batch, "add")],
    "of these, the counters": [(message_tree, "activity")],
    "rows, as the engine takes them": [(appends.Batch, "store"), (index, "insert")],
    "statements": [(transaction.SqliteTransaction, "run"), (transaction.SqliteTransaction, "run_many"),
                   (transaction.SqliteTransaction, "rows")],
    "COMMIT and its flush": [(writer.Writer, "_end")],
    LATER: [(writer.Writer, "_index")],
}  # fmt: skip
"""By name the functions of a part."""

_taken: defaultdict[str, float] = defaultdict(float)
_inner: dict[int, list[tuple[str, list[float]]]] = {}
"""For each thread the parts that it is in, with the time of the parts in them."""


def main() -> None:
    for name, functions in PARTS.items():
        for owner, attribute in functions:
            setattr(owner, attribute, _timed(name, getattr(owner, attribute)))
    whole = asyncio.run(_work())
    table = Table("part", "µs", "share")
    for name in PARTS:
        table.add_row(name, f"{_taken[name] / APPENDS * 1e6:.0f}", f"{_taken[name] / whole:.0%}")
    rest = whole - sum(_taken.values())
    table.add_row(WHOLE, f"{rest / APPENDS * 1e6:.0f}", f"{rest / whole:.0%}")
    table.add_row("together", f"{whole / APPENDS * 1e6:.0f}", "")
    Console(highlight=False).print(table)


async def _work() -> float:
    """Append, and return the processor's seconds."""
    said = Texts(seed=5).many(WARM_UP + APPENDS)
    with tempfile.TemporaryDirectory() as home:
        async with database(Path(home) / "chats.db") as db:
            me = db.scope()
            talk = (await me.conversations.create()).id
            for text in said[:WARM_UP]:
                await me.messages.append(talk, [hansard.user(text)])
            await db.storage.settle()
            _taken.clear()
            before = time.process_time()
            for text in said[WARM_UP:]:
                await me.messages.append(talk, [hansard.user(text)])
            await db.storage.settle()
            return time.process_time() - before


def _timed(name: str, function: Any) -> Any:
    """Return a function that adds its thread's time, without that of parts in it, to a part."""

    def enter() -> tuple[list[tuple[str, list[float]]], float]:
        stack = _inner.setdefault(threading.get_ident(), [])
        stack.append((name, []))
        return stack, time.thread_time()

    def leave(stack: list[tuple[str, list[float]]], before: float) -> None:
        taken = time.thread_time() - before
        part = LATER if stack[0][0] == LATER else name
        _taken[part] += taken - sum(stack.pop()[1])
        if stack:
            stack[-1][1].append(taken)

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        state = enter()
        try:
            return function(*args, **named)
        finally:
            leave(*state)

    @functools.wraps(function)
    async def call_async(*args: Any, **named: Any) -> Any:
        state = enter()
        try:
            return await function(*args, **named)
        finally:
            leave(*state)

    return call_async if inspect.iscoroutinefunction(function) else call


if __name__ == "__main__":
    main()
