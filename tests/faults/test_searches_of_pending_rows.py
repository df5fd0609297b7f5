"""A search for several words reads pending rows once, and only as long as nothing changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard import Database
from hansard.model.branches import Branch
from hansard.model.messages import Message
from hansard.search.tokenizer import clauses
from hansard.storage.base import TextSearch, Transaction
from hansard.storage.query import Query
from hansard.storage.sqlite import search
from hansard.storage.sqlite.transaction import SqliteTransaction

pytestmark = pytest.mark.anyio


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with hansard.connect(tmp_path / "chats.db", providers=[]) as db:
        yield db


async def found(db: Database, words: str) -> set[str]:
    return {hit.message.text async for hit in db.scope().search.messages(words)}


async def _reads_of_pending_rows(db: Database, monkeypatch: pytest.MonkeyPatch) -> int:
    """Search for several words of which no row has all, and return how often each pending row was read."""
    me = db.scope()
    talk = await me.conversations.create()
    for word in ("tea", "cake", "milk"):
        await me.messages.append(talk.id, [hansard.user(word)])
    read: list[int] = []
    plain = search._Unread.__init__

    def counted(self: search._Unread, k: int, *parts: Any) -> None:
        read.append(k)
        plain(self, k, *parts)

    monkeypatch.setattr(search._Unread, "__init__", counted)
    assert await found(db, "tea cake milk") == {"tea", "cake", "milk"}
    assert len(read) % 3 == 0
    return len(read) // 3


async def test_a_search_for_several_words_reads_pending_rows_once(
    db: Database, never_idle: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del never_idle
    assert await _reads_of_pending_rows(db, monkeypatch) == 1


async def test_many_pending_rows_are_not_remembered(
    db: Database, never_idle: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the control of the test above: it would notice."""
    del never_idle
    monkeypatch.setattr(search, "FEW", 2)
    assert await _reads_of_pending_rows(db, monkeypatch) == 4


async def _found_after_a_change(db: Database) -> list[int]:
    """How many pending rows a unit finds before and after it deletes one of them."""
    me = db.scope()
    talk = await me.conversations.create()
    for word in ("tea", "green tea"):
        await me.messages.append(talk.id, [hansard.user(word)])
    [last] = (await me.messages.read(talk.id, last=1)).items
    tea = TextSearch(owner_id=me.scope.user, clauses=tuple(clauses("tea")))

    async def delete(tx: Transaction) -> list[int]:
        before = len(await tx.search(tea))
        await tx.update(Branch, last.branch, head_id=None, head_seq=0)
        await tx.delete(Query(Message).where(id=last.id))
        return [before, len(await tx.search(tea))]

    return await db.storage.write(me.scope.tenant, delete)


async def test_a_unit_does_not_find_what_it_deleted(db: Database, never_idle: None) -> None:
    del never_idle
    assert await _found_after_a_change(db) == [2, 1]


async def test_a_unit_that_finds_what_it_deleted_is_noticed(
    db: Database, never_idle: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: what was read before a change is remembered."""
    del never_idle
    monkeypatch.setattr(SqliteTransaction, "changes", 0)
    assert await _found_after_a_change(db) == [2, 2]
