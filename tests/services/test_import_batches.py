"""An import goes on batch by batch: what went wrong deep in a file, or was cancelled, leaves what was whole before."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hansard import Database, Services
from hansard.errors import Conflict, InvalidInput
from hansard.formats import jsonl
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.services.transfer import batches, import_session
from hansard.services.transfer.import_session import ImportSession
from hansard.services.transfer.importer import Importer
from hansard.storage.query import Query
from hansard.storage.tables import SCHEMA
from services.talks import export, path, said, say, talk

pytestmark = pytest.mark.anyio

RECORDED = Path(__file__).with_name("recorded") / "export.jsonl"
TALKS, WORDS = 12, "abcde"
LINES = 2 + len(WORDS)
"""Of a conversation: itself, its branch and its messages."""


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """So that there are many, and conversations begin in one and end in another."""
    monkeypatch.setattr(batches, "BATCH", 10)


async def _talks(who: Services) -> list[bytes]:
    for number in range(TALKS):
        await talk(who, *WORDS, title=f"{number:02}")
    lines = [line for line in await export(who) if msgspec.json.decode(line)["kind"] != "user"]
    lines[-1] = jsonl.write_end(len(lines) - 2)
    assert len(lines) == 2 + TALKS * LINES
    return lines


def _titles_in(lines: list[bytes]) -> list[str]:
    return [msgspec.json.decode(line)["title"] for line in lines[1:-1:LINES]]


async def _titles(who: Services) -> list[str]:
    return sorted(each.title for each in (await who.conversations.list()).items)


async def _is_whole(db: Database, who: Services, titles: list[str]) -> None:
    """The conversations with these titles are there with all they have, and nothing else is, not even hidden."""
    assert await _titles(who) == titles
    for each in (await who.conversations.list()).items:
        assert await said(who, each) == list(WORDS)
    for table, count in (("conversations", 1), ("branches", 1), ("messages", len(WORDS))):
        query = Query(SCHEMA.named(table).record)
        there = await db.storage.read(who.scope.tenant, lambda tx, q=query: tx.count(q))
        assert there == count * len(titles), table
    stats = await who.statistics.get()
    assert (stats.conversations, stats.messages) == (len(titles), len(titles) * len(WORDS))


def _garbled(lines: list[bytes], at: int) -> None:
    lines[at] = lines[at][:-3]


def _not_allowed(lines: list[bytes], at: int) -> None:
    lines[at] = lines[at].replace(b'"created_at":"2', b'"created_at":"9')


@pytest.mark.parametrize("talks", [0, 4, 11])
@pytest.mark.parametrize("how", [_garbled, _not_allowed])
async def test_a_wrong_line_is_told_by_its_number_and_leaves_what_came_before(
    db: Database,
    ada: Services,
    eve: Services,
    talks: int,
    how: Any,
) -> None:
    lines = await _talks(ada)
    titles = _titles_in(lines)
    wrong = lines.copy()
    at = 1 + talks * LINES + 4
    how(wrong, at)
    with pytest.raises(InvalidInput, match=f"^Line {at + 1} is invalid: "):
        await eve.transfer.import_lines(wrong)
    before = sorted(titles[:talks])
    await _is_whole(db, eve, before)
    report = await eve.transfer.import_lines(lines)
    assert report.unchanged.get("conversation", 0) == talks
    await _is_whole(db, eve, sorted(titles))


async def test_a_batch_that_is_lost_is_noticed(
    ada: Services, eve: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = await _talks(ada)
    take, number = Importer.take, 0

    async def take_others(self: Importer, records: Any) -> None:
        nonlocal number
        number += 1
        if number != 4:
            await take(self, records)

    monkeypatch.setattr(Importer, "take", take_others)
    with pytest.raises(InvalidInput):
        await eve.transfer.import_lines(lines)


async def test_an_import_that_is_cancelled_leaves_what_came_before_and_no_thread(
    db: Database, ada: Services, eve: Services
) -> None:
    lines = await _talks(ada)
    is_waiting, goes_on = threading.Event(), threading.Event()
    read = 0

    def slowly() -> Iterator[bytes]:
        nonlocal read
        for line in lines:
            read += 1
            if read == 60:
                is_waiting.set()
                assert goes_on.wait(60)
            yield line

    importing = asyncio.ensure_future(eve.transfer.import_lines(slowly()))
    await asyncio.to_thread(is_waiting.wait)
    importing.cancel()
    for _ in range(50):
        await asyncio.sleep(0)
    assert not importing.done()
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await importing
    assert read == 60
    titles = _titles_in(lines)
    left = await _titles(eve)
    assert set(left) <= set(titles[:8])
    await _is_whole(db, eve, left)
    await eve.transfer.import_lines(lines)
    await _is_whole(db, eve, sorted(titles))


async def test_usual_conversations_are_stored_together(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one by one, nor twice because something was refused."""
    monkeypatch.setattr(ImportSession, "_write_in_order", None)
    recorded = RECORDED.read_bytes().splitlines(keepends=True)
    await db.scope("globex", "ada").transfer.import_lines(recorded)

    async def refuse(*_: object) -> None:
        raise Conflict("refused")

    monkeypatch.setattr(import_session, "run_together", refuse)
    with pytest.raises(TypeError):
        await db.scope("third", "ada").transfer.import_lines(recorded)


