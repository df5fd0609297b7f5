"""Which file it is: links, files that are taken away, locks that are removed, and what killed processes left."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

import hansard
from hansard import atomic_files, errors
from hansard.atomic_files import draft
from hansard.ids import new_id
from hansard.storage import admin
from hansard.storage.sqlite import backup as copies
from hansard.storage.sqlite import files, ownership
from hansard.storage.sqlite.ownership import Ownership, writer_of
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.storage.sqlite.write_ahead_log import WriteAheadLog
from hansard.torture.writer_processes import WriterJob, WriterPool

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    path = tmp_path / "chats.db"
    await store(path)
    return path


async def store(path: Path) -> None:
    async with hansard.connect(path, providers=[]) as db:
        await db.scope().conversations.create()


def names(folder: Path) -> set[str]:
    return set(os.listdir(folder))  # noqa: PTH208


# Links


async def test_a_database_is_made_where_its_links_point(tmp_path: Path) -> None:
    disk, home = tmp_path / "disk", tmp_path / "home"
    disk.mkdir()
    home.mkdir()
    (home / "second").symlink_to("../disk/chats.db")
    (home / "first").symlink_to("second")
    async with hansard.connect(home / "first", providers=[]) as db:
        await db.scope().conversations.create()
        assert names(disk) == {"chats.db", "chats.db-wal", "chats.db-shm", "chats.db.lock"}
        with pytest.raises(errors.DatabaseInUse):
            await store(disk / "chats.db")
    assert names(home) == {"first", "second"}
    assert (home / "first").is_symlink()
    copy = home / "copy"
    copy.symlink_to(disk / "copy.db")
    admin.backup(str(home / "first"), copy)
    assert copy.is_symlink()
    assert admin.restore(str(home / "first"), copy) is not None
    assert names(home) == {"first", "second", "copy"}


async def test_links_that_form_a_loop_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    for path in (tmp_path / "one", tmp_path / "one" / "chats.db"):
        with pytest.raises(errors.StorageError, match="leads back to itself"):
            await store(path)
    assert names(tmp_path) == {"one", "two"}


def test_a_file_that_takes_a_name_leaves_a_link_what_it_is(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("target")
    for text in ("new", "newer"):
        with draft(link) as made:
            made.write_text(text)
        assert (link.is_symlink(), (tmp_path / "target").read_text()) == (True, text)
    assert names(tmp_path) == {"link", "target"}


def test_a_name_is_flushed_with_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[tuple[int, set[str]]] = []
    fsync = os.fsync

    def record(descriptor: int) -> None:
        flushed.append((os.fstat(descriptor).st_ino, names(tmp_path)))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    with draft(tmp_path / "file") as made:
        made.write_text("whole")
    (first, before), (last, after) = flushed
    assert (first, last) == ((tmp_path / "file").stat().st_ino, tmp_path.stat().st_ino)
    assert "file" not in before
    assert after == {"file"}


# Taken away


def _remove(path: Path) -> None:
    path.unlink()


def _move(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def _replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


@pytest.mark.parametrize("name", ["chats.db", "chats.db-wal"])
@pytest.mark.parametrize("take", [_remove, _move, _replace])
async def test_nothing_is_acknowledged_when_the_file_was_taken_away(
    database: Path, name: str, take: Callable[[Path], None]
) -> None:
    async with hansard.connect(database, providers=[]) as db:
        await db.scope().conversations.create()
        take(database.with_name(name))
        with pytest.raises(errors.StorageError, match="was removed or replaced"):
            await db.scope().conversations.create()
        health = await db.storage.health()
        assert (health.faults, health.fenced) == (("file-replaced",), True)
        assert health.reason is not None
        assert str(database) in health.reason


@pytest.mark.parametrize("name", ["chats.db", "chats.db-wal"])
async def test_what_is_taken_away_during_a_commit_is_not_acknowledged(
    database: Path, name: str
) -> None:
    async with hansard.connect(database, providers=[]) as db:
        await db.scope().conversations.create()

        async def work(tx: Any) -> None:
            await tx.update(hansard.User, "me", name="Ada", updated_at=db.clock())
            os.remove(database.with_name(name))  # noqa: PTH107

        with pytest.raises(errors.OutcomeUnknown):
            await db.storage.write("local", work)


async def test_a_file_that_comes_back_is_written_again(database: Path) -> None:
    async with hansard.connect(database, providers=[]) as db:
        await db.scope().conversations.create()
        elsewhere = database.with_name("elsewhere")
        os.rename(database, elsewhere)  # noqa: PTH104
        with pytest.raises(errors.StorageError):
            await db.scope().conversations.create()
        os.rename(elsewhere, database)  # noqa: PTH104
        await db.scope().conversations.create()
        assert len((await db.scope().conversations.list()).items) == 3


async def test_without_the_look_a_removed_file_is_written_to(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault."""
    for kind in (Ownership, WriteAheadLog):
        monkeypatch.setattr(kind, "holds", lambda _: True)
    async with hansard.connect(database, providers=[]) as db:
        os.remove(database)  # noqa: PTH107
        await db.scope().conversations.create()


# Locks


