"""The second wall around a tenant: statements that forget to name it, on PostgreSQL.

The program may sign in as a superuser (it then works as another role) or as the role that owns the tables,
whom row security binds only where it is forced.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from hansard.errors import UnsafeEngine
from hansard.storage import upkeep
from hansard.storage.postgres import PostgresStorage
from hansard.storage.tables import SCHEMA
from hansard.testing.factories import Factory, insert

pytestmark = pytest.mark.anyio

TABLES = [*(table.name for table in SCHEMA.tables), "messages_terms"]
OWNERS = {"tenants", "messages_terms"}
"""What the owner of the tables is allowed to see whole, for functions of the owner read it."""


@pytest.fixture(params=["superuser", "owner"])
async def url(request: pytest.FixtureRequest, postgres_server: str) -> AsyncIterator[str]:
    """A new database for a role that signs in."""
    name = f"walled_{uuid4().hex}"
    admin = await asyncpg.connect(f"{postgres_server}/postgres")
    found = f"{postgres_server}/{name}"
    await admin.execute(f"CREATE DATABASE {name}")
    if request.param == "owner":
        await admin.execute(f"CREATE ROLE {name} LOGIN NOSUPERUSER PASSWORD 'wall'")
        await admin.execute(f"ALTER DATABASE {name} OWNER TO {name}")
        found = f"postgresql://{name}:wall@{postgres_server.rpartition('@')[2]}/{name}"
    await upkeep.migrate(found)
    yield found
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.execute(f"DROP ROLE IF EXISTS {name}")
    await admin.close()


@pytest.fixture
async def storage(url: str) -> AsyncIterator[PostgresStorage]:
    """With a row of every table in the tenant acme."""
    opened = PostgresStorage(url)
    await opened.open()
    factory = Factory()
    for table in SCHEMA.tables:
        rows = factory.make(table.record)
        await opened.write("acme", lambda tx, r=rows: insert(tx, r))
    yield opened
    await opened.close()


async def seen(storage: PostgresStorage, tenant: str) -> set[str]:
    """The tables of which statements without a condition see something."""

    async def look(tx: Any) -> set[str]:
        found: set[str] = set()
        for table in TABLES:
            if await tx.rows(f"SELECT FROM hansard.{table} LIMIT 1", ()):
                found.add(table)
        return found

    return await storage.read(tenant, look)


async def allowed(storage: PostgresStorage) -> set[str]:
    """What a stranger may see: nothing, unless the role that works owns the tables."""

    async def look(tx: Any) -> set[str]:
        text = (
            "SELECT tableowner = current_user FROM pg_tables WHERE schemaname = 'hansard' LIMIT 1"
        )
        return OWNERS if (await tx.rows(text, ()))[0][0] else set()

    return await storage.read("globex", look)


async def test_a_statement_that_names_no_tenant_sees_its_own_alone(
    storage: PostgresStorage,
) -> None:
    assert await seen(storage, "acme") == set(TABLES)
    assert await seen(storage, "globex") == await allowed(storage)


async def test_without_a_tenant_there_is_nothing(storage: PostgresStorage) -> None:
    """A transaction that never said whose it is, on a connection that was another's before."""
    assert await seen(storage, "acme") == set(TABLES)
    async with storage._connection() as connection:
        for table in set(TABLES) - await allowed(storage):
            assert await connection.fetch(f"SELECT FROM hansard.{table}") == []


async def test_a_statement_that_names_no_tenant_changes_its_own_alone(
    storage: PostgresStorage,
) -> None:
    async def spoil(tx: Any) -> None:
        await tx.run("UPDATE hansard.conversations SET title = 'spoilt'", ())
        await tx.run("DELETE FROM hansard.feed", ())

    await storage.write("globex", spoil)
    async with storage._connection() as connection, connection.transaction():
        await connection.execute("SELECT set_config('hansard.tenant', 'acme', true)")
        titles = await connection.fetch("SELECT title FROM hansard.conversations")
        assert titles
        assert "spoilt" not in {row[0] for row in titles}
        assert await connection.fetch("SELECT FROM hansard.feed")


async def test_nobody_writes_into_another_tenant(storage: PostgresStorage) -> None:
    async def intrude(tx: Any) -> None:
        await tx.run("UPDATE hansard.users SET tenant_id = 'acme'", ())

    rows = Factory(tenant="globex").make(SCHEMA.named("users").record)
    await storage.write("globex", lambda tx: insert(tx, rows))
    with pytest.raises(Exception, match="row-level security"):
        await storage.write("globex", intrude)


@pytest.mark.parametrize("url", ["owner"], indirect=True)
async def test_a_wall_that_is_not_forced_is_found_out(storage: PostgresStorage, url: str) -> None:
    owner = await asyncpg.connect(url)
    await owner.execute("ALTER TABLE hansard.messages NO FORCE ROW LEVEL SECURITY")
    await owner.close()
    assert await seen(storage, "globex") == OWNERS | {"messages"}
    found = (await upkeep.state(url)).differences
    assert found == ["lacks: ALTER TABLE messages FORCE ROW LEVEL SECURITY"]
    with pytest.raises(UnsafeEngine, match="messages"):
        await PostgresStorage(url).open()


async def test_a_wall_that_is_taken_down_is_refused(url: str, postgres_server: str) -> None:
    admin = await asyncpg.connect(f"{postgres_server}/{url.rsplit('/', 1)[1]}")
    await admin.execute("ALTER TABLE hansard.messages DISABLE ROW LEVEL SECURITY")
    await admin.close()
    with pytest.raises(UnsafeEngine, match="messages"):
        await PostgresStorage(url).open()
