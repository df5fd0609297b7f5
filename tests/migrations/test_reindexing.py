"""After a migration that changed the terms of texts, what is there is indexed anew: in batches, and nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

import hansard
from hansard import Services
from hansard.errors import NotADatabase
from hansard.model.messages import Message
from hansard.model.reindexes import Reindex
from hansard.providers.registry import Registry
from hansard.search.tokenizer import first_passages, passages
from hansard.storage import reindexing, verification
from hansard.storage.base import Storage
from hansard.storage.postgres import index as postgres_index
from hansard.storage.postgres import transaction as postgres_transaction
from hansard.storage.query import Query
from hansard.storage.sql.migrations import Migrations
from hansard.storage.sqlite import index
from hansard.storage.sqlite import transaction as sqlite_transaction
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.storage.tables import SCHEMA
from scrambled import Scrambled

pytestmark = pytest.mark.anyio

SAID = [
    "ฉันอยากไปกรุงเทพพรุ่งนี้",
    "Zusam\u00admen\u00adarbeit in Łódź",
    "plain words, as ever",
    "٤٢ apples and an owl 🦉",
    "東京 again",
    "ไป " * 700,
    "the last word",
]
SOUGHT = {
    "กรุงเทพ": 0,
    "zusammenarbeit": 1,
    "lodz": 1,
    "plain": 2,
    "42": 3,
    "🦉": 3,
    "東京": 4,
    "last": 6,
}
MESSAGES = SCHEMA.named("messages")


class Interrupted(Exception):
    """The process ends in the middle of a batch."""


def unchanged(storage: Storage) -> Storage:
    return storage


async def make_old(
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    wrap: Callable[[Storage], Storage] = unchanged,
) -> str:
    """A database as it is when the migration has been applied: indexed as it was before."""
    storage = hansard.connect(url, providers=[]).storage
    with monkeypatch.context() as before:
        before.setattr(index, "passages", first_passages)
        before.setattr(postgres_index, "passages", first_passages)
        async with hansard.Database(wrap(storage), providers=Registry([])) as db:
            me = db.scope()
            talk = await me.conversations.create(title="Old")
            for text in SAID:
                await me.messages.append(talk.id, [hansard.user(text)])
            await me.artifacts.create(type="text", title="กรุงเทพมหานคร", content="x")
    async with opened(url) as storage:  # closed in between, so that no row is pending
        await _migrate(storage)
    monkeypatch.setattr(reindexing, "BATCH", 2)
    monkeypatch.setattr(reindexing, "PAUSE", 0)
    return url


@pytest.fixture
async def old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    return await make_old(str(tmp_path / "chats.db"), monkeypatch)


@pytest.fixture
async def old_server(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    return await make_old(postgres_url, monkeypatch)


async def _migrate(storage: Storage) -> None:
    """Run what the migration says of the rows that are there."""
    engine = "sqlite" if isinstance(storage, SqliteStorage) else "postgres"
    [text] = [m.text for m in Migrations.builtin(engine).all if m.name == "reindex_search"]
    statements = [each for each in text.split(";") if "INSERT INTO" in each]
    assert statements

    async def work(tx: Any) -> None:
        for statement in statements:
            await tx.run(statement, ())

    await storage.write("local", work)


@asynccontextmanager
async def opened(
    url: str, wrap: Callable[[Storage], Storage] = unchanged
) -> AsyncIterator[Storage]:
    storage = wrap(hansard.connect(url, providers=[]).storage)
    await storage.open()
    yield storage
    await storage.close()


def interrupt(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Let the batch with that number fail after it wrote, and before it is committed."""
    number = -1
    plain: Callable[..., Any] = sqlite_transaction.SqliteTransaction.update

    async def update(self: Any, record: Any, *key: Any, **changes: Any) -> Any:
        nonlocal number
        done = await plain(self, record, *key, **changes)
        number += record is Reindex
        if number == at:
            raise Interrupted
        return done

    for kind in (sqlite_transaction.SqliteTransaction, postgres_transaction.PostgresTransaction):
        monkeypatch.setattr(kind, "update", update)


