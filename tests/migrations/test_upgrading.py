"""Bringing a database up to a newer schema: with a copy of what was, alone, and all or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import asyncpg
import pytest

import hansard
from hansard.errors import DatabaseInUse, SchemaOutdated, SchemaTooNew, StorageError, StorageFull
from hansard.storage import admin as storage_admin
from hansard.storage.postgres.migrations import LOCK, applied, migrate
from hansard.storage.postgres.storage import PostgresStorage
from hansard.storage.sql import catalog
from hansard.storage.sql.migrations import Migration, Migrations
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.torture.failing_vfs import failing_disk
from migrations.notes import TOMORROW

pytestmark = pytest.mark.anyio

LATEST = Migrations.builtin("sqlite").latest
NEXT = f"{LATEST + 1:04d}"
HALF = "CREATE TABLE half (a INTEGER) STRICT;\nINSERT INTO nowhere VALUES (1)"


@pytest.fixture
async def today(tmp_path: Path) -> Path:
    """A database of today with a message in it."""
    path = tmp_path / "chats.db"
    async with hansard.connect(path, providers=[]) as db:
        talk = await db.scope().conversations.create(title="Old")
        await db.scope().messages.append(talk.id, [hansard.user("said before")])
    return path


def of_tomorrow(path: Path, tomorrow: Path, **options: Any) -> SqliteStorage:
    migrations = Migrations.load(tomorrow / "sqlite")
    return SqliteStorage(path, schema=TOMORROW, migrations=migrations, **options)


def with_a_fault(engine: str, text: str) -> Migrations:
    """The released migrations, and one more."""
    released = Migrations.builtin(engine)
    broken = Migration(released.latest + 1, "fault", text)
    return Migrations([*released.all, broken], released.functions)


def copies(path: Path) -> list[Path]:
    return list(path.parent.glob("*.backup"))


def facts(path: Path) -> set[str]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found = catalog.facts_sqlite(connection)
    found |= {
        str(row)
        for row in connection.execute("SELECT * FROM migrations WHERE number > 0").fetchall()
    }
    connection.close()
    return found


# SQLite


async def test_a_migration_that_returns_a_row_is_applied_to_its_end(
    tmp_path: Path, today: Path
) -> None:
    """Whether the file is new or older: it is not applied again."""
    for path in (tmp_path / "new.db", today):
        for _ in range(2):
            storage = SqliteStorage(path, migrations=with_a_fault("sqlite", "SELECT 1"))
            await storage.open()
            await storage.close()
        noted = {row for row in facts(path) if f"({LATEST + 1}, 'fault'" in row}
        assert len(noted) == 1
    assert len(copies(today)) == 1


async def test_opening_an_older_file_brings_it_up_and_keeps_a_copy(
    today: Path, tomorrow: Path
) -> None:
    before = facts(today)
    storage = of_tomorrow(today, tomorrow)
    await storage.open()
    await storage.close()
    assert "notes TABLE STRICT" in facts(today)
    [copy] = copies(today)
    assert facts(copy) == before
    aside = storage_admin.restore(str(today), copy)
    assert aside is not None
    assert facts(today) == before
    async with hansard.connect(today, providers=[]) as db:
        [talk] = (await db.scope().conversations.list()).items
        assert [m.text async for m in db.scope().messages.all(talk.id)] == ["said before"]


async def test_a_file_that_is_up_to_date_is_not_copied(today: Path) -> None:
    async with hansard.connect(today, providers=[]):
        assert copies(today) == []


async def test_an_older_file_is_refused_where_it_may_not_be_brought_up(
    today: Path, tomorrow: Path
) -> None:
    before = facts(today)
    for options in ({"migrate": False}, {"readonly": True}):
        with pytest.raises(SchemaOutdated, match=f"{NEXT}_add_notes: run `hansard db migrate`"):
            await of_tomorrow(today, tomorrow, **options).open()
    assert (facts(today), copies(today)) == (before, [])


async def test_a_newer_file_is_refused(today: Path, tomorrow: Path) -> None:
    storage = of_tomorrow(today, tomorrow)
    await storage.open()
    await storage.close()
    before = facts(today)
    for readonly in (False, True):
        with pytest.raises(SchemaTooNew, match=f"schema {LATEST + 1}, this program knows {LATEST}"):
            await SqliteStorage(today, readonly=readonly).open()
    with pytest.raises(SchemaTooNew):
        await storage_admin.state(str(today))
    with pytest.raises(SchemaTooNew):
        await storage_admin.migrate(str(today))
    assert facts(today) == before


async def test_of_two_at_once_one_brings_it_up_and_the_other_is_told(
    today: Path, tomorrow: Path
) -> None:
    storages = [of_tomorrow(today, tomorrow) for _ in range(2)]
    results = await asyncio.gather(*(s.open() for s in storages), return_exceptions=True)
    assert {type(result) for result in results} == {DatabaseInUse, type(None)}
    for storage in storages:
        await storage.close()
    assert len(copies(today)) == 1
    assert "notes TABLE STRICT" in facts(today)


async def test_a_migration_that_fails_midway_changes_nothing_and_says_so(today: Path) -> None:
    before = facts(today)
    storage = SqliteStorage(today, migrations=with_a_fault("sqlite", HALF))
    for _ in range(2):
        with pytest.raises(StorageError, match=f"{NEXT}_fault failed, and nothing was changed: "):
            await storage.open()
    assert (facts(today), copies(today)) == (before, [])
    async with hansard.connect(today, providers=[]) as db:
        assert len((await db.scope().conversations.list()).items) == 1


async def test_a_migration_on_a_full_disk_changes_nothing(today: Path, tomorrow: Path) -> None:
    before = facts(today)
    with failing_disk() as disk:
        disk.set_full(True)
        with pytest.raises(StorageFull):
            await of_tomorrow(today, tomorrow).open()
    assert (facts(today), copies(today)) == (before, [])


# PostgreSQL


@pytest.fixture
async def server(postgres_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


async def test_a_server_program_does_not_bring_up_a_database_by_itself(
    postgres_url: str, server: Any, tomorrow: Path
) -> None:
    migrations = Migrations.load(tomorrow / "postgres")
    before = await catalog.facts_postgres(server)
    with pytest.raises(SchemaOutdated, match=f"{NEXT}_add_notes: run `hansard db migrate`"):
        await PostgresStorage(postgres_url, migrations=migrations).open()
    assert await catalog.facts_postgres(server) == before


async def test_an_empty_database_is_refused_with_what_to_run(
    postgres_server: str, postgres_url: str
) -> None:
    empty = postgres_url + "_empty"
    admin = await asyncpg.connect(f"{postgres_server}/postgres")
    await admin.execute(f"CREATE DATABASE {empty.rsplit('/', 1)[1]}")
    with pytest.raises(SchemaOutdated, match="run `hansard db migrate`"):
        await PostgresStorage(empty).open()
    done = await storage_admin.migrate(empty)
    assert done.applied[0].startswith("0001_")
    async with hansard.connect(empty, providers=[]) as db:
        await db.scope().conversations.create()
    assert (await storage_admin.migrate(empty)).applied == []
    await admin.execute(f"DROP DATABASE {empty.rsplit('/', 1)[1]} WITH (FORCE)")
    await admin.close()


async def test_a_newer_database_is_refused(postgres_url: str, server: Any, tomorrow: Path) -> None:
    await migrate(Migrations.load(tomorrow / "postgres"), server, apply=True)
    for automatic in (False, True):
        with pytest.raises(SchemaTooNew, match=f"schema {LATEST + 1}, this program knows {LATEST}"):
            await PostgresStorage(postgres_url, migrate=automatic).open()


async def test_of_two_at_once_on_a_server_one_brings_it_up(
    postgres_url: str, server: Any, tomorrow: Path
) -> None:
    """Both wait for the same lock, and both have found by then that there is something to do."""
    migrations = Migrations.load(tomorrow / "postgres")
    both = [await asyncpg.connect(postgres_url) for _ in range(2)]
    await server.execute("SELECT pg_advisory_lock($1)", LOCK)
    migrating = [
        asyncio.create_task(migrate(migrations, connection, apply=True)) for connection in both
    ]
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
    async with asyncio.timeout(30):
        while await server.fetchval(waiting) < 2:  # noqa: ASYNC110 - it happens on the server
            await asyncio.sleep(0.005)
    await server.execute("SELECT pg_advisory_unlock($1)", LOCK)
    applied = [[m.label for m in done] for done in await asyncio.gather(*migrating)]
    assert sorted(applied) == [[], [f"{NEXT}_add_notes"]]
    for connection in both:
        await connection.close()


async def test_a_migration_that_fails_on_a_server_changes_nothing(
    postgres_url: str, server: Any
) -> None:
    text = HALF.replace("half (a INTEGER) STRICT", "hansard.half (a bigint)")
    before = await catalog.facts_postgres(server), await applied(server)
    storage = PostgresStorage(postgres_url, migrations=with_a_fault("postgres", text), migrate=True)
    with pytest.raises(StorageError, match=f"{NEXT}_fault failed, and nothing was changed: "):
        await storage.open()
    assert (await catalog.facts_postgres(server), await applied(server)) == before
