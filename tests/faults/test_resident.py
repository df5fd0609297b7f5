"""Reads run on the event loop as long as they wait for no disk and take a moment only, and on a thread otherwise."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from hansard.errors import NotFound
from hansard.ids import now
from hansard.model.users import Tenant, User
from hansard.search.tokenizer import clauses
from hansard.storage.base import Reader, TextSearch, Transaction
from hansard.storage.query import Query
from hansard.storage.sqlite import resident
from hansard.storage.sqlite.storage import SqliteStorage

pytestmark = pytest.mark.anyio

ACME = "acme"
END = "the end of the text"
LONG = "a" * 5_000 + END
"""Fills one page, and a second one to which the first refers."""


class Unit:
    """A unit that reads the names of all users, and on which threads it ran."""

    def __init__(self, times: int = 1) -> None:
        self.threads: list[int] = []
        self._times = times

    async def __call__(self, tx: Reader) -> list[str]:
        self.threads.append(threading.get_ident())
        names: list[str] = []
        for _ in range(self._times):
            names = [user.name for user in await tx.select(Query(User).by("id"))]
        return names

    @property
    def is_on_loop(self) -> list[bool]:
        return [thread == threading.get_ident() for thread in self.threads]


@asynccontextmanager
async def _opened(path: Path, **options: Any) -> AsyncIterator[SqliteStorage]:
    storage = SqliteStorage(path, **options)
    await storage.open()
    try:
        yield storage
    finally:
        await storage.close()


async def _fill(storage: SqliteStorage, *names: str) -> None:
    at = now()
    users = [
        User(tenant_id=ACME, id=f"{i:05}", name=name, created_at=at, updated_at=at)
        for i, name in enumerate(names)
    ]
    tenant = Tenant(tenant_id=ACME, created_at=at, updated_at=at)
    await storage.write(ACME, lambda tx: tx.insert(tenant, absent=True))
    await storage.write(ACME, lambda tx: tx.insert(*users))


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[SqliteStorage]:
    async with _opened(tmp_path / "chats.db") as storage:
        if storage._loop_reader is None:
            pytest.skip("The file system cannot tell what is in memory.")
        yield storage


async def test_what_is_in_memory_is_read_on_the_loop(storage: SqliteStorage) -> None:
    await _fill(storage, "a", LONG)
    unit = Unit()
    assert await storage.read(ACME, unit) == ["a", LONG]
    assert unit.is_on_loop == [True]


async def test_a_read_sees_what_was_written_before_it(storage: SqliteStorage) -> None:
    await _fill(storage, "0")
    for number in map(str, range(1, 20)):

        async def rename(tx: Transaction, name: str = number) -> None:
            await tx.update(User, "00000", name=name, updated_at=now())

        await storage.write(ACME, rename)
        assert await storage.read(ACME, Unit()) == [number]


async def test_an_error_of_the_unit_is_raised_and_the_unit_runs_once(
    storage: SqliteStorage,
) -> None:
    threads: list[int] = []

    async def work(_: Reader) -> None:
        threads.append(threading.get_ident())
        raise NotFound("There is none.")

    with pytest.raises(NotFound, match="There is none"):
        await storage.read(ACME, work)
    assert threads == [threading.get_ident()]


# What is not in memory


def _evict(descriptor: int, keep: Callable[[bytes], bool] = lambda _: False) -> None:
    """Have the system forget a file, except the pages that are to be kept.

    Whether a page is in memory cannot be asked here: asking has the system begin to read it.
    """
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)  # nothing is read ahead
    places = range(0, os.fstat(descriptor).st_size, 4096)
    kept = [at for at in places if keep(os.pread(descriptor, 4096, at))]
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    for at in kept:
        os.pread(descriptor, 4096, at)


@asynccontextmanager
async def _evicted(path: Path, keep: Callable[[bytes], bool]) -> AsyncIterator[SqliteStorage]:
    """A database with a long text, whose file is in memory only in part."""
    async with _opened(path) as storage:
        if storage._loop_reader is None:
            pytest.skip("The file system cannot tell what is in memory.")
        await _fill(storage, LONG)
    async with _opened(path) as storage:
        assert storage.ownership.descriptor is not None
        _evict(storage.ownership.descriptor, keep)
        yield storage


@pytest.mark.parametrize("keep", [lambda _: False, lambda page: END.encode() not in page])
async def test_what_is_not_in_memory_is_read_on_a_thread(
    tmp_path: Path, keep: Callable[[bytes], bool]
) -> None:
    async with _evicted(tmp_path / "chats.db", keep) as storage:
        unit = Unit()
        assert await storage.read(ACME, unit) == [LONG]
        assert unit.is_on_loop == [True, False]
        assert await storage.read(ACME, unit) == [LONG]  # now it is in memory
        assert unit.is_on_loop == [True, False, True]


async def test_a_log_that_is_not_in_memory_is_read_on_a_thread(storage: SqliteStorage) -> None:
    await _fill(storage, LONG)
    log = os.open(f"{storage.path}-wal", os.O_RDONLY)
    _evict(log)
    os.close(log)
    unit = Unit()
    assert await storage.read(ACME, unit) == [LONG]
    assert unit.is_on_loop == [True, False]


def _lengths(path: Path) -> list[int | None]:
    """The lengths of parts of a file of 9,000 bytes: at its end, and where half and all of them are not in memory."""
    path.write_bytes(b"x" * 9_000)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if not resident._tells(descriptor):
            pytest.skip("The file system cannot tell what is in memory.")
        _evict(descriptor)
        os.pread(descriptor, 1, 0)
        parts = [_part(descriptor, offset) for offset in (0, 2048, 8192)]
        os.pread(descriptor, 1, 8192)
        return [*parts, _part(descriptor, 8192), _part(descriptor, 9_000)]
    finally:
        os.close(descriptor)


def _part(descriptor: int, offset: int) -> int | None:
    part = resident._resident(descriptor, bytearray(4096), offset)
    return None if part is None else len(part)


def test_the_end_of_a_file_is_told_from_what_is_not_in_memory(tmp_path: Path) -> None:
    assert _lengths(tmp_path / "file") == [4096, None, None, 808, 0]


def test_what_is_missing_and_taken_for_the_end_of_a_file_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: whatever was read is all there is."""

    class Wrong:
        preadv, RWF_NOWAIT = os.preadv, os.RWF_NOWAIT

        @staticmethod
        def fstat(_: int) -> Any:
            return os.stat_result([0] * 10)

    monkeypatch.setattr(resident, "os", Wrong)
    assert _lengths(tmp_path / "file") == [4096, 2048, None, 808, 0]


