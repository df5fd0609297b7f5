"""A run answers its own prompt, wherever that went meanwhile, and waits for its turn."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

import hansard
from hansard import Database, Services
from hansard.context import window
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.feed import FeedEntry
from hansard.model.messages import Message, Summary
from hansard.model.runs import Run
from hansard.providers.base import TextDelta
from hansard.providers.echo import Echo, Scripted
from hansard.services.conversations import trash
from hansard.services.runs import context, followups, runner
from hansard.storage import message_tree
from hansard.storage.query import Query
from services.breaking import until
from services.conftest import Open
from services.providers import Held
from services.talks import ask, said, say, talk

pytestmark = pytest.mark.anyio


async def _answer_to_what_moved(
    monkeypatch: pytest.MonkeyPatch, ada: Services
) -> tuple[Conversation, Run]:
    """A run whose prompt goes into the trash, and whose place is taken, before the context is read."""
    gate, build = asyncio.Event(), runner.request_for

    async def slow(*what: Any) -> Any:
        await gate.wait()
        return await build(*what)

    monkeypatch.setattr(runner, "request_for", slow)
    made = await talk(ada, "first", title="t")
    [run] = await ada.chat.send(made.id, "my question", model="echo/echo")
    assert run.prompt_id is not None
    gone = await ada.messages.delete(made.id, run.prompt_id)
    await say(ada, made, "another's words")
    gate.set()
    await ada.runs.wait(run.id)
    await ada.branches.restore(made.id, gone.branch)
    return made, run


async def test_what_was_asked_is_answered_though_something_else_has_its_place(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(Echo()) as (_, ada):
        made, run = await _answer_to_what_moved(monkeypatch, ada)
        answer = await ada.messages.get(made.id, run.message_id)
        assert (answer.text, answer.parent_id) == ("my question", run.prompt_id)


async def test_reading_by_place_answers_something_else(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: the prompt is looked for on the branch on which it was, and not looked at."""
    build = window.build

    async def by_place(tx: Any, conversation: Conversation, prompt: Message, **how: Any) -> Any:
        return await build(tx, conversation, replace(prompt, branch=conversation.branch), **how)

    monkeypatch.setattr(context, "build", by_place)
    async with opened(Echo()) as (_, ada):
        made, run = await _answer_to_what_moved(monkeypatch, ada)
        answer = await ada.messages.get(made.id, run.message_id)
        assert answer.text == "", "it is noticed, and nothing is answered"
        monkeypatch.undo()
        monkeypatch.setattr(context, "build", by_place)
        monkeypatch.setattr(window, "check_last", lambda *_: None)
        made, run = await _answer_to_what_moved(monkeypatch, ada)
        answer = await ada.messages.get(made.id, run.message_id)
        assert answer.text == "another's words"


async def _told(ada: Services) -> list[FeedEntry]:
    return [e for e in await ada.feed.read(after=0, limit=500) if e.kind == "message.created"]


async def _all_kinds_of_messages(db: Database, ada: Services, held: Held) -> int:
    """Messages by every unit that stores some; returns how many there are."""
    made = await talk(ada, "one", "two")
    first, second = [m async for m in ada.messages.all(made.id)]
    await ada.messages.append(
        made.id, [hansard.user("elsewhere")], expect_head=first.id, on_conflict="fork"
    )
    await ada.messages.edit(made.id, second.id, "other two")
    run = await ask(ada, made, "three", model="echo/echo")
    await ada.runs.wait((await ada.chat.retry(made.id, run.message_id)).id)
    await ada.runs.wait((await ada.chat.continue_run(run.id)).id)
    await ada.chat.send(made.id, "four", models=["echo/echo", "echo/echo"])
    other = await talk(ada, "of another")
    source = (await ada.branches.current(other.id)).id
    await ada.branches.merge(made.id, source=source, source_conversation=other.id)
    for conversation_goes in (False, True):
        held.asked.clear()
        held.go.clear()
        late = await talk(ada, "before")
        [run] = await ada.chat.send(late.id, "late", model="held/one")
        await held.asked.wait()
        assert run.prompt_id is not None
        if conversation_goes:
            await say(ada, late, "meanwhile")
            await ada.conversations.delete(late.id)
        else:
            await ada.messages.delete(late.id, run.prompt_id)
        task = db.runner.live[run.id].task
        assert task is not None
        held.go.set()
        await task
    await asyncio.gather(*[live.task for live in db.runner.live.values() if live.task])
    return await db.storage.read("acme", lambda tx: tx.count(Query(Message)))


async def test_the_feed_tells_of_every_message_that_is_stored(opened: Open) -> None:
    held = Held()
    async with opened(Echo(), held) as (db, ada):
        stored = await _all_kinds_of_messages(db, ada, held)
        assert sum(entry.count for entry in await _told(ada)) == stored == 20
        for entry in await _told(ada):
            message = await db.storage.read(
                "acme", lambda tx, e=entry: tx.get(Message, e.subject_id)
            )
            assert message is not None
        branches = await db.storage.read("acme", lambda tx: tx.select(Query(Branch)))
        forks = {branch.id for branch in branches if branch.name == message_tree.FORK}
        entries = await ada.feed.read(after=0, limit=500)
        assert forks
        assert forks <= {e.subject_id for e in entries if e.kind == "branch.created"}


