"""How an answer ends is kept until it is stored, and nobody is told what is not stored."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import hansard
from hansard import Services
from hansard.errors import DatabaseUnreachable, HansardError, StorageError, StorageFull, Unstorable
from hansard.model.health import Health
from hansard.model.parts import Error
from hansard.model.runs import Run, RunEvent
from hansard.providers.base import TextDelta
from hansard.providers.echo import Echo, Scripted
from hansard.services.runs import completion, pending
from hansard.storage import message_tree
from services.breaking import Line, is_ending, until
from services.conftest import Clock, Open
from services.providers import Held
from services.talks import said, talk

pytestmark = pytest.mark.anyio

AWAY: list[HansardError] = [
    StorageFull(),
    DatabaseUnreachable(),
    StorageError("The disk failed."),
]


async def _follow(who: Services, run: Run, heard: list[RunEvent]) -> None:
    async for event in who.runs.events(run.id):
        heard.append(event)  # noqa: PERF401 - what was heard so far is looked at


async def _refused(line: Line, often: int) -> None:
    async def often_enough() -> bool:
        return line.refused >= often

    await until(often_enough)


@pytest.mark.parametrize("error", AWAY, ids=lambda error: error.code)
async def test_an_answer_that_cannot_be_stored_now_is_stored_later(
    opened: Open, monkeypatch: pytest.MonkeyPatch, error: HansardError
) -> None:
    monkeypatch.setattr(pending, "MAX_BACKOFF", 0.02)
    async with opened(Echo()) as (db, ada):
        made = await talk(ada, title="t")
        line = Line(db)
        line.refusing = lambda work: error if is_ending(work) else None
        [run] = await ada.chat.send(made.id, "one two three", model="echo/echo")
        heard: list[RunEvent] = []
        following = asyncio.create_task(_follow(ada, run, heard))
        await _refused(line, 9)
        assert {event.type for event in heard} == {"started", "text"}, "no end is told"
        assert (await ada.runs.get(run.id)).status == "running"
        line.refusing = lambda _: None
        await following
        last = heard[-1]
        assert (last.type, last.data["message_id"]) == ("completed", run.message_id)
        assert await said(ada, made) == ["one two three"] * 2
        assert db.runner.live == {}


async def test_taking_any_failure_for_a_refusal_loses_the_answer(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: patience has an end."""
    monkeypatch.setattr(pending, "is_refusal", lambda *_: True)
    async with opened(Echo()) as (db, ada):
        made = await talk(ada, title="t")
        line = Line(db)
        line.refusing = lambda work: StorageFull() if is_ending(work) and line.refused < 4 else None
        [run] = await ada.chat.send(made.id, "one two three", model="echo/echo")
        await ada.runs.wait(run.id)
        assert await said(ada, made) != ["one two three"] * 2


async def test_an_ending_whose_reply_was_lost_is_told_as_it_is_stored(opened: Open) -> None:
    async with opened(Echo()) as (db, ada):
        made = await talk(ada, title="t")
        Line(db).lose_answer(is_ending)
        [run] = await ada.chat.send(made.id, "hello", model="echo/echo")
        heard = [event async for event in ada.runs.events(run.id)]
        assert heard[-1].data["message_id"] == run.message_id
        assert [event async for event in ada.runs.events(run.id)] == heard


