"""A PostgreSQL server that hangs up, gives up, and goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

import hansard
from faults.sessions import other_sessions, until
from hansard.errors import OutcomeUnknown, Overloaded, StorageError
from hansard.model.conversations import Conversation
from hansard.model.users import Tenant, User
from hansard.storage import admin as storage_admin
from hansard.storage.base import Transaction
from hansard.storage.postgres import storage as driver
from hansard.storage.postgres.storage import PostgresStorage
from hansard.testing import factories
from hansard.torture.cutting_proxy import Cut, cutting_proxy
from hansard.torture.ledger import Ledger

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(url: str, **options: Any) -> AsyncIterator[PostgresStorage]:
    storage = PostgresStorage(url, **options)
    await storage.open()
    try:
        yield storage
    finally:
        await storage.close()


@pytest.fixture
async def admin(postgres_url: str) -> AsyncIterator[Any]:
    """A connection beside those of the storage."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


# A commit whose answer does not come


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_an_append_cut_off_may_have_landed_and_a_retry_settles_it(
    postgres_url: str, moment: Cut
) -> None:
    """The connection is lost just before the server hears of the append, or just after it did it."""
    ledger = Ledger()
    async with cutting_proxy(postgres_url) as proxy, hansard.connect(proxy.url, providers=[]) as db:
        ada = db.scope("acme", "ada")
        talk = await ada.conversations.create()
        await ledger.store(ada, talk.id, "one")
        proxy.cut_at("twopart0", when=moment)
        with pytest.raises(OutcomeUnknown):
            await ledger.store(ada, talk.id, "two")
        landed = await ledger.check(ada, talk.id)
        assert ("two" in landed) == (moment == "after")
        await ledger.store(ada, talk.id, "two")
        assert await ledger.check(ada, talk.id) == {"one", "two"}


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_unit_cut_off_at_its_commit_may_have_happened(
    postgres_url: str, moment: Cut
) -> None:
    async with cutting_proxy(postgres_url) as proxy, opened(proxy.url) as storage:
        rows, talk, _ = factories.conversation()
        await storage.write("acme", lambda tx: factories.insert(tx, rows))
        proxy.cut_at("COMMIT", when=moment)
        with pytest.raises(OutcomeUnknown):
            await storage.write("acme", lambda tx: tx.update(Conversation, talk.id, title="new"))
        kept = await storage.read("acme", lambda tx: tx.get(Conversation, talk.id))
        assert kept is not None
        assert kept.title == ("new" if moment == "after" else talk.title)


async def test_a_backend_that_is_terminated_while_it_commits_leaves_the_outcome_open(
    postgres_url: str, admin: Any
) -> None:
    await _hold_commits(admin)
    async with hansard.connect(postgres_url, providers=[]) as db:
        ada = db.scope("acme", "ada")
        talk = await ada.conversations.create()
        ledger = Ledger()
        async with _held(admin):
            storing = asyncio.create_task(ledger.store(ada, talk.id, "held"))
            [pid] = await until(other_sessions(admin, waiting="Lock"))
            await admin.execute("SELECT pg_terminate_backend($1)", pid)
            with pytest.raises(OutcomeUnknown):
                await storing
        assert await ledger.check(ada, talk.id) == set()
        await ledger.store(ada, talk.id, "held")
        assert await ledger.check(ada, talk.id) == {"held"}
    assert await storage_admin.verify(postgres_url) == []


async def _hold_commits(admin: Any) -> None:
    """Have commits of messages wait, as they end, for a lock that we may hold."""
    await admin.execute(
        """
        CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER held AFTER INSERT ON hansard.messages
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold();
        """
    )


@asynccontextmanager
async def _held(admin: Any) -> AsyncIterator[None]:
    await admin.execute("SELECT pg_advisory_lock(7)")
    try:
        yield
    finally:
        await admin.execute("SELECT pg_advisory_unlock(7)")


# What the server gives up for the sake of others


async def test_a_deadlock_is_tried_again(postgres_url: str, admin: Any) -> None:
    await admin.execute(
        f"ALTER DATABASE {postgres_url.rsplit('/', 1)[1]} SET deadlock_timeout = '50ms'"
    )
    rows = factories.Factory().make(User, id="ada")
    other = factories.Factory().one(User, id="bob", tenant_id="acme")
    begun = {"ada": 0, "bob": 0}
    changed: set[str] = set()
    both = asyncio.Event()

    async with opened(postgres_url) as storage:
        await storage.write("acme", lambda tx: factories.insert(tx, [*rows, other]))

        async def swap(tx: Transaction, mine: str, yours: str) -> None:
            begun[mine] += 1
            await tx.update(User, mine, name=f"{mine} was here")
            changed.add(mine)
            if len(changed) == 2:
                both.set()
            await both.wait()
            await tx.update(User, yours, name=f"{mine} was here")

        await asyncio.gather(
            storage.write("acme", lambda tx: swap(tx, "ada", "bob")),
            storage.write("acme", lambda tx: swap(tx, "bob", "ada")),
        )
        names = {
            user.name
            for name in ("ada", "bob")
            if (user := await storage.read("acme", lambda tx, n=name: tx.get(User, n)))
        }
    assert sum(begun.values()) == 3
    assert len(names) == 1, "the two swaps are mixed"


