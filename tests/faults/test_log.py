"""The log that a killed process left: read into the file it belongs to, and into no other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

import hansard
from hansard.errors import HansardError, StorageError
from hansard.ids import new_id
from hansard.storage import admin
from hansard.storage.sqlite.write_ahead_log import WriteAheadLog
from hansard.torture.ledger import Ledger, drafts_of
from hansard.torture.power_loss_vfs import cut
from hansard.torture.writer_processes import WriterJob, WriterPool

pytestmark = pytest.mark.anyio

TALK = new_id()
MOMENTS = range(6, 12)
"""Flushes after those that make a file, while its owner begins to write."""


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    path = tmp_path / "chats.db"
    await store(path, "first")
    return path


async def store(path: Path, *steps: str) -> None:
    """Store steps, and close the database."""
    async with hansard.connect(path, providers=[]) as db:
        ada = db.scope("acme", "ada")
        await ada.conversations.create(id=TALK)
        for step in steps:
            await ada.messages.append(TALK, drafts_of(step))


def crash(writers: WriterPool, path: Path, name: str, steps: int = 3) -> None:
    """Have a writer killed after some steps, so that its log is left."""
    done: list[str] = []

    def enough(line: str) -> bool:
        done.extend([line] if line.startswith("done") else [])
        return len(done) == steps

    writers.run(WriterJob(address=str(path), conversation=TALK, name=name, writers=1), until=enough)
    assert WriteAheadLog(path).size


async def texts(path: Path) -> set[str]:
    async with hansard.connect(path, providers=[]) as db:
        ada = db.scope("acme", "ada")
        return {message.text async for message in ada.messages.all(TALK)}


def names(folder: Path) -> list[str]:
    return os.listdir(folder)  # noqa: PTH208


def files_of(path: Path) -> dict[str, bytes]:
    return {found.name: found.read_bytes() for found in (path, path.with_name("chats.db-wal"))}


# Belonging


async def test_a_log_that_belongs_is_read_after_every_crash(
    writers: WriterPool, database: Path
) -> None:
    for number in range(3):
        crash(writers, database, f"s{number}")
    there = await texts(database)
    for number in range(3):
        assert {draft.content for draft in drafts_of(f"s{number}w0n2")} <= there
    assert await admin.verify(str(database)) == []


async def _before_the_crash(writers: WriterPool, database: Path, copy: Path) -> None:
    """A copy of the closed file from just before the writer that was killed."""
    shutil.copyfile(database, copy)
    crash(writers, database, "s")


async def _long_before(writers: WriterPool, database: Path, copy: Path) -> None:
    shutil.copyfile(database, copy)
    await store(database, *(f"later{i}" for i in range(30)))
    crash(writers, database, "s")


async def _by_us(writers: WriterPool, database: Path, copy: Path) -> None:
    """A backup that was made after the crash, of the very state that the log leads to."""
    crash(writers, database, "s")
    admin.backup(str(database), copy)


async def _another(writers: WriterPool, database: Path, copy: Path) -> None:
    await store(copy, "other")
    crash(writers, database, "s")


@pytest.mark.parametrize("prepare", [_before_the_crash, _long_before, _by_us, _another])
async def test_a_copy_that_was_put_beside_a_log_is_not_mixed_with_it(
    writers: WriterPool, database: Path, prepare: Callable[..., object]
) -> None:
    copy = database.with_name("copy.db")
    await prepare(writers, database, copy)  # type: ignore[misc]
    shutil.copyfile(copy, database)
    before = files_of(database)
    for attempt in (lambda: store(database, "more"), lambda: admin.migrate(str(database))):
        with pytest.raises(StorageError, match=r"(?s)chats\.db-wal.*hansard db restore"):
            await attempt()
    assert files_of(database) == before


async def test_without_the_look_a_copy_is_mixed_with_the_log(
    writers: WriterPool, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: what was to be undone comes back, or the file is damaged."""
    copy = database.with_name("copy.db")
    await _before_the_crash(writers, database, copy)
    expected = {draft.content for draft in drafts_of("first")}
    shutil.copyfile(copy, database)
    monkeypatch.setattr(WriteAheadLog, "_belongs", lambda _: True)
    assert await texts(database) != expected


async def test_both_ways_out_lead_out(writers: WriterPool, database: Path) -> None:
    copy, log = database.with_name("copy.db"), database.with_name("chats.db-wal")
    await _long_before(writers, database, copy)
    shutil.copyfile(copy, database)
    aside = admin.restore(str(database), copy)
    assert aside is not None
    assert aside.read_bytes() == copy.read_bytes()
    assert aside.with_name(f"{aside.name}-wal").exists()
    expected = {draft.content for draft in drafts_of("first")}
    assert await texts(database) == expected

    crash(writers, database, "again")
    shutil.copyfile(copy, database)
    log.rename(database.with_name("looked-at"))
    assert await texts(database) == expected