async def test_telling_of_an_end_without_reading_it_hides_the_answer(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: a repeat that finds the run ended says nothing of its message."""

    async def forgetful(tx: Any, run: Run, number: int) -> RunEvent:
        await tx.get(Run, run.id)
        return RunEvent(
            tenant_id=run.tenant_id, created_at=run.updated_at, run_id=run.id, number=number,
            type="completed", data={"message_id": None},
        )  # fmt: skip

    monkeypatch.setattr(completion, "last_event", forgetful)
    held = Held("one")
    async with opened(Echo(), held) as (db, ada):
        made = await talk(ada, title="t")
        Line(db).lose_answer(is_ending)
        [run] = await ada.chat.send(made.id, "hello", model="held/one")
        events = ada.runs.events(run.id)
        await anext(
            events
        )  # who follows before the end hears it from the run, and not from the record
        held.go.set()
        heard = [event async for event in events]
        assert heard[-1].data["message_id"] is None


@pytest.mark.parametrize(
    ("highest", "kept"), [(0xFFFF, "Grüße ? 東京"), (0x7F, "Gr??e ? ??"), (-1, "")]
)
async def test_of_what_can_never_be_stored_as_it_is_the_rest_is_kept(
    monkeypatch: pytest.MonkeyPatch, highest: int, kept: str
) -> None:
    put = message_tree.put

    async def narrow(tx: Any, request: Any, *place: Any) -> Any:
        for message in request.messages:
            if message.run_id and any(ord(c) > highest for c in message.text):
                raise Unstorable()
        return await put(tx, request, *place)

    monkeypatch.setattr(message_tree, "put", narrow)
    scripted = Scripted([TextDelta("Grüße 😀 東京")])
    options = hansard.ChatOptions(auto_title=False)
    async with hansard.connect(providers=[scripted], options=options) as db:
        me = db.scope()
        made = await me.conversations.create()
        [run] = await me.chat.send(made.id, "hello", model="scripted/one")
        ended = await me.runs.wait(run.id)
        assert ended.status == "failed"
        answer = await me.messages.get(made.id, run.message_id)
        assert answer.text == kept
        assert isinstance(answer.parts[-1], Error)


@pytest.mark.parametrize("address", ["sqlite", "postgres"], indirect=True)
async def test_an_ending_that_waits_when_the_database_is_closed_is_made_at_the_next_start(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "MAX_BACKOFF", 600.0)
    monkeypatch.setattr(pending, "MIN_BACKOFF", 600.0)
    async with opened(Echo(delay=0.3), save_interval=0.01) as (db, ada):
        made = await talk(ada, title="t")
        line = Line(db)
        line.refusing = lambda work: StorageFull() if is_ending(work) else None
        [run] = await ada.chat.send(made.id, "one two", model="echo/echo")
        await _refused(line, 1)
        async with asyncio.timeout(20):
            await db.runner.close()
        assert line.refused == 2, "it is tried once more"
        assert (await ada.runs.get(run.id)).status == "running"
    async with opened(Echo()) as (db, ada):
        db.clock.pass_time(minutes=1)  # pyright: ignore[reportFunctionMemberAccess]
        await db.tidy()
        assert (await ada.runs.get(run.id)).status == "interrupted"
        assert (await ada.messages.get(made.id, run.message_id)).text.startswith("one")


async def test_an_error_that_nobody_foresaw_is_no_refusal_while_the_storage_cannot_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pending, "MAX_BACKOFF", 0.01)
    monkeypatch.setattr(pending, "MIN_BACKOFF", 0.01)
    options = hansard.ChatOptions(auto_title=False)
    async with hansard.connect(providers=[Echo()], options=options) as db:
        me = db.scope()
        made = await me.conversations.create()
        line, healthy = Line(db), db.storage.health

        async def away() -> Health:
            return Health(faults=("unreachable",), committed_at=(await healthy()).committed_at)

        db.storage.health = away
        strange: Any = RuntimeError("The driver is confused.")
        line.refusing = lambda work: strange if is_ending(work) else None
        [run] = await me.chat.send(made.id, "hello", model="echo/echo")
        await _refused(line, 2 * pending.MAX_UNEXPECTED_ERRORS)
        line.refusing = lambda _: None
        assert (await me.runs.wait(run.id)).status == "completed"


@pytest.mark.parametrize("address", ["postgres"], indirect=True)
async def test_whoever_was_cut_off_too_does_not_end_the_runs_of_others_at_once(
    address: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease that ran out while the database was away says nothing of the process that has it."""
    held = Held("So far")
    async with (
        hansard.connect(address, providers=[held], clock=clock) as ours,
        hansard.connect(address, providers=[], clock=clock) as theirs,
    ):
        ada = ours.scope("acme", "ada")
        made = await talk(ada, title="t")
        [run] = await ada.chat.send(made.id, "hello", model="held/one")
        await held.asked.wait()
        line = Line(ours)
        line.refusing = lambda _: DatabaseUnreachable()

        async def away() -> list[str]:
            raise DatabaseUnreachable

        with monkeypatch.context() as patch:
            patch.setattr(theirs.storage, "tenants", away)
            await theirs._maintain()
        clock.pass_time(minutes=1)
        await theirs._maintain()
        assert (await ada.runs.get(run.id)).status == "running"
        line.refusing = lambda _: None
        held.go.set()
        assert (await ada.runs.wait(run.id)).status == "completed"
        assert await said(ada, made) == ["hello", "So far and the end."]
