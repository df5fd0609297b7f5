"""A PostgreSQL server that is stopped and started, and one whose standby does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

import hansard
from faults.sessions import other_sessions, until
from hansard import Services
from hansard.errors import DatabaseUnreachable, OutcomeUnknown, Unavailable
from hansard.ids import new_id
from hansard.storage import admin as storage_admin
from hansard.storage.postgres.storage import PostgresStorage
from hansard.torture.ledger import Ledger
from postgres_server import Server

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of our own, which may be stopped."""
    with TemporaryDirectory(prefix="hansard-postgres-") as home:
        running = Server(Path(home))
        running.start()
        yield running
        running.stop()


@pytest.fixture
async def own_url(server: Server) -> str:
    name = f"own_{uuid4().hex}"
    connection = await asyncpg.connect(f"{server.url}/postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    await storage_admin.migrate(f"{server.url}/{name}")
    return f"{server.url}/{name}"


async def test_a_server_that_went_away_and_came_back_has_what_it_acknowledged(
    server: Server, own_url: str
) -> None:
    ledger, conversation = Ledger(), new_id()
    async with hansard.connect(own_url, providers=[]) as db:
        ada = db.scope("acme", "ada")
        await ada.conversations.create(id=conversation)
        writers = [
            asyncio.create_task(_until_unavailable(ada, conversation, ledger, f"w{i}"))
            for i in range(4)
        ]
        await until(lambda: _enough(ledger))
        await asyncio.to_thread(server.stop)
        errors = await asyncio.gather(*writers)
        assert {type(error) for error in errors} <= {OutcomeUnknown, DatabaseUnreachable}
        with pytest.raises(DatabaseUnreachable):
            await ada.conversations.get(conversation)
        with pytest.raises(DatabaseUnreachable):
            await PostgresStorage(own_url).open()
        await asyncio.to_thread(server.start)
        await ledger.check(ada, conversation)
        for step in sorted(ledger.unknown):
            await ledger.store(ada, conversation, step)
        assert await ledger.check(ada, conversation) == ledger.sent
    assert await storage_admin.verify(own_url) == []


async def test_a_commit_that_landed_before_its_backend_was_terminated_is_unknown_too(
    own_url: str,
) -> None:
    """The backend has committed, and waits for a standby that will never come."""
    admin = await asyncpg.connect(own_url)
    ledger = Ledger()
    async with hansard.connect(own_url, providers=[]) as db:
        ada = db.scope("acme", "ada")
        talk = await ada.conversations.create()
        await _set_standby(admin, "nobody")
        storing = asyncio.create_task(ledger.store(ada, talk.id, "landed"))
        [pid] = await until(other_sessions(admin, waiting="IPC"))
        await admin.execute("SELECT pg_terminate_backend($1)", pid)
        with pytest.raises(OutcomeUnknown):
            await storing
        await _set_standby(admin, "")
        assert await ledger.check(ada, talk.id) == {"landed"}
        await ledger.store(ada, talk.id, "landed")
        assert await ledger.check(ada, talk.id) == {"landed"}
    await admin.close()


async def _set_standby(admin: Any, name: str) -> None:
    await admin.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
    await admin.execute("SELECT pg_reload_conf()")
    await until(lambda: _shows(admin, name))


async def _shows(admin: Any, name: str) -> bool:
    return await admin.fetchval("SHOW synchronous_standby_names") == name


async def _enough(ledger: Ledger) -> bool:
    return len(ledger.acknowledged) >= 40


async def _until_unavailable(
    ada: Services, conversation: str, ledger: Ledger, name: str
) -> Exception:
    number = 0
    while True:
        try:
            await ledger.store(ada, conversation, f"{name}n{number}")
        except (Unavailable, DatabaseUnreachable) as error:
            return error
        number += 1
