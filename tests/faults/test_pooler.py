"""Behind a pooler that hands sessions around between transactions: nothing of ours stays in one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

import hansard
from faults.pooler import PGBOUNCER, SESSIONS, multiplexer, pgbouncer
from hansard import Services
from hansard.errors import StorageError
from hansard.model.feed import FeedEntry
from hansard.storage import admin
from hansard.storage.postgres.storage import PostgresStorage
from hansard.torture.ledger import Ledger

pytestmark = pytest.mark.anyio
REAL = pytest.param(
    pgbouncer,
    marks=pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed"),
    id="pgbouncer",
)


@pytest.fixture(params=[pytest.param(multiplexer, id="multiplexer"), REAL])
async def pooled(request: pytest.FixtureRequest, postgres_url: str) -> AsyncIterator[str]:
    async with request.param(postgres_url) as url:
        yield url


@pytest.fixture
async def others(pooled: str) -> AsyncIterator[list[Any]]:
    """Clients of the pooler that are not ours; together they can hold all sessions of the server."""
    connections = [await asyncpg.connect(pooled, statement_cache_size=0) for _ in range(SESSIONS)]
    yield connections
    for connection in connections:
        connection.terminate()


async def _sessions(others: list[Any], text: str) -> set[Any]:
    """What each session of the server answers."""
    for other in others:
        await other.execute("BEGIN")
    found = {await other.fetchval(text) for other in others}
    for other in others:
        await other.execute("COMMIT")
    return found


async def _rows_seen_as(storage: PostgresStorage, tenant: str) -> tuple[str, int]:
    async def look(tx: Any) -> tuple[str, int]:
        [row] = await tx.rows("SELECT current_user::text, count(*) FROM hansard.messages", ())
        return row[0], row[1]

    return await storage.read(tenant, look)


async def test_the_role_goes_with_the_transaction(pooled: str, others: list[Any]) -> None:
    async with hansard.connect(f"{pooled}?pool_size=2", providers=[]) as db:
        one = db.scope("one", "u")
        talk = await one.conversations.create()
        await one.messages.append(talk.id, [hansard.user("of tenant one")])
        storage: Any = db.storage
        assert await _sessions(others, "SELECT current_user::text") == {"postgres"}
        for held in range(SESSIONS - 1):  # so that others get other sessions, and we the last
            await others[held].execute("BEGIN")
            assert await _rows_seen_as(storage, "two") == ("pg_database_owner", 0)
            assert await _rows_seen_as(storage, "one") == ("pg_database_owner", 1)


async def test_a_role_that_is_kept_in_the_session_is_found_out(
    pooled: str, others: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it was: the role is taken once, when a connection is made."""

    async def take_role(self: PostgresStorage) -> None:
        await prepare(self)
        async with self._session() as connection:
            await connection.execute(f"SET ROLE {self._role}")
        self._role = "none"

    prepare = PostgresStorage.open
    monkeypatch.setattr(PostgresStorage, "open", take_role)
    with pytest.raises(AssertionError):
        await test_the_role_goes_with_the_transaction(pooled, others)


async def _first(ada: Services) -> FeedEntry:
    return await anext(ada.feed.follow(0))


async def test_nothing_is_left_in_a_session(pooled: str, others: list[Any]) -> None:
    settings = (
        "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings "
        "WHERE source = 'session' AND name NOT IN ('application_name', 'client_encoding')"
    )
    before = await _sessions(others, settings)
    async with hansard.connect(pooled, providers=[]) as db:
        ada = db.scope("acme", "ada")
        following = asyncio.create_task(_first(ada))
        talk = await ada.conversations.create()
        await ada.messages.append(talk.id, [hansard.user("a word")])
        assert [hit async for hit in ada.search.messages("word")]
        assert (await following).kind == "conversation.created"
        assert await _sessions(others, "SELECT count(*) FROM pg_prepared_statements") == {0}
        assert await _sessions(others, "SELECT count(*) FROM pg_listening_channels()") == {0}
        assert await _sessions(others, settings) == before


async def test_writers_behind_a_pooler_lose_nothing_while_others_use_it(
    pooled: str, others: list[Any]
) -> None:
    """What others prepare in a session may not be taken for ours."""
    ledger = Ledger()
    async with hansard.connect(pooled, providers=[]) as db:
        ada = db.scope("acme", "ada")
        talk = await ada.conversations.create()

        async def write(name: str) -> None:
            for number in range(10):
                await ledger.store(ada, talk.id, f"{name}n{number}")

        await asyncio.gather(*(write(f"w{i}") for i in range(4)))
        async with others[0].transaction():
            await ledger.store(ada, talk.id, "while a session is held")
        assert await ledger.check(ada, talk.id) == ledger.sent
    assert await admin.verify(pooled) == []


@pytest.mark.parametrize("pooled", [multiplexer], indirect=True)
async def test_prepared_statements_that_get_lost_are_told_in_our_words(pooled: str) -> None:
    async def use() -> None:
        async with hansard.connect(f"{pooled}?prepared=yes&pool_size=1", providers=[]) as db:
            ada = db.scope("acme", "ada")
            talk = await ada.conversations.create()
            for _ in range(3):
                await ada.messages.append(talk.id, [hansard.user("a word")])

    with pytest.raises(StorageError) as refused:
        await use()
    assert "prepared=no" in refused.value.message
    assert "statement_cache_size" not in refused.value.message
