"""What the record rests on in a PostgreSQL database: it is refused where that is not so, with the way out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

import hansard
from hansard.errors import DatabaseReadOnly, HansardError, UnsafeEngine
from hansard.storage import admin as storage_admin
from hansard.storage.postgres.storage import PostgresStorage
from postgres_server import Server

pytestmark = pytest.mark.anyio


@pytest.fixture
async def admin(postgres_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


async def _opened(url: str) -> None:
    storage = PostgresStorage(url)
    await storage.open()
    await storage.close()


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_JP"])
async def test_an_encoding_that_cannot_hold_everything_is_refused(
    postgres_server: str, encoding: str
) -> None:
    name = f"encoded_{uuid4().hex}"
    admin = await asyncpg.connect(f"{postgres_server}/postgres")
    await admin.execute(
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE_PROVIDER libc "
        "LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    url = f"{postgres_server}/{name}"
    with pytest.raises(UnsafeEngine, match=encoding) as refused:
        await storage_admin.migrate(url)
    with pytest.raises(UnsafeEngine, match=encoding):
        await _opened(url)
    statement = "CREATE DATABASE" + refused.value.message.partition("CREATE DATABASE")[2]
    other = f"right_{uuid4().hex}"
    await admin.execute(statement.replace("DATABASE hansard", f"DATABASE {other}"))
    await storage_admin.migrate(f"{postgres_server}/{other}")
    await _opened(f"{postgres_server}/{other}")
    for made in (name, other):
        await admin.execute(f"DROP DATABASE {made} WITH (FORCE)")
    await admin.close()


@pytest.mark.parametrize(
    ("setting", "value", "error"),
    [
        ("standard_conforming_strings", "off", UnsafeEngine),
        ("synchronous_commit", "off", UnsafeEngine),
        ("row_security", "off", UnsafeEngine),
        ("default_transaction_isolation", "serializable", UnsafeEngine),
        ("default_transaction_read_only", "on", DatabaseReadOnly),
    ],
)
async def test_a_setting_that_puts_the_record_at_risk_is_refused_until_it_is_right(
    postgres_url: str, admin: Any, setting: str, value: str, error: type[HansardError]
) -> None:
    """The statement that the error names puts it right."""
    name = postgres_url.rpartition("/")[2]
    await admin.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'")
    with pytest.raises(error, match=setting) as refused:
        await _opened(postgres_url)
    statement = refused.value.message[refused.value.message.index("ALTER ROLE") :]
    await admin.execute(f"SET default_transaction_read_only = off; {statement}")
    await _opened(postgres_url)
    await admin.execute(f"ALTER ROLE postgres IN DATABASE {name} RESET ALL")


async def test_settings_of_taste_change_nothing(postgres_url: str, admin: Any) -> None:
    name = postgres_url.rpartition("/")[2]
    for setting, value in {
        "timezone": "Asia/Kathmandu",
        "datestyle": "German, DMY",
        "bytea_output": "escape",
        "extra_float_digits": "-3",
        "client_encoding": "LATIN1",
        "search_path": "pg_temp",
        "lc_numeric": "C",
    }.items():
        await admin.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'")
    async with hansard.connect(postgres_url, providers=[]) as db:
        ada = db.scope("acme", "ada")
        talk = await ada.conversations.create(title="日本 😀 ä")
        [sent] = await ada.messages.append(talk.id, [hansard.user("ein Wörtchen 😀")])
        assert (await ada.conversations.get(talk.id)).title == "日本 😀 ä"
        [kept] = [message async for message in ada.messages.all(talk.id)]
        assert kept == sent
        assert [hit.message.id async for hit in ada.search.messages("wörtchen")] == [sent.id]
    assert await storage_admin.verify(postgres_url) == []


@pytest.mark.parametrize("tenant", ["'", "\\", "\\'", "''\\", "a\\' OR 1=1 --", "ä😀", "E'", "$$"])
async def test_any_name_of_a_tenant_is_announced_as_it_is(
    postgres_url: str, admin: Any, tenant: str
) -> None:
    """Also where the server reads backslashes in texts in the old way."""

    async def announced(tx: Any) -> str:
        return (await tx.rows("SELECT current_setting('hansard.tenant')", ()))[0][0]

    storage = PostgresStorage(postgres_url)
    await storage.open()
    assert await storage.read(tenant, announced) == tenant
    name = postgres_url.rpartition("/")[2]
    await admin.execute(f"ALTER DATABASE {name} SET standard_conforming_strings = off")
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert await storage.read(tenant, announced) == tenant
    await storage.close()


async def test_connections_that_the_server_ended_are_passed_over(
    postgres_url: str, admin: Any
) -> None:
    async with hansard.connect(postgres_url, providers=[]) as db:
        scopes = [db.scope("acme", f"user {n}") for n in range(20)]
        await asyncio.gather(*(scope.conversations.create() for scope in scopes))
        for _ in range(3):
            ended = await admin.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert ended > 2
            listed = [scope.conversations.list() for scope in scopes]
            assert [len(page.items) for page in await asyncio.gather(*listed)] == [1] * 20


async def test_tenants_are_in_the_order_of_their_code_points(postgres_url: str) -> None:
    async with hansard.connect(postgres_url, providers=[]) as db:
        for tenant in ("b", "B", "a", "Z", "a-b", "aB", "a.b"):
            await db.scope(tenant, "ada").conversations.create()
        assert await db.storage.tenants() == sorted(("b", "B", "a", "Z", "a-b", "aB", "a.b"))


async def test_a_standby_is_refused_by_who_writes_and_can_be_read_and_verified(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with TemporaryDirectory(prefix="hansard-postgres-") as home:
        server = await asyncio.to_thread(_serving, Path(home))
        url = f"{server.url}/chats"
        await storage_admin.migrate(url)
        async with hansard.connect(url, providers=[]) as db:
            await db.scope("acme", "ada").conversations.create()
        await asyncio.to_thread(server.stand_by)
        with pytest.raises(DatabaseReadOnly, match="standby"):
            await _opened(url)
        assert await storage_admin.verify(url) == []
        storage = PostgresStorage(url, readonly=True)
        await storage.open()
        assert (await storage.health()).faults == ("read-only",)
        assert await storage.tenants() == ["acme"]
        await storage.close()
        with caplog.at_level("WARNING"):
            async with hansard.connect(url, providers=[], readonly=True) as db:
                assert len((await db.scope("acme", "ada").conversations.list()).items) == 1
        assert caplog.messages == [], "maintenance writes nothing on a standby"
        await asyncio.to_thread(server.stop)


def _serving(home: Path) -> Server:
    server = Server(home)
    server.start()
    asyncio.run(_make(server.url))
    return server


async def _make(url: str) -> None:
    connection = await asyncpg.connect(f"{url}/postgres")
    await connection.execute("CREATE DATABASE chats")
    await connection.close()