async def test_what_is_stored_in_order_is_what_is_stored_together(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = RECORDED.read_bytes().splitlines(keepends=True)
    one, other = db.scope("one", "ada"), db.scope("other", "ada")
    await one.transfer.import_lines(recorded)

    async def refuse(*_: object) -> None:
        raise Conflict("refused")

    monkeypatch.setattr(import_session, "run_together", refuse)
    await other.transfer.import_lines(recorded)
    assert (await export(one))[1:] == (await export(other))[1:] == recorded[1:]
    assert await one.statistics.get() == await other.statistics.get()


@pytest.mark.parametrize("size", [10, 500])
async def test_a_conversation_twice_in_a_file_is_compared_with_itself(
    ada: Services, eve: Services, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Whether both are in one batch or not."""
    monkeypatch.setattr(batches, "BATCH", size)
    lines = await _talks(ada)
    twice = [*lines[:-1], *lines[1:-1], jsonl.write_end(2 * len(lines) - 4)]
    report = await eve.transfer.import_lines(twice)
    assert report.added == report.unchanged
    assert report.conflicting == {}


async def test_each_conversation_is_told_in_the_feed_once(ada: Services, eve: Services) -> None:
    lines = await _talks(ada)
    await eve.transfer.import_lines(lines)
    told = [entry.subject_id for entry in await eve.feed.read()]
    assert told == [msgspec.json.decode(line)["id"] for line in lines[1:-1:LINES]]


@pytest.mark.parametrize("size", [2, 10, 500])
async def test_a_branch_may_come_before_the_messages_that_it_follows(
    ada: Services, eve: Services, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Its first message gets its digest and is counted when the one before it has come, in whichever batch."""
    monkeypatch.setattr(batches, "BATCH", size)
    made = await talk(ada, *WORDS)
    fork = await ada.branches.fork(made.id, at=(await path(ada, made))[1].id)
    x, y = await say(ada, made, "x", "y", branch=fork.id)
    await ada.ratings.rate(made.id, x.id, 1)
    lines = await export(ada)
    begins = [f'"id":"{x.id}"', f'"id":"{y.id}"', '"kind":"rating"']
    forked = [line for begin in begins for line in lines if begin.encode() in line]
    first = next(i for i, line in enumerate(lines) if b'"kind":"message"' in line)
    others = [line for line in lines if line not in forked]
    await eve.transfer.import_lines([*others[:first], *forked, *others[first:]])
    assert (await export(eve))[1:] == lines[1:]
    assert await eve.statistics.get() == await ada.statistics.get()


async def test_a_conversation_comes_into_no_project_of_somebody_else(
    ada: Services, bob: Services
) -> None:
    project = await bob.projects.create("Secret")
    [head, *lines, _] = await _talks(ada)
    last = lines[-LINES]
    lines[-LINES] = msgspec.json.encode(msgspec.json.decode(last) | {"project_id": project.id})
    for each in (await ada.conversations.list()).items:
        await ada.conversations.delete(each.id)
        await ada.conversations.purge(each.id)
    with pytest.raises(InvalidInput, match=f"^Project {project.id} does not exist"):
        await ada.transfer.import_lines([head, *lines, jsonl.write_end(len(lines))])
    assert len(await _titles(ada)) == TALKS - 1


async def test_what_is_not_complete_is_in_no_export(db: Database, ada: Services) -> None:
    made, other = await talk(ada, "a"), await talk(ada, "b")
    state: dict[str, Any] = {"state": "importing"}
    await db.storage.write("acme", lambda tx: tx.update(Conversation, made.id, **state))
    assert [line for line in await export(ada) if made.id.encode() in line] == []
    await db.storage.write("acme", lambda tx: tx.update(Branch, other.branch, **state))
    kinds = [msgspec.json.decode(line)["kind"] for line in await export(ada)]
    assert kinds == ["export", "user", "conversation", "end"]
