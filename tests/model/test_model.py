"""The same steps on memory and on another back end have the same outcome, to the last byte of an export.

`HANSARD_EXAMPLES=2000 pytest tests/model` looks deeper, along other paths each time.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from hansard.errors import NotFound, VersionConflict
from hansard.storage.base import Storage
from hansard.storage.memory.storage import MemoryStorage
from hansard.storage.postgres import search as postgres_search
from hansard.storage.postgres.storage import PostgresStorage
from hansard.storage.sqlite import index, search
from hansard.storage.sqlite.appends import Heads
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.storage.sqlite.transaction import SqliteTransaction
from indexing import ALL, index_little
from model.machine import Record
from model.sides import Sides

EXAMPLES = int(os.environ.get("HANSARD_EXAMPLES", "0"))

Verb = Callable[..., Awaitable[Any]]


def _compare(storage: Storage, examples: int, **more: Any) -> None:
    with Sides(MemoryStorage(), storage) as sides:

        class Machine(Record):
            pass

        Machine.sides, Machine.examples = sides, count()
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=EXAMPLES or examples,
                stateful_step_count=50,
                derandomize=not EXAMPLES,
                database=None,
                deadline=None,
                print_blob=True,
                suppress_health_check=[*HealthCheck],  # pyright: ignore[reportArgumentType]
                **more,
            ),
        )


@pytest.mark.timeout(0 if EXAMPLES else 300)
def test_sqlite_does_what_memory_does(tmp_path: Path) -> None:
    _compare(SqliteStorage(tmp_path / "chats.db"), 80)


@pytest.mark.timeout(0 if EXAMPLES else 300)
@pytest.mark.parametrize("at_most", [2, ALL])
def test_sqlite_does_so_whatever_is_indexed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_most: int
) -> None:
    """Here nothing is indexed when the writer has time, and a row after each commit if more than `at_most` wait."""
    index_little(monkeypatch, at_most)
    _compare(SqliteStorage(tmp_path / "chats.db"), 40)


def _forgets_no_head(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Heads, "forget", lambda _: None)


def _forgets_pending_rows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(search, "_matching", lambda *_: iter(()))


def _raises_the_mark_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(index, "numbered", lambda *_: [])


@pytest.mark.skipif(bool(EXAMPLES), reason="not run: planted bugs are found on the fixed paths")
@pytest.mark.parametrize(
    ("plant", "at_most"),
    [
        (_forgets_no_head, 2),
        (_forgets_pending_rows, ALL),
        (_raises_the_mark_alone, 0),
    ],
)
def test_a_bug_planted_in_what_is_left_for_later_is_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
    at_most: int,
) -> None:
    index_little(monkeypatch, at_most)
    plant(monkeypatch)
    with pytest.raises(AssertionError, match="The sides differ"):
        _compare(SqliteStorage(tmp_path / "chats.db"), 40, phases=[Phase.generate])


@pytest.mark.timeout(0 if EXAMPLES else 300)
@pytest.mark.usefixtures("anyio_backend")
def test_postgres_does_what_memory_does(postgres_url: str) -> None:
    _compare(PostgresStorage(postgres_url, pool_size=2), 50)


@pytest.mark.timeout(0 if EXAMPLES else 300)
@pytest.mark.usefixtures("anyio_backend")
@pytest.mark.parametrize("at_most", [2, ALL])
def test_postgres_does_so_whatever_is_indexed(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, at_most: int
) -> None:
    index_little(monkeypatch, at_most)
    _compare(PostgresStorage(postgres_url, pool_size=2), 20)


@pytest.mark.skipif(bool(EXAMPLES), reason="not run: planted bugs are found on the fixed paths")
@pytest.mark.usefixtures("anyio_backend")
def test_pending_rows_that_postgres_forgets_are_found_out(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_little(monkeypatch)
    monkeypatch.setattr(postgres_search, "_matching", lambda *_: iter(()))
    with pytest.raises(AssertionError, match="The sides differ"):
        _compare(PostgresStorage(postgres_url, pool_size=2), 20, phases=[Phase.generate])


async def _loses_the_last_row(select: Verb, *asked: Any) -> list[Any]:
    rows = await select(*asked)
    return rows[:-1] if len(rows) > 2 else rows


async def _begins_one_late(select: Verb, tx: Any, query: Any) -> list[Any]:
    rows = await select(tx, query)
    return rows[1:] if query.after is not None else rows


async def _misses_a_match(search: Verb, *asked: Any) -> list[Any]:
    return (await search(*asked))[1:]


async def _tells_a_change_twice(feed: Verb, *asked: Any) -> list[Any]:
    entries = await feed(*asked)
    return entries + entries[-1:]


async def _forgets_to_count(increment: Verb, tx: Any, *sums: Any) -> None:
    await increment(tx, *sums[:-1])


async def _raises_something_else(update: Verb, *asked: Any, **changes: Any) -> Any:
    try:
        return await update(*asked, **changes)
    except VersionConflict as error:
        raise NotFound from error


@pytest.mark.skipif(bool(EXAMPLES), reason="not run: planted bugs are found on the fixed paths")
@pytest.mark.parametrize(
    ("verb", "bug"),
    [
        ("select", _loses_the_last_row),
        ("select", _begins_one_late),
        ("search", _misses_a_match),
        ("feed", _tells_a_change_twice),
        ("increment", _forgets_to_count),
        ("update", _raises_something_else),
    ],
)
def test_a_planted_difference_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str, bug: Verb
) -> None:
    real: Verb = getattr(SqliteTransaction, verb)

    async def planted(*asked: Any, **named: Any) -> Any:
        return await bug(real, *asked, **named)

    monkeypatch.setattr(SqliteTransaction, verb, planted)
    with pytest.raises(AssertionError, match="The sides differ"):
        _compare(SqliteStorage(tmp_path / "chats.db"), 60, phases=[Phase.generate])