async def test_who_removes_the_lock_file_lets_nobody_in(
    writers: WriterPool, database: Path
) -> None:
    order = WriterJob(address=str(database), conversation=new_id(), name="s", writers=1, steps=1)
    lock = database.with_name("chats.db.lock")
    async with hansard.connect(database, providers=[]) as db:
        for _ in range(2):
            os.remove(lock)  # noqa: PTH107
            [line] = writers.run(order)
            assert '"code": "database-in-use"' in line
            with pytest.raises(errors.DatabaseInUse):
                await SqliteStorage(database).open()
            assert writer_of(database) is not None
        await db.scope().conversations.create()
    assert writers.run(order) == ["sent sw0n0", "done sw0n0"]


async def test_without_the_lock_on_the_file_a_second_owner_comes_in(
    writers: WriterPool, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault."""
    monkeypatch.setattr(atomic_files, "LOCKS", False)
    order = WriterJob(address=str(database), conversation=new_id(), name="s", writers=1, steps=1)
    async with hansard.connect(database, providers=[]):
        os.remove(database.with_name("chats.db.lock"))  # noqa: PTH107
        assert writers.run(order) == ["sent sw0n0", "done sw0n0"]


async def test_an_owner_that_closes_leaves_a_reader_of_the_process_its_locks(
    writers: WriterPool, database: Path
) -> None:
    """Else the next process would take the log away beneath it."""
    async with hansard.connect(database, providers=[], readonly=True) as reader:
        before = len((await reader.scope().conversations.list()).items)
        for _ in range(3):
            await store(database)
        writers.run(WriterJob(address=str(database), conversation=new_id(), name="s", steps=1))
        assert len((await reader.scope().conversations.list()).items) == before + 3
        assert len((await reader.scope("acme", "ada").conversations.list()).items) == 1
        assert WriteAheadLog(database).path.exists()
    await store(database)
    assert str(database) not in {str(path) for _, path in ownership._parked}


# What was left


def test_drafts_of_the_dead_are_removed_and_those_of_the_living_are_not(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], check=True, capture_output=True
    )
    gone = int(dead.stdout)
    left = {
        f"chats.db.{gone}.new",
        f"chats.db.{gone}.new-wal",
        f"chats.db.schema2.20260101T000000.backup.{gone}.new",
        f"chats.db.{os.getpid()}-0123abcd.new",  # a process id may come again
    }
    kept = {
        f"chats.db.{os.getpid()}.new",
        "chats.db.new",
        "chats.db.mine.new",
        f"other.db.{gone}.new",
    }
    for name in left | kept:
        (tmp_path / name).touch()
    with draft(path.with_name("chats.db.copy")) as living:
        atomic_files.sweep(path)
        assert names(tmp_path) == kept | {living.name}


def test_the_owner_removes_what_a_killed_migration_left(tmp_path: Path) -> None:
    database = tmp_path / "chats.db"
    kill = (
        "import os, sys\nfrom pathlib import Path\nfrom hansard.atomic_files import draft\n"
        "with draft(Path(sys.argv[1])) as made:\n made.write_bytes(b'half'); print(made.name, flush=True); os._exit(9)"
    )
    target = f"{database}.schema1.20260101T000000.backup"
    ended = subprocess.run(
        [sys.executable, "-c", kill, target], check=False, capture_output=True, text=True
    )
    assert ended.stdout.strip() in names(database.parent)
    asyncio.run(store(database))
    assert names(database.parent) == {"chats.db", "chats.db.lock"}


# Copies


async def test_a_backup_beside_a_writing_process_ends(
    writers: WriterPool, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "PAGES", 1)
    async with hansard.connect(database, providers=[]) as db:
        large = [hansard.user("y" * 1_000_000) for _ in range(12)]
        talk = await db.scope().conversations.create()
        await db.scope().messages.append(talk.id, large)
    order = WriterJob(address=str(database), conversation=new_id(), name="s", writers=4)
    copy = database.with_name("copy.db")

    def look(line: str) -> bool:
        if not line.startswith("done") or not _begins_anew(database):
            return False
        admin.backup(str(database), copy)
        return True

    writers.run(order, until=look)
    async with hansard.connect(copy, providers=[]) as db:
        assert len((await db.scope("acme", "ada").conversations.list()).items) == 1
    assert await admin.verify(str(copy)) == []


def _begins_anew(database: Path) -> bool:
    """The control: without a transaction, a copy of a page at a time is begun again when somebody writes."""
    source, made = files.connect(database, readonly=True), apsw.Connection(":memory:")
    anew = False
    try:
        with made.backup("main", source, "main") as running:
            running.step(20)
            left = running.remaining
            while not running.done and running.remaining <= left:
                left = running.remaining
                running.step(1)
            anew = running.remaining > left
    finally:
        made.close()
        source.close()
    return anew


async def test_a_backup_is_not_put_beside_the_log_of_another_file(database: Path) -> None:
    copy = database.with_name("copy.db")
    copy.with_name("copy.db-wal").symlink_to(database)
    with pytest.raises(errors.AlreadyExists, match=r"copy\.db-wal"):
        admin.backup(str(database), copy)
    assert "copy.db" not in names(database.parent)
