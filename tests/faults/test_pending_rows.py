"""Rows whose terms are added later are found at once, whatever happens in between."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import pytest

import hansard
from hansard import Database, errors
from hansard.model.messages import Message
from hansard.model.parts import Data
from hansard.providers.registry import Registry
from hansard.storage import admin, verification
from hansard.storage.query import Query
from hansard.storage.sqlite import index, writer
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.storage.sqlite.writer import Safety
from indexing import index_little, kill, pending, until
from scrambled import Scrambled

pytestmark = pytest.mark.anyio


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with hansard.connect(tmp_path / "chats.db", providers=[]) as db:
        yield db


async def found(db: Database, words: str = "hello") -> set[str]:
    return {hit.message.text async for hit in db.scope().search.messages(words, limit=1000)}


# What is left of a killed process


@pytest.mark.parametrize("at_most", [0, 4, 1_000_000])
async def test_what_a_killed_process_did_not_index_is_found_and_then_indexed(
    tmp_path: Path, at_most: int
) -> None:
    path = tmp_path / "chats.db"
    kill(path, at_most)
    assert at_most == 0 or pending(path) > 0
    assert await admin.verify(str(path)) == []
    said = {f"hello {number}" for number in range(10)}
    async with hansard.connect(path, providers=[]) as db:
        assert await found(db) == said
        await until(lambda: pending(path) == 0)
        assert await found(db) == said
    assert await admin.verify(str(path)) == []


async def test_a_mark_that_is_raised_without_the_terms_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    kill(path, 4, "the mark alone")
    assert await admin.verify(str(path)) != []
    async with hansard.connect(path, providers=[]) as db:
        assert len(await found(db)) < 10


async def test_a_reader_beside_the_owner_finds_what_is_not_indexed(
    tmp_path: Path, db: Database, never_idle: None
) -> None:
    del never_idle
    talk = await db.scope().conversations.create()
    await db.scope().messages.append(talk.id, [hansard.user("hello")])
    assert pending(tmp_path / "chats.db") == 1
    async with Database(SqliteStorage(tmp_path / "chats.db", readonly=True)) as beside:
        assert await found(beside) == {"hello"}


async def test_a_backup_has_what_is_not_indexed(
    tmp_path: Path, db: Database, never_idle: None
) -> None:
    del never_idle
    talk = await db.scope().conversations.create()
    await db.scope().messages.append(talk.id, [hansard.user("hello")])
    admin.backup(str(tmp_path / "chats.db"), tmp_path / "copy.db")
    async with hansard.connect(tmp_path / "copy.db", providers=[]) as copy:
        assert await found(copy) == {"hello"}


async def test_relevance_is_nearly_the_same_before_a_row_is_indexed(
    tmp_path: Path, db: Database
) -> None:
    me = db.scope()
    talk = await me.conversations.create()
    fill = [hansard.user(f"something else {n}" + " and more" * n) for n in range(200)]
    await me.messages.append(talk.id, fill)
    await until(lambda: pending(tmp_path / "chats.db") == 0)
    said = [
        "tea tea cake",
        "tea",
        "tea and a lot of words around it, quite a lot of them",
        "teapot",
    ]
    await me.messages.append(talk.id, [hansard.user(text) for text in said])
    queries = ["tea", "tea*", '"tea tea"', "tea cake"]
    before = {query: await scores(db, query) for query in queries}
    await until(lambda: pending(tmp_path / "chats.db") == 0)
    for query in queries:
        after = await scores(db, query)
        assert list(before[query]) == list(after)
        assert before[query] == pytest.approx(after, rel=0.2)  # the index counts more rows now


async def scores(db: Database, query: str) -> dict[str, float]:
    return {hit.message.text: hit.score async for hit in db.scope().search.messages(query)}


async def test_pages_have_no_gap_although_relevance_changes_with_what_is_indexed(
    tmp_path: Path, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await pages_indexed_in_between(db, tmp_path / "chats.db", monkeypatch) == 60


async def test_the_test_above_notices_pages_that_do_not_settle(
    tmp_path: Path, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SqliteStorage, "is_settled", True)
    assert await pages_indexed_in_between(db, tmp_path / "chats.db", monkeypatch) < 60


async def pages_indexed_in_between(
    db: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> int:
    """How many of 60 messages are found if all that can be indexed is indexed after the first page."""
    me = db.scope()
    talk = await me.conversations.create()
    with monkeypatch.context() as busy:
        index_little(busy)
        texts = ["tea " * (1 + n % 7) + "word " * (n * n % 90) for n in range(60)]
        for text in texts:
            await me.messages.append(talk.id, [hansard.user(text)])
            await me.messages.append(talk.id, [hansard.user("long " * 500)])
        page = await me.search.page("tea", limit=30)
    await me.conversations.update(talk.id, title="Tea")
    await until(lambda: pending(path) == 0)
    rest = await me.search.page("tea", limit=30, cursor=page.next)
    return len({hit.message.id for hit in (*page.items, *rest.items)})


@pytest.mark.usefixtures("never_idle")
async def test_the_first_page_waits_for_nothing_and_the_others_for_the_index(
    tmp_path: Path, db: Database
) -> None:
    me = db.scope()
    talk = await me.conversations.create()
    await me.messages.append(talk.id, [hansard.user(f"tea {number}") for number in range(20)])
    page = await me.search.page("tea", limit=5)
    assert pending(tmp_path / "chats.db") == 20
    rest = await me.search.page("tea", limit=15, cursor=page.next)
    assert pending(tmp_path / "chats.db") == 0
    assert rest.next is None
    assert len({hit.message.id for hit in (*page.items, *rest.items)}) == 20


@pytest.mark.parametrize("plant", [False, True])
async def test_rows_do_not_pile_up_while_many_write(
    tmp_path: Path, db: Database, monkeypatch: pytest.MonkeyPatch, plant: bool
) -> None:
    index_little(monkeypatch, 20, rows=4)
    monkeypatch.setattr(writer, "ADDED", 0 if plant else 1_000)
    me = db.scope()
    talks = [await me.conversations.create() for _ in range(64)]
    for number in range(8):
        said = [hansard.user(f"hello {number}")]
        await asyncio.gather(*(me.messages.append(talk.id, said) for talk in talks))
    await me.conversations.create()
    assert (pending(tmp_path / "chats.db") <= 20 + 2 * len(talks)) is not plant


@pytest.mark.usefixtures("never_idle")
async def test_a_search_goes_on_when_the_writer_cannot_write(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = db.scope()
    talk = await me.conversations.create()
    await me.messages.append(talk.id, [hansard.user(f"tea {number}") for number in range(20)])

    def refuse(_: Safety) -> None:
        raise errors.StorageError

    monkeypatch.setattr(Safety, "check", refuse)
    assert len(await found(db, "tea")) == 20
    page = await me.search.page("tea", limit=5)
    assert len(page.items) == 5
    assert page.next


@pytest.mark.parametrize("plant", [False, True])
async def test_what_a_wrapper_stores_is_never_indexed_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: bool
) -> None:
    """A message without a text has no terms, but what a wrapper makes of it would have some."""
    if plant:
        statement = "UPDATE {table}_indexed SET k = k WHERE ?1 > ?2"
        monkeypatch.setitem(index.SQL, "keep_up", statement)
    file = SqliteStorage(tmp_path / "chats.db")
    async with Database(Scrambled(file), providers=Registry([])) as db:
        me = db.scope()
        talk = await me.conversations.create()
        await me.messages.append(talk.id, [hansard.user(parts=[Data({"a": 1})])])
        await until(lambda: file.is_settled)
        findings = (await verification.verify(db.storage)).findings
    assert bool(findings) == plant


# What is removed


async def test_the_next_row_in_the_place_of_a_removed_one_is_found(db: Database) -> None:
    assert await found_in_the_place_of_a_removed_one(db)


async def test_the_test_above_notices_a_mark_that_stays(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(index.SQL, "lower", "UPDATE {table}_indexed SET k = k WHERE ?1 IS NULL")
    assert not await found_in_the_place_of_a_removed_one(db)


async def found_in_the_place_of_a_removed_one(db: Database) -> bool:
    me, path = db.scope(), db.storage.path  # pyright: ignore[reportAttributeAccessIssue]
    talk = await me.conversations.create()
    for text in ("one", "two"):
        await me.messages.append(talk.id, [hansard.user(text)])
    await until(lambda: pending(path) == 0)
    last = (await me.messages.read(talk.id)).items[-1]
    await db.storage.write("local", lambda tx: tx.delete(Query(Message).where(id=last.id)))
    await db.storage.write("local", lambda tx: tx.insert(last))
    return await found(db, "two") == {"two"}


@pytest.mark.parametrize("at_most", [0, 4, 1_000_000])
async def test_what_is_purged_leaves_no_term(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_most: int
) -> None:
    index_little(monkeypatch, at_most)
    async with hansard.connect(tmp_path / "chats.db", providers=[]) as db:
        me = db.scope()
        kept, gone = await me.conversations.create(), await me.conversations.create()
        for number in range(8):
            await me.messages.append(gone.id, [hansard.user(f"zebrafish {number}")])
            await me.messages.append(kept.id, [hansard.user(f"hello {number}")])
        await me.conversations.delete(gone.id)
        await me.conversations.purge(gone.id)
        assert await found(db, "zebrafish*") == set()
        assert len(await found(db)) == 8
    assert await admin.verify(str(tmp_path / "chats.db")) == []
    assert b"zebrafish" not in (tmp_path / "chats.db").read_bytes()


# What is damaged or fails


async def test_a_mark_after_the_newest_row_is_told_and_mended(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    async with hansard.connect(path, providers=[]) as db:
        talk = await db.scope().conversations.create()
        await db.scope().messages.append(talk.id, [hansard.user("hello")])
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE messages_indexed SET k = 99")
    connection.close()
    [finding] = await admin.verify(str(path))
    assert finding.repairable
    assert await admin.verify(str(path), repair=True) == []
    assert pending(path) == 0


async def test_a_damaged_row_does_not_keep_others_from_being_indexed(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    kill(path, 1_000_000)
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE messages SET parts = '[' WHERE seq = 4")
    connection.close()
    async with hansard.connect(path, providers=[]) as db:
        await until(lambda: pending(path) == 0)
        assert await found(db) == {f"hello {number}" for number in range(10) if number != 4}


@pytest.mark.parametrize("failure", [apsw.FullError, ValueError, errors.NotADatabase])
async def test_when_indexing_fails_it_goes_on_with_the_next_commit(
    tmp_path: Path,
    db: Database,
    monkeypatch: pytest.MonkeyPatch,
    failure: type[Exception],
) -> None:
    failed = threading.Event()

    async def fail(*_: Any) -> int:
        failed.set()
        raise failure

    me = db.scope()
    talk = await me.conversations.create()
    with monkeypatch.context() as full:
        full.setattr(index, "complete", fail)
        await me.messages.append(talk.id, [hansard.user("hello 1")])
        await until(failed.is_set)
    await me.messages.append(talk.id, [hansard.user("hello 2")])
    assert await found(db) == {"hello 1", "hello 2"}
    await until(lambda: pending(tmp_path / "chats.db") == 0)
    lane = db.storage._writer  # pyright: ignore[reportAttributeAccessIssue]
    assert lane._connection.pragma("synchronous") == 2, "commits are flushed"


async def test_only_so_many_rows_are_left_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_little(monkeypatch, 20, rows=10)
    async with hansard.connect(tmp_path / "chats.db", providers=[]) as db:
        talk = await db.scope().conversations.create()
        for number in range(100):
            await db.scope().messages.append(talk.id, [hansard.user(f"hello {number}")])
            assert pending(tmp_path / "chats.db") <= 30
        assert len(await found(db)) == 100
