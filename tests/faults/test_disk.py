"""A disk that is full, and one that fails."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from threading import Event

import pytest

import hansard
from hansard import Services
from hansard.errors import HansardError, OutcomeUnknown, StorageError, StorageFull
from hansard.ids import new_id
from hansard.storage import admin
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.torture import planted_bugs
from hansard.torture.failing_vfs import FailingVFS, Operation, failing_disk
from hansard.torture.faulty_disks import FillableDisk, real_disk, simulated_disk
from hansard.torture.ledger import GuaranteeBroken, Ledger
from hansard.torture.loop_device import NotPossible

pytestmark = pytest.mark.anyio


# Full


@pytest.fixture(params=["layer", "device"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FillableDisk]:
    if request.param == "layer":
        with simulated_disk(tmp_path, "") as found:
            yield found
        return
    try:
        with real_disk(tmp_path) as found:
            yield found
    except NotPossible as reason:
        pytest.skip(f"not run: {reason}")


async def test_a_full_disk_refuses_writing_and_nothing_else(room: FillableDisk) -> None:
    ledger, refused = Ledger(), list[str]()
    async with hansard.connect(room.path / "chats.db", providers=[]) as db:
        ada = db.scope("acme", "ada")
        talk = await ada.conversations.create()
        await ledger.store(ada, talk.id, "before")
        room.fill()
        for number in count():
            try:
                await ledger.store(ada, talk.id, f"s{number}")
            except StorageFull:
                refused.append(f"s{number}")
            if len(refused) == 3:
                break
        assert await ledger.check(ada, talk.id) == ledger.acknowledged
        room.free()
        for step in refused:
            await ledger.store(ada, talk.id, step)
        assert await ledger.check(ada, talk.id) == ledger.sent == ledger.acknowledged
    assert await admin.verify(str(room.path / "chats.db")) == []


async def test_a_batch_that_erases_on_a_full_disk_keeps_what_it_stored(tmp_path: Path) -> None:
    ledger = Ledger()
    with failing_disk() as disk:
        async with hansard.connect(tmp_path / "chats.db", providers=[]) as db:
            ada = db.scope("acme", "ada")
            talk = await ada.conversations.create()
            disk.fill_after_sync()
            gate = Event()

            async def hold(_: object) -> None:
                gate.wait()

            holding = asyncio.create_task(db.storage.write("", hold))
            storing = asyncio.create_task(ledger.store(ada, talk.id, "stored"))
            erasing = asyncio.create_task(db.storage.erase())
            await asyncio.sleep(0)  # all three wait for the writer now
            gate.set()
            await asyncio.gather(holding, storing)
            with pytest.raises(StorageFull):
                await erasing
            assert await ledger.check(ada, talk.id) == {"stored"}
            disk.set_full(False)


async def test_a_database_is_not_made_by_halves_on_a_full_disk(tmp_path: Path) -> None:
    with failing_disk() as disk:
        disk.set_full(True)
        with pytest.raises(StorageFull):
            await SqliteStorage(tmp_path / "chats.db").open()
        assert os.listdir(tmp_path) == ["chats.db.lock"]  # noqa: PTH208 - the names
        disk.set_full(False)
        async with hansard.connect(tmp_path / "chats.db", providers=[]) as db:
            await db.scope().conversations.create()


# Failing


@pytest.mark.parametrize(
    ("operation", "moments"), [("sync", range(12)), ("write", range(0, 80, 4))]
)
async def test_what_a_failing_disk_did_not_keep_is_not_acknowledged(
    tmp_path: Path, operation: Operation, moments: range
) -> None:
    for moment in moments:
        errors = await _failing_once(tmp_path / f"{moment}.db", operation, moment)
        assert any(isinstance(error, OutcomeUnknown) for error in errors)
        assert all(type(error) in (OutcomeUnknown, StorageError) for error in errors)


async def test_a_store_that_takes_no_notice_is_found_out(tmp_path: Path) -> None:
    with (
        planted_bugs.planted("ignore a failed commit"),
        pytest.raises(GuaranteeBroken, match="lost"),
    ):
        await _failing_once(tmp_path / "chats.db", "sync", 3)


async def test_after_a_failed_flush_nothing_is_written_until_the_disk_keeps_the_log(
    tmp_path: Path,
) -> None:
    ledger = Ledger()
    with failing_disk() as disk:
        async with hansard.connect(tmp_path / "chats.db", providers=[]) as db:
            ada = db.scope("acme", "ada")
            talk = await ada.conversations.create()
            disk.fail("sync", times=2)
            with pytest.raises(OutcomeUnknown):
                await ledger.store(ada, talk.id, "one")
            with pytest.raises(StorageError, match="until the log can be flushed again"):
                await ledger.store(ada, talk.id, "two")
            assert (await ada.conversations.get(talk.id)).id == talk.id
            for step in ("one", "two", "three"):
                await ledger.store(ada, talk.id, step)
            assert await ledger.check(ada, talk.id) == {"one", "two", "three"}
    assert await admin.verify(str(tmp_path / "chats.db")) == []


async def _failing_once(path: Path, operation: Operation, moment: int) -> list[HansardError]:
    """Have four writers store while the disk fails once; then open again, and store what is open."""
    ledger, conversation = Ledger(), new_id()
    with failing_disk() as disk:
        async with hansard.connect(path, providers=[]) as db:
            ada = db.scope("acme", "ada")
            await ada.conversations.create(id=conversation)
            disk.fail(operation, after=moment)
            writers = (_until_error(ada, conversation, ledger, f"w{i}", disk) for i in range(4))
            errors = [error for error in await asyncio.gather(*writers) if error]
    async with hansard.connect(path, providers=[]) as db:
        ada = db.scope("acme", "ada")
        await ledger.check(ada, conversation)
        for step in sorted(ledger.unknown):
            await ledger.store(ada, conversation, step)
        assert await ledger.check(ada, conversation) == ledger.sent
    assert await admin.verify(str(path)) == []
    return errors


async def _until_error(
    ada: Services, conversation: str, ledger: Ledger, name: str, disk: FailingVFS
) -> HansardError | None:
    for number in count():
        try:
            await ledger.store(ada, conversation, f"{name}n{number}")
        except HansardError as error:
            return error
        if disk.has_failed:
            return None
    raise AssertionError
