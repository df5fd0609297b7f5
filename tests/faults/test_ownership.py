"""Whose file it is: one process writes, and what is not ours is left as it is."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apsw
import pytest

import hansard
from hansard import errors
from hansard.ids import new_id
from hansard.storage import admin
from hansard.storage.sqlite import files
from hansard.storage.sqlite.ownership import writer_of
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.torture.writer_processes import WriterJob, WriterPool

pytestmark = pytest.mark.anyio

NOBODY = 65534


@pytest.fixture
async def database() -> AsyncIterator[Path]:
    """A database with one message in it, which nobody uses, where any user may reach it."""
    with TemporaryDirectory(prefix="hansard-owned-") as directory:
        path = Path(directory) / "chats.db"
        async with hansard.connect(path, providers=[]) as db:
            talk = await db.scope().conversations.create()
            await db.scope().messages.append(talk.id, [hansard.user("hello")])
        yield path


def content(path: Path) -> bytes:
    return path.read_bytes()


# One writes


async def test_a_file_has_one_owner_by_whatever_name_it_is_reached(database: Path) -> None:
    link = database.with_name("link.db")
    link.symlink_to(database)
    copy = database.with_name("copy.db")
    admin.backup(str(database), copy)
    async with hansard.connect(link, providers=[]) as db:
        for name in (database, link):
            with pytest.raises(errors.DatabaseInUse):
                async with hansard.connect(name, providers=[]):
                    pass
            with pytest.raises(errors.DatabaseInUse):
                admin.restore(str(name), copy)
            assert writer_of(name) == {"pid": os.getpid()}
        assert len((await db.scope().conversations.list()).items) == 1


async def test_who_gives_up_opening_lets_go_of_the_file(database: Path) -> None:
    """At whatever point: a thread goes on with what it began."""
    for turns in range(30):
        db = hansard.connect(database, providers=[])
        opening = asyncio.create_task(db.open())
        for _ in range(turns):
            await asyncio.sleep(0.001)
        opening.cancel()
        [as_failed] = await asyncio.gather(opening, return_exceptions=True)
        if as_failed is None:
            await db.close()
        assert writer_of(database) is None


async def test_a_second_process_may_read_but_not_write(writers: WriterPool, database: Path) -> None:
    order = WriterJob(address=str(database), conversation=new_id(), name="s", writers=1, steps=1)
    async with hansard.connect(database, providers=[]) as db:
        assert isinstance(db.storage, SqliteStorage)
        db.storage.ownership.announce(url="http://127.0.0.1:8765")
        [line] = writers.run(order)
        async with hansard.connect(database, providers=[], readonly=True) as reader:
            assert len((await reader.scope().conversations.list()).items) == 1
    word, _, said = line.partition(" ")
    assert word == "error"
    error = json.loads(said)
    assert error["code"] == "database-in-use"
    assert (error["pid"], error["url"]) == (os.getpid(), "http://127.0.0.1:8765")
    assert str(os.getpid()) in error["message"]
    assert writers.run(order) == ["sent sw0n0", "done sw0n0"]


async def test_a_killed_owner_owns_nothing(writers: WriterPool, database: Path) -> None:
    order = WriterJob(address=str(database), conversation=new_id(), name="s")
    seen: list[dict[str, Any] | None] = []

    def look(line: str) -> bool:
        if line.startswith("done"):
            seen.append(writer_of(database))
        return bool(seen)

    writers.run(order, until=look)
    assert seen[0] is not None
    assert seen[0]["pid"] != os.getpid()
    assert writer_of(database) is None
    async with hansard.connect(database, providers=[]):
        pass


async def test_a_forked_process_cannot_use_its_parents_database(database: Path) -> None:
    async with hansard.connect(database, providers=[]) as db:
        assert isinstance(db.storage, SqliteStorage)
        db.storage._process += 1  # what a fork looks like to the child
        with pytest.raises(errors.StorageError, match="not open in this process"):
            await db.scope().conversations.list()


# What is not ours


def _text(path: Path) -> None:
    path.write_text("Dear diary, this is not a database. " * 100)


def _another(path: Path) -> None:
    path.unlink()
    connection = apsw.Connection(str(path))
    connection.execute(
        "PRAGMA journal_mode = wal; CREATE TABLE notes (text); PRAGMA user_version=1"
    )
    connection.close()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 20 * 4096 + 100])


def _scratched(path: Path) -> None:
    """The first page after its header is overwritten, and with it the list of tables."""
    damaged = bytearray(path.read_bytes())
    damaged[100:4096] = bytes(3996)
    path.write_bytes(damaged)


def _newer(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("INSERT INTO migrations VALUES (99, 'of_tomorrow', 'x')")
    connection.close()


def _otherwise_made(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE migrations SET checksum = 'x' WHERE number = 1")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (_text, errors.NotADatabase),
        (_another, errors.NotADatabase),
        (_empty, errors.NotADatabase),
        (_truncated, errors.NotADatabase),
        (_scratched, errors.NotADatabase),
        (_newer, errors.SchemaTooNew),
        (_otherwise_made, errors.StorageError),
    ],
)
async def test_what_is_not_ours_to_write_is_refused_and_left_alone(
    database: Path, spoil: Callable[[Path], None], error: type[errors.HansardError]
) -> None:
    spoil(database)
    before = content(database)
    for readonly in (True, False):
        storage = SqliteStorage(database, readonly=readonly)
        with pytest.raises(errors.HansardError) as caught:
            await storage.open()
        assert type(caught.value) is error
        assert content(database) == before
    with pytest.raises(error):
        await admin.migrate(str(database))
    assert content(database) == before
    assert writer_of(database) is None


async def test_a_directory_is_not_a_database(tmp_path: Path) -> None:
    with pytest.raises(errors.StorageError, match="is a directory"):
        await SqliteStorage(tmp_path).open()


async def test_an_engine_that_is_too_old_is_refused() -> None:
    with pytest.raises(errors.UnsafeEngine, match=r"3\.53\.1 is too old"):
        files.check_engine("3.53.1")


# What may not be written


def _protect(database: Path, kind: str) -> None:
    """Let everybody read the file, and nobody write it, or anything beside it."""
    database.with_name("chats.db.lock").chmod(0o666)
    database.chmod(0o444 if kind == "file" else 0o644)
    database.parent.chmod(0o755 if kind == "file" else 0o555)


@pytest.mark.parametrize("kind", ["file", "directory"])
async def test_where_nothing_may_be_written_that_is_said(
    writers: WriterPool, database: Path, kind: str
) -> None:
    _protect(database, kind)
    before = content(database)
    path = database if kind == "file" else database.with_name("another.db")
    user = NOBODY if os.geteuid() == 0 else None
    order = WriterJob(address=str(path), conversation=new_id(), name="s", user=user)
    [line] = writers.run(order)
    assert json.loads(line.removeprefix("error "))["code"] == "database-read-only"
    assert content(database) == before
    database.parent.chmod(0o755)
