"""API keys: stored encrypted, and never returned."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard import Database, Services
from hansard.errors import InvalidConfig, InvalidInput, NotFound, Undecipherable
from hansard.model.sealed import SealedSecret
from hansard.root_keys import RootKeys
from hansard.storage.query import Query

pytestmark = pytest.mark.anyio

VALUE = "sk-canary-0123456789"


async def sealed(db: Database, tenant: str = "acme") -> list[SealedSecret]:
    return await db.storage.read(tenant, lambda tx: tx.select(Query(SealedSecret).by("id")))


async def test_a_key_is_known_by_its_fingerprint_and_its_end(ada: Services) -> None:
    key = await ada.api_keys.create("work", f" {VALUE}\n")
    assert (key.fingerprint, key.ending) == ("782a873f91fd", "6789")
    assert (await ada.api_keys.create("short", "eight888")).ending == ""
    replaced = await ada.api_keys.update(key.id, value="sk-other-0123456789a")
    assert (replaced.fingerprint != key.fingerprint, replaced.ending) == (True, "789a")
    renamed = await ada.api_keys.update(key.id, name="home")
    assert renamed.fingerprint == replaced.fingerprint


@pytest.mark.parametrize("value", ["", "seven77", "with space in it", "quoted“key”", "x" * 8_001])
async def test_what_cannot_be_a_key_is_refused_and_not_quoted(ada: Services, value: str) -> None:
    key = await ada.api_keys.create("work", VALUE)
    for refused in (ada.api_keys.create("other", value), ada.api_keys.update(key.id, value=value)):
        with pytest.raises(InvalidInput) as error:
            await refused
        assert error.value.pointer == "/value"
        assert not value or value not in error.value.message
    assert await ada.api_keys.list() == [key]


async def test_a_repeated_creation_is_one_key_and_another_value_is_refused(
    db: Database, ada: Services
) -> None:
    key = await ada.api_keys.create("work", VALUE)
    assert await ada.api_keys.create("work", VALUE, id=key.id) == key
    with pytest.raises(hansard.AlreadyExists):
        await ada.api_keys.create("work", f"{VALUE}x", id=key.id)
    assert [db.vault.open(row) for row in await sealed(db)] == [{"value": VALUE}]


async def test_a_deleted_key_is_taken_from_its_providers_and_given_back(
    ada: Services, bob: Services
) -> None:
    key = await ada.api_keys.create("work", VALUE)
    with pytest.raises(NotFound) as refused:
        await bob.providers.create("theirs", "openai", api_key_id=key.id)
    assert refused.value.pointer == "/api_key_id"
    first = await ada.providers.create("first", "openai", api_key_id=key.id)
    second = await ada.providers.create("second", "openai", api_key_id=key.id)
    deleted = await ada.api_keys.delete(key.id)
    assert deleted.unlinked == (first.id, second.id)
    assert [p.api_key_id for p in await ada.providers.list()] == [None, None]
    other = await ada.api_keys.create("other", VALUE)
    await ada.providers.update(second.id, api_key_id=other.id)
    assert (await ada.api_keys.restore(key.id)).unlinked == ()
    assert [p.api_key_id for p in await ada.providers.list()] == [key.id, other.id]


async def test_a_purged_key_leaves_nothing(db: Database, ada: Services) -> None:
    key = await ada.api_keys.create("work", VALUE)
    provider = await ada.providers.create("first", "openai", api_key_id=key.id)
    await ada.providers.delete(provider.id)
    await ada.api_keys.delete(key.id)
    assert len(await sealed(db)) == 1
    await ada.api_keys.purge(key.id)
    assert await sealed(db) == []
    assert (await ada.providers.restore(provider.id)).api_key_id is None


async def test_a_secret_that_was_moved_to_another_user_is_not_opened(
    db: Database, ada: Services, bob: Services
) -> None:
    mine = await ada.api_keys.create("work", VALUE)
    theirs = await bob.api_keys.create("work", "sk-of-bob-0123456789")
    rows = {row.id: row for row in await sealed(db)}
    moved = rows[mine.id]
    changes: dict[str, Any] = {"data_key": moved.data_key, "content": moved.content}
    await db.storage.write("acme", lambda tx: tx.update(SealedSecret, theirs.id, **changes))
    by_id = {row.id: row for row in await sealed(db)}
    assert db.vault.open(by_id[mine.id]) == {"value": VALUE}
    with pytest.raises(Undecipherable):
        db.vault.open(by_id[theirs.id])


async def test_a_new_root_key_replaces_the_old_one_everywhere(
    db: Database, ada: Services, tmp_path: Path, address: str
) -> None:
    eve = db.scope("globex", "eve")
    keys = [await who.api_keys.create(f"k{i}", f"{VALUE}{i}") for who in (ada, eve) for i in "abc"]
    before = {row.root_id for tenant in ("acme", "globex") for row in await sealed(db, tenant)}
    assert await db.vault.rotate() == len(keys)
    rows = [row for tenant in ("acme", "globex") for row in await sealed(db, tenant)]
    assert before.isdisjoint(row.root_id for row in rows)
    assert len({row.root_id for row in rows}) == 1
    values = {row.id: db.vault.open(row)["value"] for row in rows}
    assert values == {key.id: f"{VALUE}{'abcabc'[i]}" for i, key in enumerate(keys)}
    await db.vault.rotate(drop=True)
    [row, *_] = await sealed(db)
    if address != "memory:":
        [left] = RootKeys(tmp_path / "root.key").load()
        assert left.id == row.root_id


async def test_a_copy_from_before_a_new_root_key_is_read_unless_the_old_one_is_dropped(
    tmp_path: Path,
) -> None:
    file, copy = tmp_path / "chats.db", tmp_path / "copy.db"
    async with hansard.connect(file, providers=[]) as db:
        await db.scope().api_keys.create("work", VALUE)
    shutil.copyfile(file, copy)

    def again() -> hansard.Database:
        return hansard.connect(copy, providers=[], root_key_file=tmp_path / "chats.db.key")

    async with hansard.connect(file, providers=[]) as db:
        await db.vault.rotate()
    async with again() as db:
        [row] = await sealed(db, "local")
        assert db.vault.open(row) == {"value": VALUE}
    async with hansard.connect(file, providers=[]) as db:
        await db.vault.rotate(drop=True)
    with pytest.raises(InvalidConfig, match="is missing"):
        await again().open()


async def test_an_interrupted_rotation_is_finished_by_the_next(
    db: Database, ada: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ada.api_keys.create("work", VALUE)
    with monkeypatch.context() as broken:
        broken.setattr(RootKeys, "drop_others", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await db.vault.rotate(drop=True)
    [row] = await sealed(db)
    assert db.vault.open(row) == {"value": VALUE}
    assert await db.vault.rotate() == 1
    [row] = await sealed(db)
    assert db.vault.open(row) == {"value": VALUE}


@pytest.mark.parametrize("address", ["sqlite", "postgres"], indirect=True)
async def test_without_its_root_key_a_database_with_keys_does_not_open(
    address: str, tmp_path: Path
) -> None:
    file = tmp_path / "root.key"
    async with hansard.connect(address, providers=[]) as db:
        key = await db.scope().api_keys.create("work", VALUE)
        plain = await db.scope().conversations.create(title="Plain")
    kept = file.rename(tmp_path / "moved")
    with pytest.raises(InvalidConfig, match="Restore the file"):
        await hansard.connect(address, providers=[]).open()
    RootKeys(file).create()
    with pytest.raises(InvalidConfig, match="is missing"):
        await hansard.connect(address, providers=[]).open()
    kept.rename(file)
    file.chmod(0o644)
    with pytest.raises(InvalidConfig, match="chmod 600"):
        await hansard.connect(address, providers=[]).open()
    file.chmod(0o600)
    async with hansard.connect(address, providers=[]) as db:
        assert [key] == await db.scope().api_keys.list()
        assert (await db.scope().conversations.get(plain.id)).title == "Plain"


@pytest.mark.parametrize("address", ["sqlite", "postgres"], indirect=True)
async def test_what_a_lost_root_key_encrypted_can_be_forgotten(
    address: str, tmp_path: Path
) -> None:
    async with hansard.connect(address, providers=[]) as db:
        key = await db.scope().api_keys.create("work", VALUE)
    (tmp_path / "root.key").unlink()
    async with hansard.connect(address, providers=[]).vault.opened() as vault:
        assert [(use.present, use.secrets) for use in await vault.uses()] == [(False, 1)]
        assert await vault.forget() == 1
    async with hansard.connect(address, providers=[]) as db:
        me = db.scope()
        provider = await me.providers.create("mine", "openai", api_key_id=key.id)
        told = await me.providers.test(provider.id)
        assert (told.code, told.message) == (
            "provider-refused",
            "The API key of mine has no value: enter it again.",
        )
        await me.api_keys.update(key.id, value=VALUE)
        [row] = await sealed(db, "local")
        assert db.vault.open(row) == {"value": VALUE}


@pytest.mark.parametrize("address", ["postgres"], indirect=True)
async def test_servers_of_one_database_need_a_root_key_that_is_configured(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HANSARD_ROOT_KEY_FILE")
    async with hansard.connect(address, providers=[]) as db:
        with pytest.raises(InvalidConfig, match="HANSARD_ROOT_KEY"):
            await db.scope().api_keys.create("work", VALUE)
        assert await db.scope().api_keys.list() == []


@pytest.mark.parametrize("address", ["postgres"], indirect=True)
async def test_servers_that_make_the_first_root_key_at_once_make_one(address: str) -> None:
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(hansard.connect(address, providers=[]))
            for _ in range(4)
        ]
        made = [db.scope().api_keys.create(f"k{i}", VALUE) for i, db in enumerate(servers)]
        await asyncio.gather(*made)
    async with hansard.connect(address, providers=[]) as db:
        rows = await sealed(db, "local")
        assert [db.vault.open(row) for row in rows] == [{"value": VALUE}] * 4


@pytest.mark.parametrize("address", ["postgres"], indirect=True)
async def test_a_key_that_is_stored_during_rotations_is_not_lost(address: str) -> None:
    async def store(db: Database) -> None:
        for i in range(20):
            await db.scope().api_keys.create(f"k{i}", VALUE)

    async def rotate(db: Database) -> None:
        for _ in range(5):
            await db.vault.rotate(drop=True)

    async with AsyncExitStack() as stack:
        one, two, three = [
            await stack.enter_async_context(hansard.connect(address, providers=[]))
            for _ in range(3)
        ]
        await asyncio.gather(store(one), rotate(two), rotate(three))
    async with hansard.connect(address, providers=[]) as db:
        rows = await sealed(db, "local")
        assert [db.vault.open(row) for row in rows] == [{"value": VALUE}] * 20
