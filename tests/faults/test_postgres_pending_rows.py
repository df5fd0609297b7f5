"""On a server too, rows whose terms are added later are found at once, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

import hansard
from faults.sessions import other_sessions, until
from hansard import Database, errors
from hansard.database import LOCAL_USER
from hansard.ids import now
from hansard.model.reindexes import Reindex
from hansard.providers.registry import Registry
from hansard.storage import admin as storage_admin
from hansard.storage import reindexing
from hansard.storage.postgres import index, indexer, search
from hansard.storage.postgres import storage as storages
from hansard.storage.postgres.storage import PostgresStorage
from indexing import index_little, kill
from scrambled import Scrambled

pytestmark = pytest.mark.anyio


@pytest.fixture
async def admin(postgres_url: str) -> AsyncIterator[Any]:
    """A connection beside those of the storage."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


@pytest.fixture
async def db(postgres_url: str) -> AsyncIterator[Database]:
    async with hansard.connect(postgres_url, providers=[]) as db:
        yield db


async def pending(admin: Any, table: str = "messages") -> int:
    return await admin.fetchval(f"SELECT count(*) FROM hansard.{table}_pending")


async def indexed(admin: Any, table: str = "messages") -> int:
    return await admin.fetchval(f"SELECT count(*) FROM hansard.{table}_terms")


async def none_pending(admin: Any) -> None:
    async def look() -> bool:
        return await pending(admin) == 0

    await until(look)


async def found(db: Database, words: str = "hello") -> set[str]:
    return {hit.message.text async for hit in db.scope().search.messages(words, limit=1000)}


async def say(db: Database, *texts: str) -> str:
    """Append messages to a new conversation, one after the other, and return its id."""
    me = db.scope()
    talk = await me.conversations.create()
    for text in texts:
        await me.messages.append(talk.id, [hansard.user(text)])
    return talk.id


# What is left of a killed process


async def test_what_a_killed_process_did_not_index_is_found_and_then_indexed(
    postgres_url: str, admin: Any
) -> None:
    kill(postgres_url)
    said = {f"hello {number}" for number in range(10)}
    assert await pending(admin) == 10
    assert await storage_admin.verify(postgres_url) == []
    with pytest.MonkeyPatch.context() as patch:
        index_little(patch)
        async with hansard.connect(postgres_url, providers=[]) as db:
            assert await found(db) == said
        assert await pending(admin) == 10
    async with hansard.connect(postgres_url, providers=[]) as db:
        await none_pending(admin)
        assert await found(db) == said
    assert await storage_admin.verify(postgres_url) == []
    assert await indexed(admin) == 10


async def test_a_process_that_ends_leaves_nothing_pending(
    postgres_url: str, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "PAUSE", 3600)
    async with hansard.connect(postgres_url, providers=[]) as db:
        await say(db, "hello 1", "hello 2")
        assert await pending(admin) == 2
    assert await pending(admin) == 0


@pytest.mark.usefixtures("never_idle")
async def test_one_who_only_reads_finds_what_is_not_indexed(
    postgres_url: str, db: Database, admin: Any
) -> None:
    await say(db, "hello")
    async with Database(PostgresStorage(postgres_url, readonly=True)) as beside:
        assert await found(beside) == {"hello"}
    assert await pending(admin) == 1


# Several who index and search


@pytest.mark.usefixtures("never_idle")
@pytest.mark.parametrize("plant", [False, True])
async def test_two_side_by_side_index_each_row_once(
    postgres_url: str, db: Database, admin: Any, monkeypatch: pytest.MonkeyPatch, plant: bool
) -> None:
    """The second begins while the first has not committed."""
    if plant:
        without = index.SQL["next"].replace("FOR UPDATE SKIP LOCKED", "")
        monkeypatch.setitem(index.SQL, "next", without)
    monkeypatch.setattr(index, "ROWS", 6)
    await say(db, *(f"hello {number}" for number in range(10)))
    storage = PostgresStorage(postgres_url)
    await storage.open()
    table = storage.schema.named("messages")
    async with storage._connection(tenant="local") as connection:
        first = await index.complete(storage._transaction("local", connection), table)
        beside = asyncio.create_task(storage._complete("local", "messages"))
        waiting = other_sessions(admin, waiting="Lock")

        async def goes_no_further() -> bool:
            return beside.done() or bool(await waiting())

        await until(goes_no_further)
    second = await beside
    await storage.close()
    assert first == 6
    assert (second == 4) != plant
    assert (await pending(admin) == 0) != plant


