"""Appends that share a batch: each has its own outcome, and none leaves anything half-done."""

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
from hansard.ids import new_id
from hansard.model.messages import Message
from hansard.storage import message_tree, verification
from hansard.storage.sqlite import writer
from hansard.storage.sqlite.appends import Batch, Heads
from hansard.storage.sqlite.writer import Writer
from indexing import until
from services.talks import found

pytestmark = pytest.mark.anyio


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with hansard.connect(tmp_path / "chats.db", providers=[]) as db:
        yield db


async def test_each_append_of_a_batch_has_its_own_outcome(db: Database) -> None:
    me = db.scope()
    talks = [await me.conversations.create() for _ in range(3)]
    [first] = await me.messages.append(talks[0].id, [hansard.user("first")])
    main = talks[1].branch
    again = hansard.Draft(role="user", content="first", id=first.id)
    other = hansard.Draft(role="user", content="other", id=first.id)
    outcomes = await in_one_batch(
        db,
        me.messages.append(talks[0].id, [hansard.user("second")]),
        me.messages.append(talks[0].id, [again]),
        me.messages.append(talks[0].id, [other]),
        me.messages.append(talks[1].id, [hansard.user("a"), hansard.user("b")]),
        me.messages.append(talks[1].id, [hansard.user("c")], branch=main),
        me.messages.append(talks[1].id, [hansard.user("no")], expect_head=first.id),
        me.messages.append(new_id(), [hansard.user("nowhere")]),
        me.messages.append(talks[2].id, [hansard.user("third")], expect_head=None),
    )
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [list, list, errors.AlreadyExists, list, list, errors.HeadConflict,
                     errors.NotFound, list]  # fmt: skip
    assert outcomes[1] == [first]
    said = [[m.text for m in (await me.messages.read(talk.id)).items] for talk in talks]
    assert said == [["first", "second"], ["a", "b", "c"], ["third"]]


@pytest.mark.parametrize("plant", [False, True])
async def test_an_append_that_fails_after_it_wrote_is_undone_alone(
    db: Database, monkeypatch: pytest.MonkeyPatch, plant: bool
) -> None:
    me = db.scope()
    talk = await me.conversations.create()
    [first, _] = await me.messages.append(talk.id, [hansard.user("one"), hansard.user("two")])
    put = message_tree.put

    async def fail(*parts: Any) -> list[Message]:
        placed = await put(*parts)
        raise errors.Conflict(placed[0].text)

    monkeypatch.setattr(message_tree, "put", fail)
    if plant:  # only the first of the group is looked at
        monkeypatch.setattr(writer, "any", lambda found: next(iter(found), False), raising=False)
    outcomes = await in_one_batch(
        db,
        me.messages.append(talk.id, [hansard.user("three")]),
        me.messages.append(talk.id, [hansard.user("no")], expect_head=first.id, on_conflict="fork"),
        me.messages.append(talk.id, [hansard.user("four")]),
    )
    assert [type(outcome) for outcome in outcomes] == [list, errors.Conflict, list]
    texts = ("one", "two", "three", "four", "no")
    stored = {text for text in texts if await found(me, text)}
    branches = await me.branches.list(talk.id)
    assert (stored, len(branches)) == (
        ({"one", "two", "three", "four", "no"}, 2)
        if plant
        else ({"one", "two", "three", "four"}, 1)
    )


async def test_a_batch_that_cannot_be_stored_is_run_one_by_one(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = db.scope()
    talk = await me.conversations.create()
    store, failures = Batch.store, iter([True])

    async def fail_once(self: Batch, tx: Any) -> None:
        await store(self, tx)
        if next(failures, False):
            raise OverflowError

    monkeypatch.setattr(Batch, "store", fail_once)
    appends = [me.messages.append(talk.id, [hansard.user(f"hello {n}")]) for n in range(5)]
    outcomes = await in_one_batch(db, *appends)
    assert [[m.seq for m in placed] for placed in outcomes] == [[n] for n in range(5)]


async def test_a_branch_has_one_head_however_it_is_named(db: Database) -> None:
    me = db.scope()
    talk = await me.conversations.create()
    names = [None, talk.branch] * 20
    texts = [f"hello {number}" for number in range(len(names))]
    appends = [
        me.messages.append(talk.id, [hansard.user(text)], branch=name)
        for text, name in zip(texts, names, strict=True)
    ]
    await in_one_batch(db, *appends)
    page = await me.messages.read(talk.id, last=100)
    assert [m.text for m in page.items] == texts
    assert [m.seq for m in page.items] == list(range(len(texts)))


async def in_one_batch(db: Database, *appends: Any) -> list[Any]:
    """Have the writer find all of them at once; each one's messages or error."""
    begun, go_on = threading.Event(), threading.Event()

    async def hold(_: Any) -> None:
        begun.set()
        assert go_on.wait(30)

    holding = asyncio.create_task(db.storage.write("local", hold))
    await until(begun.is_set)
    waiting = [asyncio.create_task(append) for append in appends]
    await asyncio.sleep(0)
    lane = db.storage._writers  # pyright: ignore[reportAttributeAccessIssue]
    await until(lambda: lane._queue.qsize() == len(appends))
    go_on.set()
    await holding
    return await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize("plant", [False, True])
async def test_a_head_is_forgotten_when_the_commit_fails(
    db: Database, monkeypatch: pytest.MonkeyPatch, plant: bool
) -> None:
    me = db.scope()
    talk = await me.conversations.create()
    await me.messages.append(talk.id, [hansard.user("one")])

    def fail(*_: Any, **__: Any) -> None:
        raise apsw.FullError

    if plant:
        monkeypatch.setattr(Heads, "forget", lambda _: None)
    with monkeypatch.context() as full:
        full.setattr(Writer, "_end", fail)
        with pytest.raises(errors.StorageFull):
            await me.messages.append(talk.id, [hansard.user("lost")])
    await me.messages.append(talk.id, [hansard.user("two")])
    findings = (await verification.verify(db.storage)).findings
    assert bool(findings) == plant
    if not plant:
        page = await me.messages.read(talk.id)
        assert [(m.seq, m.text) for m in page.items] == [(0, "one"), (1, "two")]
