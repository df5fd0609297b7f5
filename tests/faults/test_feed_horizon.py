"""What holds back the feed on PostgreSQL: transactions of its own database that may still add to it, and no others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import pytest

from hansard.errors import TooLarge
from hansard.ids import now
from hansard.model.users import User
from hansard.storage import admin as storage_admin
from hansard.storage.base import MAX_CHANGES, Change, Storage
from hansard.storage.memory.storage import MemoryStorage
from hansard.storage.notifier import user_channel
from hansard.storage.postgres.listener import CHANNEL
from hansard.storage.postgres.storage import PostgresStorage
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.testing import factories
from postgres_server import Server

pytestmark = pytest.mark.anyio


@pytest.fixture
async def storage(postgres_url: str) -> AsyncIterator[PostgresStorage]:
    opened = PostgresStorage(postgres_url)
    await opened.open()
    rows = factories.Factory().make(User, id="ada")
    await opened.write("acme", lambda tx: factories.insert(tx, rows))
    yield opened
    await opened.close()


def _change(number: int = 0) -> Change:
    return Change(user_id="ada", kind="project.created", subject_id=str(number), at=now())


async def _told(storage: Storage) -> list[str]:
    entries = await storage.read("acme", lambda tx: tx.feed("ada", 0, 10_000))
    return [entry.subject_id for entry in entries]


async def _in(url: str, database: str) -> Any:
    return await asyncpg.connect(f"{url.rpartition('/')[0]}/{database}")


_BEGIN = "BEGIN; CREATE TABLE held (n int)"  # which makes the transaction one that writes


async def test_a_long_transaction_in_another_database_holds_nothing_back(
    storage: PostgresStorage, postgres_url: str
) -> None:
    other = await _in(postgres_url, "postgres")
    await other.execute(_BEGIN)
    try:
        await storage.write("acme", lambda tx: tx.publish(_change(1)))
        assert await _told(storage) == ["1"]
        assert (await storage.health()).feed_holder is None
    finally:
        await other.execute("ROLLBACK")
        await other.close()


async def test_a_horizon_of_the_whole_server_is_found_out(
    storage: PostgresStorage, postgres_url: str
) -> None:
    """As it was: every transaction of the server holds it back."""
    admin = await asyncpg.connect(postgres_url)
    await admin.execute(
        "CREATE OR REPLACE FUNCTION hansard.feed_end() RETURNS bigint LANGUAGE sql AS "
        "'SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint * 4096'"
    )
    await admin.close()
    with pytest.raises(AssertionError):
        await test_a_long_transaction_in_another_database_holds_nothing_back(storage, postgres_url)


async def test_a_transaction_of_this_database_holds_it_back_and_is_named(
    storage: PostgresStorage, postgres_url: str
) -> None:
    """It has a number already, and may report under it as long as it runs."""
    own = await _in(postgres_url, postgres_url.rpartition("/")[2])
    await own.execute(_BEGIN)
    await storage.write("acme", lambda tx: tx.publish(_change(1)))
    assert await _told(storage) == []
    health = await storage.health()
    pid = await own.fetchval("SELECT pg_backend_pid()")
    assert (health.feed_holder, health.faults) == (f"process {pid}", ())
    assert health.feed_delay is not None
    assert health.feed_delay >= 0
    await own.execute(
        "SET LOCAL hansard.tenant = 'acme'; INSERT INTO hansard.feed SELECT 'acme', now(), "
        "hansard.feed_position(1), 'ada', 'project.created', 'earlier', NULL, NULL, NULL, 1"
    )
    await own.execute("COMMIT")
    await own.close()
    assert await _told(storage) == ["earlier", "1"]
    assert (await storage.health()).feed_holder is None


@contextmanager
def _server_that_prepares() -> Iterator[str]:
    with TemporaryDirectory(prefix="hansard-postgres-") as home:
        server = Server(Path(home))
        server.start("-c max_prepared_transactions=5")
        yield server.url
        server.stop()


@pytest.mark.parametrize("where", ["here", "elsewhere"])
async def test_a_transaction_that_was_prepared_and_forgotten(where: str) -> None:
    """On a server of its own, for such transactions have to be allowed by a setting."""
    with _server_that_prepares() as there:
        admin = await asyncpg.connect(f"{there}/postgres")
        await admin.execute("CREATE DATABASE here")
        await admin.close()
        url = f"{there}/here"
        await storage_admin.migrate(url)
        storage = PostgresStorage(url)
        await storage.open()
        rows = factories.Factory().make(User, id="ada")
        await storage.write("acme", lambda tx: factories.insert(tx, rows))
        forgetful = await asyncpg.connect(url if where == "here" else f"{there}/postgres")
        await forgetful.execute(f"{_BEGIN}; PREPARE TRANSACTION 'forgotten'")
        await storage.write("acme", lambda tx: tx.publish(_change(1)))
        health = await storage.health()
        if where == "here":
            assert await _told(storage) == []
            assert health.feed_holder == "prepared transaction forgotten"
            await forgetful.execute("ROLLBACK PREPARED 'forgotten'")
        else:
            assert health.feed_holder is None
        assert await _told(storage) == ["1"]
        await forgetful.close()
        await storage.close()


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgresql"])
async def test_a_unit_reports_no_more_than_it_has_positions(
    kind: str, postgres_url: str, tmp_path: Path
) -> None:
    storage: Storage = {
        "memory": MemoryStorage,
        "sqlite": lambda: SqliteStorage(tmp_path / "chats.db"),
        "postgresql": lambda: PostgresStorage(postgres_url),
    }[kind]()
    await storage.open()
    rows = factories.Factory().make(User, id="ada")
    await storage.write("acme", lambda tx: factories.insert(tx, rows))
    many = [_change(number) for number in range(MAX_CHANGES + 1)]
    with pytest.raises(TooLarge, match=str(MAX_CHANGES)):
        await storage.write("acme", lambda tx: tx.publish(*many))
    assert await _told(storage) == []
    await storage.write("acme", lambda tx: tx.publish(*many[:-1]))
    await storage.write("acme", lambda tx: tx.publish(_change(7)))
    assert await _told(storage) == [*(c.subject_id for c in many[:-1]), "7"]
    await storage.close()


async def test_the_database_itself_gives_no_position_of_another_transaction(
    postgres_url: str,
) -> None:
    admin = await asyncpg.connect(postgres_url)
    with pytest.raises(asyncpg.ProgramLimitExceededError):
        await admin.fetchval("SELECT hansard.feed_position(4096)")
    await admin.close()


async def test_a_notice_names_nobody_and_wakes_who_knows_the_secret(
    storage: PostgresStorage, postgres_url: str
) -> None:
    """Whoever may connect may listen: what is heard cannot be made from a tenant's and a user's name."""
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(postgres_url)
    await listener.add_listener(CHANNEL, lambda *said: heard.put_nowait(said[-1]))
    other = PostgresStorage(postgres_url)
    await other.open()
    with other.notifier.subscribe("acme", "ada") as subscription:
        assert await subscription.wait(30), "it rings as it begins to listen"
        await storage.write("acme", lambda tx: tx.publish(_change()))
        assert await subscription.wait(30)
    _, name = (await heard.get()).split()
    assert name != user_channel("acme", "ada")
    await other.close()
    await listener.close()