@pytest.mark.parametrize("code", [errno.EOPNOTSUPP, errno.EINVAL])
async def test_a_file_system_that_cannot_tell_has_everything_read_on_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: Any) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "preadv", refuse)
    async with _opened(tmp_path / "chats.db") as storage:
        await _fill(storage, LONG)
        unit = Unit()
        assert await storage.read(ACME, unit) == [LONG]
        assert unit.is_on_loop == [False]


async def test_a_system_without_such_reads_has_everything_read_on_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "RWF_NOWAIT", raising=False)
    async with _opened(tmp_path / "chats.db") as storage:
        unit = Unit()
        await storage.read(ACME, unit)
        assert unit.is_on_loop == [False]


# What takes long


async def _read_at_length(storage: SqliteStorage) -> list[bool]:
    """Read some megabytes, and return whether each attempt was on the loop, and the loop was not held for long."""
    unit = Unit(times=30)
    assert len(await storage.read(ACME, unit)) == 300
    reader = storage._loop_reader
    assert reader is not None
    overdrawn = -reader._files.allowance
    return [*unit.is_on_loop, overdrawn <= resident.INTERVAL]


async def test_a_long_unit_leaves_the_loop_after_a_number_of_steps(storage: SqliteStorage) -> None:
    await _fill(storage, *["a"] * 300)
    assert await _read_at_length(storage) == [True, False, True]


