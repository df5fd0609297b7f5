"""What is declared, what the migrations make, and what a database has are one and the same."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import apsw
import asyncpg
import pytest

from hansard.errors import SchemaOutdated
from hansard.storage import admin
from hansard.storage.base import Storage
from hansard.storage.memory.storage import MemoryStorage
from hansard.storage.postgres.migrations import migrate
from hansard.storage.postgres.storage import PostgresStorage
from hansard.storage.schema import Schema
from hansard.storage.sql import autogenerate, catalog
from hansard.storage.sql.migrations import Migrations
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.storage.tables import SCHEMA
from hansard.testing.storage import StorageContract
from migrations.notes import NOTES, RELEASED, TOMORROW, write_revision

pytestmark = pytest.mark.anyio


async def test_a_new_sqlite_database_is_as_declared(tmp_path: Path) -> None:
    address = str(tmp_path / "chats.db")
    await admin.migrate(address)
    state = await admin.state(address)
    assert (state.schema, state.pending, state.differences) == (state.needed, [], [])


async def test_a_new_postgres_database_is_as_declared(postgres_url: str) -> None:
    state = await admin.state(postgres_url)
    assert (state.schema, state.pending, state.differences) == (state.needed, [], [])


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("DROP INDEX ratings_by_conversation_id", "lacks: CREATE INDEX ratings_by_conversation_id"),
        ("ALTER TABLE users ADD COLUMN age INTEGER", "has superfluous: users.age INTEGER"),
        ("CREATE TABLE extra (a INTEGER) STRICT", "has superfluous: extra TABLE STRICT"),
    ],
)
async def test_what_was_changed_by_hand_is_noticed_in_sqlite(
    tmp_path: Path, change: str, difference: str
) -> None:
    address = str(tmp_path / "chats.db")
    await admin.migrate(address)
    connection = apsw.Connection(address)
    connection.execute(change)
    connection.close()
    found = (await admin.state(address)).differences
    assert any(line.startswith(difference) for line in found), found


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("DROP INDEX hansard.ratings_by_conversation_id", "lacks: CREATE INDEX ratings_by_"),
        ("ALTER TABLE hansard.users ADD COLUMN age bigint", "has superfluous: users.age bigint"),
        ("DROP POLICY tenant ON hansard.runs", "lacks: CREATEPOLICYtenantONruns"),
    ],
)
async def test_what_was_changed_by_hand_is_noticed_in_postgres(
    postgres_url: str, change: str, difference: str
) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(change)
    await connection.close()
    found = (await admin.state(postgres_url)).differences
    assert any(line.startswith(difference) for line in found), found


# The next migration


def test_declarations_without_a_change_need_no_migration(tmp_path: Path) -> None:
    shutil.copytree(RELEASED, tmp_path, dirs_exist_ok=True)
    assert autogenerate.write(SCHEMA, tmp_path, "nothing") == []


def test_a_declared_table_gets_its_migration_for_both_engines(tmp_path: Path) -> None:
    written = write_revision(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in written] == [
        f"{engine}/{Migrations.builtin(engine).latest + 1:04d}_add_notes.sql"
        for engine in ("sqlite", "postgres")
    ]
    assert autogenerate.write(TOMORROW, tmp_path, "nothing") == []


async def test_a_database_brought_up_is_as_one_made_anew(
    tmp_path: Path, postgres_url: str, tomorrow: Path
) -> None:
    """From the declarations of tomorrow, and by migrating what today's made."""
    path = tmp_path / "chats.db"
    await admin.migrate(str(path))
    sqlite = SqliteStorage(path, schema=TOMORROW, migrations=Migrations.load(tomorrow / "sqlite"))
    await sqlite.open()
    await sqlite.close()
    connection = apsw.Connection(str(path))
    found = catalog.facts_sqlite(connection)
    connection.close()
    assert catalog.differences(found, catalog.wanted_sqlite(TOMORROW)) == []

    postgres = Migrations.load(tomorrow / "postgres")
    server = await asyncpg.connect(postgres_url)
    await migrate(postgres, server, apply=True)
    there = await catalog.facts_postgres(server)
    await server.close()
    assert catalog.differences(there, catalog.wanted_postgres(TOMORROW)) == []


async def test_a_declaration_without_its_migration_is_noticed(
    tmp_path: Path, postgres_url: str
) -> None:
    await admin.migrate(str(tmp_path / "chats.db"))
    connection = apsw.Connection(str(tmp_path / "chats.db"))
    found = catalog.differences(catalog.facts_sqlite(connection), catalog.wanted_sqlite(TOMORROW))
    connection.close()
    assert "lacks: notes TABLE STRICT" in found
    server = await asyncpg.connect(postgres_url)
    there = await catalog.facts_postgres(server)
    await server.close()
    missing = catalog.differences(there, catalog.wanted_postgres(TOMORROW))
    assert "lacks: ALTER TABLE notes FORCE ROW LEVEL SECURITY" in missing


# A new record type has all verbs, and the wall, on every back end


class NotesContract(StorageContract):
    schema: ClassVar[Schema] = TOMORROW

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "table" in metafunc.fixturenames:
            metafunc.parametrize("table", [NOTES], ids=["notes"])


class TestNotesInMemory(NotesContract):
    @pytest.fixture
    async def storage(self) -> AsyncIterator[Storage]:
        storage = MemoryStorage(TOMORROW)
        await storage.open()
        yield storage
        await storage.close()


class TestNotesInSqlite(NotesContract):
    @pytest.fixture
    async def storage(self, tmp_path: Path, tomorrow: Path) -> AsyncIterator[Storage]:
        today = SqliteStorage(tmp_path / "chats.db")
        await today.open()
        await today.close()
        migrations = Migrations.load(tomorrow / "sqlite")
        refused = SqliteStorage(today.path, schema=TOMORROW, migrations=migrations, migrate=False)
        with pytest.raises(SchemaOutdated, match="add_notes"):
            await refused.open()
        storage = SqliteStorage(today.path, schema=TOMORROW, migrations=migrations)
        await storage.open()
        yield storage
        await storage.close()


class TestNotesInPostgres(NotesContract):
    @pytest.fixture
    async def storage(self, postgres_url: str, tomorrow: Path) -> AsyncIterator[Storage]:
        migrations = Migrations.load(tomorrow / "postgres")
        refused = PostgresStorage(postgres_url, schema=TOMORROW, migrations=migrations)
        with pytest.raises(SchemaOutdated, match="add_notes"):
            await refused.open()
        storage = PostgresStorage(
            postgres_url, schema=TOMORROW, migrations=migrations, migrate=True
        )
        await storage.open()
        yield storage
        await storage.close()
