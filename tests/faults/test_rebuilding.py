"""A search index is rebuilt in small steps: it can be interrupted, and nothing is missed meanwhile."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard import Database, Page
from hansard.search.tokenizer import Clause, clauses, occurrences
from hansard.storage import admin, search_index
from hansard.storage.base import TextSearch
from hansard.storage.sqlite import index, search, writer
from hansard.storage.sqlite.storage import SqliteStorage
from indexing import index_little, pending, until

pytestmark = pytest.mark.anyio

COUNT = 40
SAID = {f"hello {number}" for number in range(COUNT)}
KILLED = """
import asyncio, os, signal, sys
from hansard.storage import admin
from hansard.storage.sqlite import index

index.ROWS = 3
steps, step = int(sys.argv[2]), index.complete

async def counted(*parts):
    global steps
    steps -= 1
    done = await step(*parts)
    if steps < 0:  # the terms are added, and not committed
        os.kill(os.getpid(), signal.SIGKILL)
    return done

index.complete = counted
if sys.argv[3] == "the mark stays":
    rebuild = index.rebuild

    async def forget(tx, table):
        [(mark,)] = await tx.rows("SELECT k FROM messages_indexed", ())
        await rebuild(tx, table)
        await tx.run("UPDATE messages_indexed SET k = ?1", (mark,))

    index.rebuild = forget
asyncio.run(admin.verify(sys.argv[1], repair=True))
"""


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A database whose rows are all indexed."""
    async with hansard.connect(tmp_path / "chats.db", providers=[]) as db:
        me = db.scope()
        talk = await me.conversations.create()
        for number in range(COUNT):
            await me.messages.append(talk.id, [hansard.user(f"hello {number}")])
    return tmp_path / "chats.db"


@pytest.fixture
async def rebuilding(path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """A database whose index is being rebuilt, a row at a time and only after a commit."""
    index_little(monkeypatch, 0)
    async with hansard.connect(path, providers=[]) as db:
        await db.storage.write("", search_index.rebuild)
        yield db


async def found(db: Database) -> list[str]:
    return [hit.message.text async for hit in db.scope().search.messages("hello", limit=1_000)]


def kill(path: Path, steps: int, plant: str = "") -> int:
    """Have a process rebuild the index and be killed in a step."""
    command = [sys.executable, "-c", KILLED, path, str(steps), plant]
    return subprocess.run(command, check=False).returncode


@pytest.mark.parametrize("steps", [0, 1, 7])
async def test_a_rebuild_that_is_killed_goes_on_and_nothing_is_missed(
    path: Path, steps: int
) -> None:
    assert kill(path, steps) == -9
    assert pending(path) == COUNT - 3 * steps
    assert await admin.verify(str(path)) == []
    async with hansard.connect(path, providers=[]) as db:
        assert set(await found(db)) == SAID
        await until(lambda: pending(path) == 0)
        assert set(await found(db)) == SAID
    assert await admin.verify(str(path)) == []


async def test_a_rebuild_that_leaves_no_row_pending_is_noticed(path: Path) -> None:
    """The planted fault: what was to be indexed is forgotten with the process."""
    assert kill(path, 10_000, "the mark stays") == 0
    assert await admin.verify(str(path)) != []
    async with hansard.connect(path, providers=[]) as db:
        assert await found(db) == []


async def test_a_rebuild_that_nobody_interrupts_completes_the_index(path: Path) -> None:
    assert kill(path, 10_000) == 0
    assert pending(path) == 0
    assert await admin.verify(str(path)) == []


async def test_what_is_written_during_a_rebuild_is_found_with_the_rest(
    path: Path, rebuilding: Database
) -> None:
    me = rebuilding.scope()
    [talk] = (await me.conversations.list()).items
    for number in range(COUNT):
        await me.messages.append(talk.id, [hansard.user(f"hello again {number}")])
        assert len(await found(rebuilding)) == COUNT + number + 1
    assert 0 < pending(path) <= COUNT
    last = (await me.messages.read(talk.id, last=1)).items[0]
    await me.messages.delete(talk.id, last.id)
    assert len(await found(rebuilding)) == 2 * COUNT - 1


# Pages while the index grows


async def _pages(db: Database) -> list[str]:
    """Read the matches page by page, some rows being indexed after each."""
    me, cursor, texts = db.scope(), None, list[str]()
    while True:
        page: Page[Any] = await me.search.page("hello", limit=5, cursor=cursor)
        texts += [hit.message.text for hit in page.items]
        cursor = page.next
        if cursor is None:
            return texts
        await me.conversations.create()


async def _make_uneven(db: Database) -> None:
    """Add matches whose relevance differs, so that they are not in order of time."""
    me = db.scope()
    talk = await me.conversations.create()
    for number in range(COUNT):
        text = "hello " * (1 + number % 7) + "and more " * (number % 5)
        await me.messages.append(talk.id, [hansard.user(text)])


async def test_pages_have_no_gaps_while_the_index_grows(
    path: Path, rebuilding: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (index, search):
        monkeypatch.setattr(module, "MANY", 5)
    await _make_uneven(rebuilding)
    before = pending(path)
    expected = await found(rebuilding)
    assert await _pages(rebuilding) == expected
    assert 5 < pending(path) < before


async def test_pages_of_an_order_that_changes_are_noticed(
    path: Path, rebuilding: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: while the index is built, the order is of its sums."""
    monkeypatch.setattr(index, "MANY", 5)
    await _make_uneven(rebuilding)
    expected = await found(rebuilding)
    assert await _pages(rebuilding) != expected
    assert pending(path) > 5


# What others wait for


async def _pending_after_an_append(db: Database) -> int:
    """Append while somebody waits for the whole index, and return how many rows were pending then."""
    storage = db.storage
    assert isinstance(storage, SqliteStorage)
    assert storage._writer is not None
    [talk] = (await db.scope().conversations.list()).items
    settling = asyncio.create_task(storage.settle())
    await asyncio.sleep(0)
    await db.scope().messages.append(talk.id, [hansard.user("in between")])
    count = storage._writer.pending
    await settling
    assert storage._writer.pending == 0
    return count


async def test_an_append_does_not_wait_until_the_index_is_complete(rebuilding: Database) -> None:
    assert await _pending_after_an_append(rebuilding) >= COUNT - 2 * writer.TURN


async def test_an_append_that_waits_for_the_whole_index_is_noticed(
    rebuilding: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "TURN", COUNT)
    assert await _pending_after_an_append(rebuilding) < COUNT - 2 * 2


async def test_a_search_reads_no_more_pending_rows_than_it_returns(
    rebuilding: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0

    def counted(clause: Clause, words: list[str]) -> int:
        nonlocal read
        read += 1
        return occurrences(clause, words)

    monkeypatch.setattr(search, "occurrences", counted)
    scope = rebuilding.scope().scope
    newest = TextSearch(owner_id=scope.user, clauses=tuple(clauses("hello")), window=5)
    matches = await rebuilding.storage.read(scope.tenant, lambda tx: tx.search(newest))
    assert len(matches) == read == 5