async def test_a_long_unit_that_keeps_the_loop_is_noticed(
    storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault."""
    await _fill(storage, *["a"] * 300)
    monkeypatch.setattr(resident._Files, "spend", lambda *_: False)
    assert await _read_at_length(storage) != [True, False, True]


async def test_pages_count_as_steps(storage: SqliteStorage) -> None:
    await _fill(storage, *["a" * 1_000_000] * 10)
    unit = Unit()
    assert len(await storage.read(ACME, unit)) == 10
    assert unit.is_on_loop == [True, False]


async def _turns_while_reading(storage: SqliteStorage) -> int:
    """Return how often the loop turned while a task read many times without a pause."""
    turns, loop = 0, asyncio.get_running_loop()

    def turn() -> None:
        nonlocal turns
        turns += 1
        handle[0] = loop.call_soon(turn)

    handle = [loop.call_soon(turn)]
    for _ in range(100):
        await storage.read(ACME, Unit())
    handle[0].cancel()
    return turns


async def test_many_short_units_let_the_loop_turn(storage: SqliteStorage) -> None:
    await _fill(storage, *["a"] * 100)
    assert await _turns_while_reading(storage) >= 5
    assert await storage.read(ACME, Unit()) == ["a"] * 100


async def test_many_short_units_that_hold_the_loop_are_noticed(
    storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault."""
    await _fill(storage, *["a"] * 100)
    monkeypatch.setattr(resident, "ALLOWANCE", 1 << 40)
    assert await _turns_while_reading(storage) < 5


async def test_a_unit_that_is_given_up_leaves_no_transaction_open(storage: SqliteStorage) -> None:
    """Also if the engine counts the steps while the transaction ends."""
    await _fill(storage, *["a"] * 100)
    reader = storage._loop_reader
    assert reader is not None
    for _ in range(3_000):
        await storage.read(ACME, Unit())
        assert not reader._connection.in_transaction
    await asyncio.sleep(0)
    unit = Unit()
    await storage.read(ACME, unit)
    assert unit.is_on_loop == [True]


async def test_a_search_runs_on_a_thread(storage: SqliteStorage) -> None:
    threads: list[int] = []

    async def search(tx: Reader) -> None:
        threads.append(threading.get_ident())
        with suppress(Exception):  # what a unit makes of it does not matter
            await tx.search(TextSearch(owner_id="ada", clauses=tuple(clauses("word"))))

    await storage.read(ACME, search)
    assert [thread == threading.get_ident() for thread in threads] == [True, False]


# Who reads on which loop


async def test_a_reader_beside_the_owner_reads_on_threads(storage: SqliteStorage) -> None:
    await _fill(storage, "a")
    async with _opened(storage.path, readonly=True) as beside:
        unit = Unit()
        assert await beside.read(ACME, unit) == ["a"]
        assert unit.is_on_loop == [False]


async def test_the_loop_of_another_thread_reads_on_threads(storage: SqliteStorage) -> None:
    await _fill(storage, "a")
    unit = Unit()
    other = await asyncio.to_thread(_identity_of_reading, storage, unit)
    assert unit.threads
    assert {threading.get_ident(), other}.isdisjoint(unit.threads)


def _identity_of_reading(storage: SqliteStorage, unit: Unit) -> int:
    assert asyncio.run(storage.read(ACME, unit)) == ["a"]
    return threading.get_ident()


async def test_closing_the_reader_leaves_the_locks_of_the_engine(storage: SqliteStorage) -> None:
    assert storage._loop_reader is not None
    before = _locks(storage.path)
    storage._loop_reader.close()
    storage._loop_reader = None
    assert before
    assert _locks(storage.path) == before


def _locks(path: Path) -> list[str]:
    """The locks of this process on the database itself that closing a descriptor would release."""
    mark = f":{path.stat().st_ino} "
    lines = Path("/proc/locks").read_text().splitlines()
    return [line.split(maxsplit=1)[1] for line in lines if "POSIX" in line and mark in line]