@pytest.mark.usefixtures("never_idle")
@pytest.mark.parametrize("plant", [False, True])
async def test_pending_rows_that_a_search_forgets_are_missed(
    db: Database, monkeypatch: pytest.MonkeyPatch, plant: bool
) -> None:
    if plant:
        text = search.SQL["search_messages"].replace("LIMIT $13", "LIMIT $13 * 0")
        monkeypatch.setitem(search.SQL, "search_messages", text)
    await say(db, "hello 1", "hello 2")
    assert (await found(db) == {"hello 1", "hello 2"}) != plant


@pytest.mark.parametrize("writes", [False, True])
async def test_a_search_finds_all_while_others_index(
    postgres_url: str, db: Database, admin: Any, monkeypatch: pytest.MonkeyPatch, writes: bool
) -> None:
    """Also in a unit that writes, whose statements see what others commit meanwhile."""
    index_little(monkeypatch)
    await say(db, *(f"hello {number}" for number in range(40)))
    wanted = search.TextSearch(owner_id=LOCAL_USER, clauses=(search.Clause(("hello",)),))
    storage = PostgresStorage(postgres_url)
    await storage.open()

    async def index_all() -> None:
        while await storage._complete("local", "messages"):
            pass

    async def look(tx: Any) -> int:
        matches = await tx.search(wanted)
        return len({match.message_id for match in matches}) + len(matches)

    indexing = asyncio.create_task(index_all())
    run = db.storage.write if writes else db.storage.read
    while not indexing.done():
        assert await run("local", look) == 80
    await indexing
    await storage.close()
    assert await pending(admin) == 0


@pytest.mark.usefixtures("never_idle")
async def test_relevance_and_order_are_the_same_before_a_row_is_indexed(
    db: Database, admin: Any
) -> None:
    await say(
        db,
        "tea tea cake",
        "tea",
        "tea and a lot of words around it, quite a lot of them",
        "teapot",
        "Tee für Zwei 東京都 tea",
        "tea " * 300,
    )
    queries = ["tea", "tea*", '"tea tea"', "tea cake", "東京", "für"]
    before = {query: await scores(db, query) for query in queries}
    assert await pending(admin) == 6
    while await db.storage._complete("local", "messages"):  # pyright: ignore[reportAttributeAccessIssue]
        pass
    assert await pending(admin) == 0
    for query in queries:
        assert before[query] == await scores(db, query)
        assert before[query]


async def scores(db: Database, query: str) -> list[tuple[str, float]]:
    return [(hit.message.text, hit.score) async for hit in db.scope().search.messages(query)]


@pytest.mark.parametrize("patience", [0, 30])
async def test_a_search_with_too_much_to_read_has_it_indexed_first(
    db: Database, admin: Any, monkeypatch: pytest.MonkeyPatch, patience: int
) -> None:
    index_little(monkeypatch)
    monkeypatch.setattr(indexer, "PATIENCE", patience)
    monkeypatch.setattr(search, "MOST", 5)
    await say(db, *(f"hello {number}" for number in range(5)))
    assert len(await found(db)) == 5
    assert await pending(admin) == 5
    await say(db, *(f"hello there {number}" for number in range(5)))
    assert len(await found(db)) == 10
    assert await pending(admin) == (0 if patience else 10)


