"""Runs: a run goes on by itself, its events are kept, and however it ends there is a message."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

import hansard
from hansard import Database, Services
from hansard.errors import NotFound, PermissionDenied
from hansard.ids import new_id
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.parts import Error, Text
from hansard.model.runs import ENDED, Run, RunEvent
from hansard.providers.base import TextDelta
from hansard.providers.echo import Echo, Scripted
from hansard.storage.query import Query
from services.conftest import Clock
from services.providers import Held
from services.talks import path, said, talk

pytestmark = pytest.mark.anyio


async def _events(who: Services, run: Run, after: int = 0) -> list[RunEvent]:
    return [event async for event in who.runs.events(run.id, after=after)]


async def _stored(db: Database, run: Run) -> list[RunEvent]:
    query = Query(RunEvent).where(run_id=run.id).by("number")
    return await db.storage.read("acme", lambda tx: tx.select(query))


async def test_what_was_streamed_is_what_is_stored(db: Database, ada: Services) -> None:
    made = await talk(ada)
    [run] = await ada.chat.send(made.id, "one two three", options={"delay": 0.04})
    streamed = await _events(ada, run)
    assert [event.number for event in streamed] == list(range(1, len(streamed) + 1))
    assert streamed[0].type == "started"
    assert streamed[0].data == {"message_id": run.message_id, "model": "echo/echo"}
    assert "".join(event.text for event in streamed) == "one two three"
    last = streamed[-1]
    assert (last.type, last.data["message_id"], last.data["branch"]) == (
        "completed", run.message_id, made.branch,
    )  # fmt: skip
    assert await _stored(db, run) == streamed
    for after in range(len(streamed)):
        assert await _events(ada, run, after) == streamed[after:]
    [end] = await _events(ada, run, 99)
    assert (end.type, end.number) == ("completed", 100), "who asks learns how it ended"


async def test_many_follow_one_run_each_from_its_place(clock: Clock, address: str) -> None:
    held = Held("one ", "two ")
    async with hansard.connect(address, providers=[held], clock=clock) as db:
        ada = db.scope("acme", "ada")
        made = await talk(ada, title="t")
        [run] = await ada.chat.send(made.id, "count", model="held/one")
        followers = [asyncio.create_task(_events(ada, run, after)) for after in (0, 0, 1)]
        await held.asked.wait()
        held.go.set()
        whole, again, late = await asyncio.gather(*followers)
        assert whole == again
        assert late == whole[1:]
        assert "".join(event.text for event in whole) == "one two  and the end."


async def test_who_stops_following_does_not_stop_the_run(clock: Clock, address: str) -> None:
    held = Held("one")
    async with hansard.connect(address, providers=[held], clock=clock) as db:
        ada = db.scope("acme", "ada")
        made = await talk(ada, title="t")
        [run] = await ada.chat.send(made.id, "count", model="held/one")
        follower = asyncio.create_task(_events(ada, run))
        await held.asked.wait()
        follower.cancel()
        await asyncio.gather(follower, return_exceptions=True)
        held.go.set()
        assert (await ada.runs.wait(run.id)).status == "completed"


async def test_cancelling_stops_the_model_and_keeps_what_was_said(
    clock: Clock, address: str
) -> None:
    held = Held("Rome was ", "not built ")
    async with hansard.connect(address, providers=[held], clock=clock) as db:
        ada = db.scope("acme", "ada")
        made = await talk(ada, title="t")
        [run] = await ada.chat.send(made.id, "hello", model="held/one")
        await held.asked.wait()
        async with asyncio.timeout(10):
            cancelled = await ada.runs.cancel(run.id.upper())
        assert cancelled.status == "cancelled"
        assert held.closed, "the provider's stream is closed"
        answer = await ada.messages.get(made.id, run.message_id)
        assert (answer.text, answer.finish) == ("Rome was not built ", "cancelled")
        assert await ada.runs.cancel(run.id) == cancelled, "what has ended stays as it is"
        assert (await _events(ada, run))[-1].type == "cancelled"


async def test_what_is_stopped_before_it_begins_ends_too(clock: Clock, address: str) -> None:
    options = hansard.ChatOptions(auto_title=False)
    async with hansard.connect(address, providers=[Held()], clock=clock, options=options) as db:
        ada = db.scope("acme", "ada")
        made = await talk(ada)
        [run] = await ada.chat.send(made.id, "hello", model="held/one")
        async with asyncio.timeout(10):
            assert (await ada.runs.cancel(run.id)).status == "cancelled"
        [answer] = await ada.messages.append(made.id, [hansard.user("well?")])
        assert answer.parent_id == run.message_id
        [left] = await ada.chat.send(made.id, "hello?", model="held/one")
    if address != "memory:":
        async with hansard.connect(address, providers=[], clock=clock, options=options) as db:
            assert (await db.scope("acme", "ada").runs.get(left.id)).status == "interrupted"


@pytest.mark.parametrize("address", ["sqlite", "postgres"], indirect=True)
async def test_a_run_that_is_closed_with_the_database_is_interrupted_and_goes_on_later(
    clock: Clock, address: str
) -> None:
    held = Held("Once upon ")
    options = hansard.ChatOptions(auto_title=False)
    async with hansard.connect(address, providers=[held], clock=clock, options=options) as db:
        ada = db.scope("acme", "ada")
        made = await talk(ada)
        [run] = await ada.chat.send(made.id, "a story", model="held/one")
        await held.asked.wait()
    scripted = Scripted([TextDelta("a time.")])
    scripted.name = "held"
    async with hansard.connect(address, providers=[scripted], clock=clock, options=options) as db:
        ada = db.scope("acme", "ada")
        assert (await ada.runs.get(run.id)).status == "interrupted"
        answer = await ada.messages.get(made.id, run.message_id)
        assert (answer.text, answer.finish) == ("Once upon ", "interrupted")
        more = await ada.runs.wait((await ada.chat.continue_run(run.id)).id)
        assert more.status == "completed"
        assert await said(ada, made) == ["a story", "Once upon ", "a time."]


async def _left_behind(db: Database, made: Conversation, *words: str) -> Run:
    """A run whose process is gone, with the events that it had stored."""
    now = db.clock()
    branch = await db.storage.read("acme", lambda tx: tx.get(Branch, made.branch))
    assert branch is not None
    run = Run(
        tenant_id="acme", id=new_id(), owner_id="ada", conversation_id=made.id, branch=made.branch,
        prompt_id=branch.head_id, message_id=new_id(), model="echo/echo", status="running",
        worker=new_id(), lease_until=now + timedelta(seconds=30), created_at=now, updated_at=now,
    )  # fmt: skip
    events = [
        RunEvent(
            tenant_id="acme", created_at=now, run_id=run.id, number=n, text=word,
            type="text" if word else "started",
        )
        for n, word in enumerate(("", *words), start=1)
    ]  # fmt: skip
    await db.storage.write("acme", lambda tx: tx.insert(run))
    await db.storage.write("acme", lambda tx: tx.insert(*events))
    return run


async def test_a_run_whose_process_is_gone_is_ended_from_what_was_stored(
    db: Database, ada: Services, clock: Clock
) -> None:
    made = await talk(ada, "hello")
    spoken, silent = await _left_behind(db, made, "So ", "far"), await _left_behind(db, made)
    clock.pass_time(minutes=1)
    await db.tidy()
    await db.tidy()
    for run, parts in ((spoken, (Text("So far"),)), (silent, None)):
        ended = await ada.runs.get(run.id)
        assert ended.status == "interrupted"
        assert (await _events(ada, run))[-1].type == "interrupted"
        answer = await ada.messages.get(made.id, run.message_id)
        assert answer.finish == "interrupted"
        assert parts is None or answer.parts == parts
        assert parts is not None or isinstance(answer.parts[0], Error)
    siblings = await ada.branches.siblings(made.id, spoken.message_id)
    assert {m.id for m in siblings} == {spoken.message_id, silent.message_id}


@pytest.mark.parametrize("address", ["postgres"], indirect=True)
async def test_a_run_of_another_process_is_left_to_it_while_its_lease_holds(
    db: Database, ada: Services
) -> None:
    """On PostgreSQL; memory and a file have one process at a time."""
    made = await talk(ada, "hello")
    run = await _left_behind(db, made, "So")
    await db.tidy()
    assert (await ada.runs.get(run.id)).status == "running"
    assert (await ada.runs.cancel(run.id)).cancel_requested, "it is told, and stops by itself"


async def test_events_are_let_go_after_a_day_and_the_message_stays(
    db: Database, ada: Services, clock: Clock
) -> None:
    made = await talk(ada)
    [run] = await ada.chat.send(made.id, "hello", model="echo/echo")
    await ada.runs.wait(run.id)
    clock.pass_time(hours=25)
    await db.tidy()
    assert await _stored(db, run) == []
    [end] = await _events(ada, run, 3)
    assert (end.type, end.number, end.data["message_id"]) == ("completed", 4, run.message_id)
    assert await said(ada, made) == ["hello", "hello"]


async def test_without_auto_save_events_are_kept_only_at_the_end(
    clock: Clock, address: str
) -> None:
    for keep in (True, False):
        held = Held("one")
        options = hansard.ChatOptions(auto_save=keep, save_interval=0.01, auto_title=False)
        async with hansard.connect(address, providers=[held], clock=clock, options=options) as db:
            ada = db.scope("acme", "ada")
            made = await talk(ada)
            [run] = await ada.chat.send(made.id, "hello", model="held/one")
            await held.asked.wait()
            lease = (await ada.runs.get(run.id)).lease_until
            async with asyncio.timeout(20):
                while (await ada.runs.get(run.id)).lease_until == lease:
                    clock.pass_time(seconds=20)
                    await asyncio.sleep(0.01)
            assert bool(await _stored(db, run)) == keep
            held.go.set()
            await ada.runs.wait(run.id)
            assert (await _stored(db, run))[-1].type in ENDED


async def test_the_runs_of_a_conversation_are_listed_the_newest_first(ada: Services) -> None:
    made = await talk(ada)
    runs = [(await ada.chat.send(made.id, word, model="echo/echo"))[0] for word in "ab"]
    for run in runs:
        await ada.runs.wait(run.id)
    assert [run.id for run in await ada.runs.list(made.id)] == [runs[1].id, runs[0].id]
    assert len(await ada.runs.list(made.id, limit=1)) == 1


async def test_the_runs_that_go_on_are_ones_own_and_in_all_conversations(
    clock: Clock, address: str
) -> None:
    held = Held("one")
    async with hansard.connect(address, providers=[held, Echo()], clock=clock) as db:
        ada, bob, eve = db.scope("acme", "ada"), db.scope("acme", "bob"), db.scope("globex", "ada")
        talks = [await talk(ada, title="t"), await talk(ada, title="t")]
        going = [(await ada.chat.send(t.id, "hello", model="held/one"))[0] for t in talks]
        [ended] = await ada.chat.send((await talk(ada, title="t")).id, "hi", model="echo/echo")
        await ada.runs.wait(ended.id)
        assert [run.id for run in await ada.runs.active()] == [run.id for run in going]
        assert await bob.runs.active() == await eve.runs.active() == []
        await ada.conversations.delete(talks[1].id)
        assert [run.id for run in await ada.runs.active()] == [going[0].id]
        held.go.set()
        await ada.runs.wait(going[0].id)
        assert await ada.runs.active() == []


async def test_a_foreign_run_looks_like_a_missing_one(
    db: Database, ada: Services, bob: Services, eve: Services
) -> None:
    made = await talk(ada)
    [run] = await ada.chat.send(made.id, "hello", model="echo/echo")
    await ada.runs.wait(run.id)

    async def told(who: Services, run_id: str) -> list[str]:
        found: list[str] = []
        for call in (who.runs.get, who.runs.wait, who.runs.cancel, who.chat.continue_run):
            with pytest.raises(NotFound) as refused:
                await call(run_id)
            found.append(refused.value.message)
        return found

    missing = await told(ada, new_id())
    for who, asked in ((bob, run.id), (eve, run.id), (ada, "no id")):
        assert await told(who, asked) == missing
    guest = db.scope("acme", "ada", rights={"read"})
    assert (await guest.runs.get(run.id)).id == run.id
    with pytest.raises(PermissionDenied):
        await guest.runs.cancel(run.id)
    await ada.conversations.delete(made.id)
    with pytest.raises(NotFound):
        await ada.runs.get(run.id)


async def test_a_run_without_its_conversation_leaves_nothing(clock: Clock, address: str) -> None:
    held = Held("one")
    async with hansard.connect(address, providers=[held, Echo()], clock=clock) as db:
        ada = db.scope("acme", "ada")
        made = await talk(ada)
        [run] = await ada.chat.send(made.id, "hello", model="held/one")
        await held.asked.wait()
        await ada.conversations.delete(made.id)
        await ada.conversations.purge(made.id)
        live = db.runner.live[run.id]
        assert live.task is not None
        held.go.set()
        await live.task
        again = await ada.conversations.create(id=made.id)
        assert await path(ada, again) == []
        assert await _stored(db, run) == []