def services(storage: Storage) -> Services:
    db = hansard.Database(storage, providers=Registry([]))
    return db.scope()


async def found(me: Services, query: str) -> list[str]:
    return [hit.message.text async for hit in me.search.messages(query)]


@pytest.mark.parametrize("at", range(4))
async def test_an_interruption_in_any_batch_loses_nothing_in_a_file(
    old_file: str, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    async with opened(old_file) as storage:
        await _interrupted_and_gone_on(storage, monkeypatch, at)


@pytest.mark.parametrize("at", range(4))
async def test_an_interruption_in_any_batch_loses_nothing_on_a_server(
    old_server: str, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    async with opened(old_server) as storage:
        await _interrupted_and_gone_on(storage, monkeypatch, at)


async def test_contents_in_another_form_are_indexed_by_what_they_say_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await make_old(str(tmp_path / "chats.db"), monkeypatch, Scrambled)
    async with opened(url, Scrambled) as storage:
        await _interrupted_and_gone_on(storage, monkeypatch, at=1)


async def test_contents_in_another_form_are_indexed_by_what_they_say_on_a_server(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await make_old(postgres_url, monkeypatch, Scrambled)
    async with opened(url, Scrambled) as storage:
        await _interrupted_and_gone_on(storage, monkeypatch, at=1)


async def _interrupted_and_gone_on(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    with monkeypatch.context() as broken:
        interrupt(broken, at)
        with pytest.raises(Interrupted):
            await reindexing.reindex(storage, "local")
    me = services(storage)
    for query, number in SOUGHT.items():
        assert await found(me, query) in ([], [SAID[number]]), "nothing wrong is found meanwhile"
    assert await found(me, "plain") == [SAID[2]], "what has the same terms as before is found"
    assert [f for f in (await verification.verify(storage)).findings if f.subject == "search"] == []
    await reindexing.reindex(storage, "local")
    for query, number in SOUGHT.items():
        assert await found(me, query) == [SAID[number]]
    assert len((await me.search.artifacts("มหานคร")).items) == 1
    assert (await verification.verify(storage)).findings == []
    assert await storage.read("local", lambda tx: tx.select(Query(Reindex))) == []


async def test_rows_that_go_meanwhile_leave_no_term_in_the_file(old_file: str) -> None:
    """The engine takes a row out by its terms: by those of before if it has these, else by those of now."""
    assert await _terms_left(old_file) == 0


async def test_the_test_above_notices_a_row_taken_out_by_the_wrong_terms(
    old_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "first_passages", passages)
    with pytest.raises(NotADatabase):  # the engine finds that its index contradicts itself
        await _terms_left(old_file)


async def _terms_left(path: str) -> int:
    """How many terms are in the index when all was removed, some of it in the midst of indexing anew."""
    storage = SqliteStorage(path)
    await storage.open()
    everything = Query(Message).by("id")
    await reindexing.step(storage, "local", MESSAGES)
    messages = await storage.read("local", lambda tx: tx.select(everything))
    new = messages[-1]
    for message in (messages[0], messages[3], new):
        gone = Query(Message).where(id=message.id)
        await storage.write("local", lambda tx, q=gone: tx.delete(q))
    await storage.write("local", lambda tx: tx.insert(new))  # it has the place of the last one
    await storage.write("local", lambda tx: tx.delete(Query(Message).where(id=new.id)))
    await reindexing.step(storage, "local", MESSAGES)
    await storage.write("local", lambda tx: tx.delete(Query(Message)))
    await storage.close()
    connection = apsw.Connection(path)
    connection.execute("CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, messages_terms, row)")
    (count,) = connection.execute("SELECT count(*) FROM temp.v").fetchone() or (0,)
    connection.close()
    return count