async def test_only_so_many_rows_are_left_for_later(
    db: Database, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await most_pending(db, admin, monkeypatch, 20) <= 21


async def test_the_test_above_notices_writes_that_do_not_help(
    db: Database, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await most_pending(db, admin, monkeypatch, 1_000) == 60


async def most_pending(db: Database, admin: Any, monkeypatch: pytest.MonkeyPatch, most: int) -> int:
    index_little(monkeypatch, most, rows=10)
    talk = await say(db)
    counts: list[int] = []
    for number in range(60):
        await db.scope().messages.append(talk, [hansard.user(f"hello {number}")])
        counts.append(await pending(admin))
    assert len(await found(db)) == 60
    return max(counts)


@pytest.mark.usefixtures("never_idle")
@pytest.mark.parametrize("plant", [False, True])
async def test_the_feed_does_not_wait_for_what_is_indexed(
    db: Database, monkeypatch: pytest.MonkeyPatch, plant: bool
) -> None:
    if plant:
        monkeypatch.setattr(storages, "_INDEX", storages._WRITE)
    await say(db, "hello")
    storage: Any = db.storage
    async with storage._connection(storages._INDEX, "local") as connection:
        unit = storage._transaction("local", connection)
        assert await index.complete(unit, storage.schema.named("messages")) == 1
        talk = await say(db)
        entries = await db.storage.read("local", lambda tx: tx.feed(LOCAL_USER, 0, 100))
        assert (entries[-1].conversation_id == talk) != plant


# What is removed


@pytest.mark.usefixtures("never_idle")
@pytest.mark.parametrize("plant", [False, True])
async def test_what_is_purged_is_no_longer_pending(
    db: Database, admin: Any, monkeypatch: pytest.MonkeyPatch, plant: bool
) -> None:
    if plant:
        text = index.SQL["delete"].replace("p.id = gone.id", "p.id <> p.id")
        monkeypatch.setitem(index.SQL, "delete", text)
    me = db.scope()
    gone, _ = await say(db, "zebrafish 1", "zebrafish 2"), await say(db, "hello")
    await me.conversations.delete(gone)
    assert await found(db, "zebrafish") == set()
    await me.conversations.purge(gone)
    assert await found(db, "zebrafish*") == set()
    assert await found(db) == {"hello"}
    assert (await pending(admin) == 1) != plant
    assert await indexed(admin) == 0


@pytest.mark.usefixtures("never_idle")
async def test_what_is_purged_while_it_is_indexed_leaves_no_term(
    db: Database, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "ROWS", 10)
    talk = await say(db, "zebrafish 1", "zebrafish 2")
    await db.scope().conversations.delete(talk)
    storage: Any = db.storage
    async with storage._connection(tenant="local") as connection:
        unit = storage._transaction("local", connection)
        assert await index.complete(unit, storage.schema.named("messages")) == 2
        purging = asyncio.create_task(db.scope().conversations.purge(talk))
        await until(other_sessions(admin, waiting="Lock"))
    await purging
    assert await pending(admin) == await indexed(admin) == 0


@pytest.mark.usefixtures("never_idle")
async def test_rows_that_somebody_deletes_are_left_out(
    db: Database, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "ROWS", 10)
    await say(db, "zebrafish", "hello")
    storage: Any = db.storage
    async with storage._connection(tenant="local") as connection:
        await connection.execute("DELETE FROM hansard.messages WHERE seq = 1")
        assert await storage._complete("local", "messages") == 1
    assert await indexed(admin) == 1


@pytest.mark.usefixtures("never_idle")
async def test_reindexing_leaves_pending_rows_as_they_are(db: Database, admin: Any) -> None:
    await say(db, "hello 1", "hello 2")
    storage: Any = db.storage
    assert await storage._complete("local", "messages") == 1
    mark = Reindex(tenant_id="local", created_at=now(), name="messages", until=0)
    await storage.write("local", lambda tx: tx.insert(mark))
    await reindexing.reindex(storage, "local")
    assert (await pending(admin), await indexed(admin)) == (1, 1)
    assert await found(db) == {"hello 1", "hello 2"}


# What is damaged or fails


@pytest.mark.usefixtures("never_idle")
async def test_a_row_that_is_neither_pending_nor_indexed_is_told_and_mended(
    postgres_url: str, db: Database, admin: Any
) -> None:
    await say(db, "hello 1", "hello 2")
    assert await storage_admin.verify(postgres_url) == []
    await admin.execute("DELETE FROM hansard.messages_pending WHERE k = 1")
    findings = await storage_admin.verify(postgres_url)
    assert [finding.repairable for finding in findings] == [True]
    assert await storage_admin.verify(postgres_url, repair=True) == []
    assert (await pending(admin), await indexed(admin)) == (0, 2)
    assert await found(db) == {"hello 1", "hello 2"}


async def test_a_damaged_row_does_not_keep_others_from_being_indexed(
    postgres_url: str, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as busy:
        index_little(busy)
        async with hansard.connect(postgres_url, providers=[]) as db:
            await say(db, *(f"hello {number}" for number in range(5)))
    await admin.execute("UPDATE hansard.messages SET parts = '{}' WHERE seq = 2")
    async with hansard.connect(postgres_url, providers=[]) as db:
        await none_pending(admin)
        assert await found(db) == {f"hello {number}" for number in range(5) if number != 2}


async def test_when_indexing_fails_it_goes_on_with_the_next_commit(
    db: Database, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    async def fail(*_: Any) -> int:
        failed.set()
        raise errors.DatabaseUnreachable

    talk = await say(db)
    work: Any = db.storage
    with monkeypatch.context() as away:
        away.setattr(work._indexer, "_complete", fail)
        await db.scope().messages.append(talk, [hansard.user("hello 1")])
        await failed.wait()
    await db.scope().messages.append(talk, [hansard.user("hello 2")])
    assert await found(db) == {"hello 1", "hello 2"}
    await none_pending(admin)


@pytest.mark.usefixtures("never_idle")
@pytest.mark.parametrize("is_wrapped", [True, False])
async def test_what_a_wrapper_stores_is_indexed_at_once(
    postgres_url: str, admin: Any, is_wrapped: bool
) -> None:
    storage = PostgresStorage(postgres_url)
    chosen = Scrambled(storage) if is_wrapped else storage
    async with Database(chosen, providers=Registry([])) as db:
        await say(db, "hello", "hello there")
        assert len(await found(db)) == 2
    assert (await pending(admin), await indexed(admin)) == ((0, 2) if is_wrapped else (2, 0))
