"""The second wall around a tenant: statements that forget to name it, on PostgreSQL.

The program may sign in as a superuser, as the role that owns the tables, or as one that row security does not bind: it
then works as another role. Or it signs in as a role that serves and owns nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from hansard.errors import StorageError, UnsafeEngine
from hansard.storage import admin as storage_admin
from hansard.storage.postgres.storage import PostgresStorage
from hansard.storage.tables import SCHEMA
from hansard.testing.factories import Factory, insert
from indexing import index_little

pytestmark = pytest.mark.anyio

INDEXES = ["messages_terms", "messages_pending", "artifact_texts_terms", "artifact_texts_pending"]
TABLES = [*(table.name for table in SCHEMA.tables), *INDEXES]


@pytest.fixture(params=["superuser", "owner", "owner above row security", "one that serves"])
async def url(request: pytest.FixtureRequest, postgres_server: str) -> AsyncIterator[str]:
    """A new database for a role that signs in."""
    name = f"walled_{uuid4().hex}"
    admin = await asyncpg.connect(f"{postgres_server}/postgres")
    found = f"{postgres_server}/{name}"
    await admin.execute(f"CREATE DATABASE {name}")
    served = await _sign_in(admin, found, request.param)
    yield served
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.execute(f"DROP ROLE IF EXISTS {name}")
    await admin.close()


async def _sign_in(admin: Any, url: str, role: str) -> str:
    """Migrate the database, and give the URL to serve with."""
    name = url.rpartition("/")[2]
    own = f"postgresql://{name}:wall@{url.rpartition('@')[2]}"
    if role == "superuser":
        await storage_admin.migrate(url)
        return url
    above = "BYPASSRLS" if "above" in role else "NOBYPASSRLS"
    await admin.execute(f"CREATE ROLE {name} LOGIN NOSUPERUSER {above} PASSWORD 'wall'")
    if role == "one that serves":
        await storage_admin.migrate(url)
        inside = await asyncpg.connect(url)
        await inside.execute(f"GRANT INSERT ON hansard.messages TO {name}")
        await inside.close()
        await storage_admin.migrate(url)
    else:
        await admin.execute(f"ALTER DATABASE {name} OWNER TO {name}")
        await storage_admin.migrate(own)
    return own


@pytest.fixture
async def storage(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PostgresStorage]:
    """With a row of every table in the tenant acme; some are indexed, and one is not."""
    index_little(monkeypatch)
    opened = PostgresStorage(url)
    await opened.open()
    factory = Factory()
    for table in SCHEMA.tables:
        rows = factory.make(table.record)
        await opened.write("acme", lambda tx, r=rows: insert(tx, r))
    for name in ("messages", "artifact_texts"):
        await opened._complete("acme", name)
        rows = factory.make(SCHEMA.named(name).record)
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


async def test_a_statement_that_names_no_tenant_sees_its_own_alone(
    storage: PostgresStorage,
) -> None:
    assert await seen(storage, "acme") == set(TABLES)
    assert await seen(storage, "globex") == set()


async def test_without_a_tenant_there_is_nothing(storage: PostgresStorage) -> None:
    """A transaction that never said whose it is, on a connection that was another's before."""
    assert await seen(storage, "acme") == set(TABLES)
    async with storage._connection() as connection:
        for table in TABLES:
            assert await connection.fetch(f"SELECT FROM hansard.{table}") == []


async def test_a_statement_that_names_no_tenant_changes_its_own_alone(
    storage: PostgresStorage,
) -> None:
    async def spoil(tx: Any) -> None:
        await tx.run("UPDATE hansard.conversations SET title = 'spoilt'", ())
        await tx.run("DELETE FROM hansard.feed", ())

    await storage.write("globex", spoil)
    async with storage._connection(tenant="acme") as connection:
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


async def test_who_serves_owns_nothing_and_is_bound(storage: PostgresStorage) -> None:
    async def look(tx: Any) -> tuple[Any, ...]:
        text = """
            SELECT rolsuper OR rolbypassrls,
                EXISTS (SELECT FROM pg_class WHERE relowner = r.oid OR pg_has_role(relowner, 'MEMBER')
                    AND relnamespace = 'hansard'::regnamespace)
            FROM pg_roles AS r WHERE rolname = current_user
        """
        return tuple((await tx.rows(text, ()))[0])

    assert await storage.read("acme", look) == (False, False)
    assert await storage.write("acme", look) == (False, False)


async def test_who_serves_cannot_take_a_wall_down(storage: PostgresStorage) -> None:
    for text in (
        "ALTER TABLE hansard.messages NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON hansard.messages",
        "DELETE FROM hansard.migrations",
        "UPDATE hansard.feed_epoch SET value = 7",
        "CREATE TABLE hansard.mine (n int)",
    ):

        async def try_it(tx: Any, text: str = text) -> None:
            await tx.run(text, ())

        with pytest.raises(StorageError, match=r"permission denied|must be owner"):
            await storage.write("acme", try_it)


async def test_functions_are_not_for_everybody(url: str, postgres_server: str) -> None:
    name = url.rpartition("/")[2]
    stranger = f"stranger_{name[-12:]}"
    admin = await asyncpg.connect(f"{postgres_server}/{name}")
    await admin.execute(f"CREATE ROLE {stranger}")
    allowed = await admin.fetch(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'hansard'::regnamespace "
        f"AND has_function_privilege('{stranger}', oid, 'EXECUTE')"
    )
    paths = await admin.fetch(
        "SELECT proconfig FROM pg_proc WHERE pronamespace = 'hansard'::regnamespace AND prosecdef"
    )
    await admin.execute(f"DROP ROLE {stranger}")
    await admin.close()
    assert allowed == []
    assert {tuple(row[0]) for row in paths} == {("search_path=pg_catalog, pg_temp",)}


@pytest.mark.parametrize("url", ["owner"], indirect=True)
async def test_an_owner_that_serves_is_found_out(
    storage: PostgresStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_role", "none")
    assert await seen(storage, "globex") == {"tenants", *INDEXES}


@pytest.mark.parametrize("url", ["one that serves"], indirect=True)
async def test_a_role_that_may_not_serve_is_told_what_to_do(url: str, postgres_server: str) -> None:
    """A role without grants, and one that owns the tables but not the database."""
    name = url.rpartition("/")[2]
    admin = await asyncpg.connect(f"{postgres_server}/{name}")
    await admin.execute(f"REVOKE INSERT ON ALL TABLES IN SCHEMA hansard FROM {name}")
    with pytest.raises(UnsafeEngine, match=f"GRANT INSERT ON hansard.messages TO {name}"):
        await PostgresStorage(url).open()
    await admin.execute(f"ALTER TABLE hansard.messages OWNER TO {name}")
    with pytest.raises(UnsafeEngine, match=f"ALTER DATABASE {name} OWNER TO {name}"):
        await PostgresStorage(url).open()
    await admin.execute(
        f"ALTER TABLE hansard.messages OWNER TO postgres; GRANT INSERT ON hansard.messages TO {name}"
    )
    await admin.close()
    await storage_admin.migrate(f"{postgres_server}/{name}")
    repaired = PostgresStorage(url)
    await repaired.open()
    await repaired.close()


async def test_a_wall_that_is_taken_down_is_refused(url: str, postgres_server: str) -> None:
    admin = await asyncpg.connect(f"{postgres_server}/{url.rsplit('/', 1)[1]}")
    await admin.execute("ALTER TABLE hansard.messages DISABLE ROW LEVEL SECURITY")
    await admin.close()
    with pytest.raises(UnsafeEngine, match="messages"):
        await PostgresStorage(url).open()