async def test_placing_without_telling_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: an answer is put into the trash, and the feed hears nothing."""

    async def silent(tx: Any, request: Any, branch: str, head: Message) -> list[Message]:
        start = (head.seq, head.id, head.digest)
        placed = message_tree.assign_positions(request.messages, branch, *start)
        await tx.insert(*placed)
        await tx.update(Branch, branch, **message_tree.ending_with(placed[-1]))
        return placed

    monkeypatch.setattr(trash, "put", silent)
    held = Held()
    async with hansard.connect(providers=[Echo(), held]) as db:
        ada = db.scope("acme", "ada")
        stored = await _all_kinds_of_messages(db, ada, held)
        assert sum(entry.count for entry in await _told(ada)) == stored - 2


# Turns, and what follows answers


async def test_what_goes_beyond_what_may_run_at_once_waits_as_queued(opened: Open) -> None:
    held = Held()
    async with opened(held, Echo(), max_running=1) as (_, ada):
        made = await talk(ada, title="t")
        [going] = await ada.chat.send(made.id, "hello", model="held/one")
        await held.asked.wait()
        other = await talk(ada, title="t")
        [waiting] = await ada.chat.send(other.id, "in turn", model="echo/echo")
        [stopped] = await ada.chat.send(other.id, "never", model="echo/echo")
        assert (going.status, waiting.status, stopped.status) == ("running", "queued", "queued")
        assert (await ada.runs.cancel(stopped.id)).status == "cancelled"
        assert {run.status for run in await ada.runs.active()} == {"running", "queued"}
        held.go.set()
        assert (await ada.runs.wait(waiting.id)).status == "completed"
        answer = await ada.messages.get(other.id, waiting.message_id)
        assert answer.text == "in turn"


async def test_runs_that_were_stored_as_running_say_that_they_wait(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "QUEUED_POLL_INTERVAL", 0.01)
    held = Held()
    async with opened(held, Echo(), max_running=1, save_interval=0.01) as (db, ada):
        made = await talk(ada, title="t")
        await ada.chat.send(made.id, "hello", model="held/one")
        await held.asked.wait()
        monkeypatch.setattr(db.runner, "has_room", lambda *_: True)
        [run] = await ada.chat.send(made.id, "well?", model="echo/echo")
        assert run.status == "running"

        async def waits() -> bool:
            return (await ada.runs.get(run.id)).status == "queued"

        await until(waits)
        held.go.set()
        await ada.runs.wait(run.id)


async def test_what_follows_answers_is_done_once_for_many_of_a_conversation(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    go = asyncio.Event()

    async def slow(*what: Any) -> None:
        begun.append(what[2].id)
        await go.wait()

    monkeypatch.setattr(followups, "give_title", slow)
    async with opened(Echo(), auto_title=True, summarize=False) as (db, ada):
        made = await talk(ada)
        runs = [await ask(ada, made, str(n), model="echo/echo") for n in range(12)]
        go.set()
        await db.runner.settle()
        assert len(begun) <= 2
        assert begun[-1] == runs[-1].id


async def test_so_many_conversations_wait_for_what_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(followups, "MAX_WAITING", 3)
    done: list[str] = []
    go = asyncio.Event()

    async def slow(*what: Any) -> None:
        await go.wait()
        done.append(what[2].conversation_id)

    monkeypatch.setattr(followups, "give_title", slow)
    async with hansard.connect(providers=[Echo()]) as db:
        me = db.scope()
        talks = [await me.conversations.create() for _ in range(10)]
        for made in talks:
            await ask(me, made, "hello", model="echo/echo")
        go.set()
        await db.runner.settle()
        assert len(done) == 3 + followups.MAX_WORKERS
        assert set(done) >= {made.id for made in talks[-3:]}


async def test_a_summary_goes_where_its_last_message_went(opened: Open) -> None:
    """While a model summarises, what it read may go into the trash, and something else may take its place."""
    scripted = Scripted([TextDelta("Yes.")], [0.3, TextDelta("A secret.")], [TextDelta("Yes.")])
    async with opened(scripted, max_history=8) as (db, ada):
        made = await talk(ada, *(f"secret {n}" for n in range(24)), title="t")
        await ask(ada, made, "one", model="scripted/one")

        async def summarising() -> bool:
            return len(scripted.requests) > 1

        await until(summarising)
        oldest = (await ada.messages.read(made.id, last=50)).items[0]
        await ada.messages.delete(made.id, oldest.id)
        await say(ada, made, *(f"open {n}" for n in range(24)))
        await db.runner.settle()
        [summary] = await db.storage.read("acme", lambda tx: tx.select(Query(Summary)))
        assert summary.branch != made.branch
        await ask(ada, made, "two", model="scripted/one")
        asked = next(r for r in scripted.requests[2:] if "two" in str(r.turns[-1]))
        assert "A secret." not in asked.system
        assert "secret" not in " ".join(await said(ada, made))