async def test_a_log_without_its_database_is_not_read_into_a_new_one(
    writers: WriterPool, database: Path
) -> None:
    crash(writers, database, "s")
    os.remove(database)  # noqa: PTH107
    with pytest.raises(StorageError, match="its database is not"):
        await store(database, "more")
    assert sorted(names(database.parent)) == ["chats.db-shm", "chats.db-wal", "chats.db.lock"]


async def test_the_log_of_an_older_program_is_judged_by_what_it_makes_of_the_file(
    writers: WriterPool, database: Path
) -> None:
    await store(database, *(f"later{i}" for i in range(30)))
    copy = database.with_name("copy.db")
    shutil.copyfile(database, copy)
    crash(writers, database, "s")
    connection = apsw.Connection(str(database))
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.execute("DELETE FROM migrations WHERE number = 0")
    connection.close()
    assert {draft.content for draft in drafts_of("sw0n2")} <= await texts(database)


async def test_a_log_belongs_though_it_could_not_be_folded_when_its_owner_began(
    writers: WriterPool, tmp_path: Path
) -> None:
    await _begun_badly(writers, tmp_path)


async def test_a_log_that_has_a_second_mark_is_taken_for_anothers(
    writers: WriterPool, tmp_path: Path
) -> None:
    """The planted fault."""
    with pytest.raises(StorageError, match="another state"):
        await _begun_badly(writers, tmp_path, "mark twice")


async def _begun_badly(writers: WriterPool, folder: Path, plant: str = "") -> None:
    """At a different moment each time."""
    for moment in MOMENTS:
        await _begun_badly_once(writers, folder / f"{moment}.db", moment, plant)


async def _begun_badly_once(writers: WriterPool, path: Path, moment: int, plant: str) -> None:
    """A flush fails while a new file is given its mark; its writer goes on, is killed, and the next one looks."""
    done: list[str] = []

    def enough(line: str) -> bool:
        done.extend([line] if line.startswith("done") else [])
        return len(done) == 20

    order = WriterJob(
        address=str(path), conversation=TALK, name="s", writers=1, plant=plant,
        platter=str(path.with_suffix(".platter")), fail_flush=moment,
    )  # fmt: skip
    writers.run(order, until=enough)
    if done:
        stored = {draft.content for line in done for draft in drafts_of(line[5:])}
        assert stored <= await texts(path)


# On the disk

_FAILS = """
import asyncio, os, sys
from pathlib import Path
import hansard
from hansard.torture.ledger import drafts_of
from hansard.torture.power_loss_vfs import PowerLossVFS
from hansard.errors import HansardError
from hansard.storage.sqlite.write_ahead_log import WriteAheadLog

async def main(path, folder, talk, step, fails, plant):
    platter = PowerLossVFS(Path(folder))
    if plant:
        WriteAheadLog.write_again = lambda self: None
    async with hansard.connect(path, providers=[]) as db:
        ada = db.scope("acme", "ada")
        await ada.conversations.get(talk)
        await ada.messages.append(talk, drafts_of(step))
        if fails:
            platter.fail()
            try:
                await ada.messages.append(talk, drafts_of("failed"))
            except HansardError:
                os._exit(0)
            os._exit(1)
        os._exit(0)

asyncio.run(main(*sys.argv[1:5], sys.argv[5] == "fails", sys.argv[6] == "plant"))
"""


def _killed(path: Path, step: str, how: str, plant: str = "") -> None:
    """Have a process store a step on a platter, and be gone without closing the database."""
    arguments = [str(path), str(path.with_name("platter")), TALK, step, how, plant]
    subprocess.run(
        [sys.executable, "-c", _FAILS, *arguments],
        check=True,
    )


async def _after_a_cut(path: Path, plant: str) -> set[str]:
    """What is there when a flush failed, its process was killed, the next one stored, and the power was cut."""
    _killed(path, "one", "fails")
    reader = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    reader.execute("BEGIN; SELECT count(*) FROM messages").fetchall()  # so the log goes on
    _killed(path, "two", "keeps", plant)
    reader.close()
    cut(path.with_name("platter"), path)
    return await texts(path)


async def test_after_a_failed_flush_and_a_kill_what_is_acknowledged_survives_a_power_cut(
    database: Path,
) -> None:
    there = await _after_a_cut(database, "")
    ledger = Ledger()
    for step in ("first", "one", "two"):
        ledger.note(f"sent {step}")
        ledger.note(f"done {step}")
    assert {d.content for step in ledger.acknowledged for d in drafts_of(step)} <= there
    assert await admin.verify(str(database)) == []


async def test_a_log_that_is_not_written_again_has_a_hole(database: Path) -> None:
    """The planted fault."""
    try:
        there = await _after_a_cut(database, "plant")
    except HansardError:
        return
    assert not {draft.content for draft in drafts_of("two")} <= there