async def test_what_cannot_be_serialised_is_tried_again_but_not_for_ever(
    postgres_url: str, admin: Any
) -> None:
    await admin.execute(
        """
        CREATE SEQUENCE hansard.attempts;
        CREATE TABLE hansard.patience (attempts bigint);
        INSERT INTO hansard.patience VALUES (3);
        GRANT ALL ON hansard.attempts, hansard.patience TO pg_database_owner;
        ALTER TABLE hansard.patience ENABLE ROW LEVEL SECURITY;
        CREATE POLICY everybody ON hansard.patience USING (true);
        CREATE FUNCTION hansard.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('hansard.attempts') < (SELECT attempts FROM hansard.patience) THEN
                RAISE 'could not serialize' USING ERRCODE = 'serialization_failure';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER refused BEFORE INSERT ON hansard.messages
        FOR EACH ROW EXECUTE FUNCTION hansard.refuse();
        """
    )
    async with hansard.connect(postgres_url, providers=[]) as db:
        ada = db.scope("acme", "ada")
        talk = await ada.conversations.create()
        ledger = Ledger()
        await ledger.store(ada, talk.id, "refused twice")
        assert await ledger.check(ada, talk.id) == {"refused twice"}
        await admin.execute("UPDATE hansard.patience SET attempts = 1000000")
        with pytest.raises(Overloaded):
            await ledger.store(ada, talk.id, "always refused")
        assert await ledger.check(ada, talk.id) == {"refused twice"}


# Connections


async def test_a_cancelled_operations_connection_is_never_used_again(
    postgres_url: str, admin: Any
) -> None:
    async with opened(postgres_url, pool_size=1) as storage:
        rows, talk, _ = factories.conversation()
        await storage.write("acme", lambda tx: factories.insert(tx, rows))
        before = await _backend(storage)
        async with admin.transaction():
            await admin.execute("SELECT FROM hansard.conversations FOR UPDATE")
            stuck = asyncio.create_task(storage.append("acme", factories.append(talk, "stuck")))
            await until(other_sessions(admin, waiting="Lock"))
            stuck.cancel()
            with pytest.raises(asyncio.CancelledError):
                await stuck
            after = await _backend(storage)
        assert after != before
        assert await _tenant_seen(storage, "globex") == ""
        await until(lambda: _gone(admin, before))


async def test_a_cancelled_unit_leaves_nothing_to_the_next(postgres_url: str) -> None:
    async with opened(postgres_url, pool_size=1) as storage:
        before = await _backend(storage)
        begun = asyncio.Event()

        async def endless(tx: Transaction) -> None:
            at = factories.EPOCH
            await tx.insert(Tenant(tenant_id="acme", created_at=at, updated_at=at))
            begun.set()
            await asyncio.Event().wait()

        writing = asyncio.create_task(storage.write("acme", endless))
        await begun.wait()
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert await storage.tenants() == []
        assert await _backend(storage) != before


async def test_a_connection_that_is_used_again_is_found_out(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncpg.Connection, "terminate", lambda _: None)
    with pytest.raises((AssertionError, StorageError)):
        await test_a_cancelled_unit_leaves_nothing_to_the_next(postgres_url)


async def _backend(storage: PostgresStorage) -> int:
    async def pid(tx: Any) -> int:
        return (await tx.rows("SELECT pg_backend_pid()", ()))[0][0]

    return await storage.read("acme", pid)


async def _tenant_seen(storage: PostgresStorage, tenant: str) -> str:
    """Which tenants' conversations a statement without a condition shows."""

    async def names(tx: Any) -> str:
        rows = await tx.rows("SELECT DISTINCT tenant_id FROM hansard.conversations", ())
        return " ".join(row[0] for row in rows)

    return await storage.read(tenant, names)


async def _gone(admin: Any, pid: int) -> bool:
    return pid not in await other_sessions(admin)()


async def test_waiting_for_a_connection_has_an_end(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(postgres_url, pool_size=1) as storage:
        monkeypatch.setattr(driver, "TIMEOUT", 0.2)
        begun, end = asyncio.Event(), asyncio.Event()

        async def slow(_: Any) -> None:
            begun.set()
            await end.wait()

        reading = asyncio.create_task(storage.read("acme", slow))
        await begun.wait()
        with pytest.raises(Overloaded):
            await storage.tenants()
        end.set()
        await reading
        assert await storage.tenants() == []
