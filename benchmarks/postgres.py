"""Durable appends on PostgreSQL by several clients at once.

A real server with `fsync` on runs beside the benchmark, on the same processors. Each client has a conversation and
awaits its appends one after the other, through a pool with one connection per client. They are compared with
the same statements with the same values, recorded from Hansard, executed by the driver alone with the same role, on a
copy of the database as it was before.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

import hansard
from bench import Bench
from hansard import Database
from measure import Side, compared, in_turns
from results import Row, Target
from texts import Texts

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # they have a server to start

CLIENTS = 8
NEAR_THE_DRIVER = Target(
    "≤",
    1.3,
    "The server and all clients share the machine's processors, so the time that Hansard spends in Python for an "
    "append (validation, records) is not available to the server. For the driver alone all of it is"
    " prepared in advance.",
)
_driver: Any = asyncpg
"""Its own annotations are partial."""
Call = tuple[str, tuple[Any, ...]]
"""A statement and its values."""


async def measure(bench: Bench) -> list[Row]:
    with importlib.import_module("postgres_server").running_server() as server:
        return [await _append(bench, server)]


async def _append(bench: Bench, server: str) -> Row:
    sizes = bench.sizes
    size = sizes.appends // CLIENTS * CLIENTS
    texts = Texts(seed=9).many(size * (sizes.rounds + 1))
    talks = await _prepare(server)
    said = await _record(await _copy(server, "recorded"), talks, texts)
    bare = await _connections(await _copy(server, "bare"))
    url = await _copy(server, "ours")
    watch: Any = await _driver.connect(url)
    async with _database(url) as db:
        append = db.scope().messages.append

        async def ours(client: int, texts: Sequence[str]) -> None:
            for text in texts:
                await append(talks[client], [hansard.user(text)])

        async def indexed() -> None:
            """What Hansard indexes after its appends is in the time of neither side."""
            count = "SELECT count(*) FROM hansard.messages_pending"
            while await watch.fetchval(count):  # noqa: ASYNC110 - it happens on the server
                await asyncio.sleep(0.02)

        async def statements(client: int, calls: Sequence[Call]) -> None:
            for text, values in calls:
                await bare[client].fetch(text, *values)

        sides = [_side(ours, texts, size, indexed), _side(statements, said, size)]
        for side in sides:
            await side(sizes.rounds)
        taken = await in_turns(sizes.rounds, *sides)
    for connection in (*bare, watch):
        await connection.close()
    return compared(
        "postgres", f"durable append on PostgreSQL, {CLIENTS} clients", taken[0],
        "its statement, by asyncpg alone", taken[1], unit="/s", target=NEAR_THE_DRIVER,
    )  # fmt: skip


async def _nothing() -> None:
    pass


def _side(
    work: Callable[[int, Any], Awaitable[None]],
    items: Sequence[Any],
    size: int,
    finish: Callable[[], Awaitable[None]] = _nothing,
) -> Side:
    """All clients at once, each with its part of the round's items; `finish` is not timed."""

    async def run(number: int) -> float:
        share = items[number * size : (number + 1) * size]
        started = time.perf_counter()
        await asyncio.gather(*(work(client, share[client::CLIENTS]) for client in range(CLIENTS)))
        taken = (time.perf_counter() - started) / size
        await finish()
        return taken

    return run


def _database(url: str) -> Database:
    return hansard.connect(url, providers=[], migrate=True, pool_size=CLIENTS)


async def _prepare(server: str) -> list[str]:
    """A database with a conversation for each client, and nothing said yet."""
    await _run(server, "CREATE DATABASE empty")
    async with _database(f"{server}/empty") as db:
        return [(await db.scope().conversations.create()).id for _ in range(CLIENTS)]


async def _record(url: str, talks: list[str], texts: list[str]) -> list[Call]:
    """The statements of all appends, as the driver was given them."""
    async with _database(url) as db:
        with _listening() as calls:
            for number, text in enumerate(texts):
                await db.scope().messages.append(talks[number % CLIENTS], [hansard.user(text)])
    return calls


@contextmanager
def _listening() -> Iterator[list[Call]]:
    """Hears the appends that every connection is asked for."""
    calls: list[Call] = []
    kind = _driver.Connection
    fetch = kind.fetch

    def listen(self: Any, text: str, *values: Any, **options: Any) -> Any:
        if "hansard.append(" in text:
            calls.append((text, values))
        return fetch(self, text, *values, **options)

    kind.fetch = listen
    try:
        yield calls
    finally:
        kind.fetch = fetch


async def _connections(url: str) -> list[Any]:
    """A connection for each client; the statement itself takes the role that Hansard works as."""
    return [await _driver.connect(url) for _ in range(CLIENTS)]


async def _copy(server: str, name: str) -> str:
    await _run(server, f"CREATE DATABASE {name} TEMPLATE empty")
    return f"{server}/{name}"


async def _run(server: str, statement: str) -> None:
    connection: Any = await _driver.connect(f"{server}/postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
