"""A request for an answer whose reply was lost: there is one run, which ends, however often it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import hansard
from hansard import Database, Services, database
from hansard.errors import AlreadyExists, OutcomeUnknown
from hansard.ids import new_id
from hansard.model.conversations import Conversation
from hansard.model.runs import ENDED, Run
from hansard.providers.base import Finished, TextDelta
from hansard.providers.echo import Echo, Scripted
from hansard.services.runs import service as runs_service
from hansard.services.runs import start
from services.breaking import Line, is_request, until
from services.conftest import Open
from services.providers import Held
from services.talks import ask, said, talk

pytestmark = pytest.mark.anyio

Request = Callable[[Services, Conversation, Run, str], Awaitable[Any]]

REQUESTS: dict[str, Request] = {
    "send": lambda who, made, _, key: who.chat.send(made.id, "hello", id=key, model="echo/echo"),
    "answer": lambda who, made, _, key: who.chat.answer(made.id, id=key, model="echo/echo"),
    "side by side": lambda who, made, _, key: who.chat.answer(
        made.id, id=key, models=["echo/echo", "scripted/one"]
    ),
    "retry": lambda who, made, run, key: who.chat.retry(
        made.id, run.message_id, id=key, model="echo/echo"
    ),
    "go on": lambda who, _, run, key: who.chat.continue_run(run.id, id=key),
    "dialogue": lambda who, made, _, key: who.chat.dialogue(
        made.id, ["echo/echo", "scripted/one"], turns=2, content="begin", id=key
    ),
}
EXPECTED = {"side by side": 2, "dialogue": 2}


async def _begun(who: Services) -> tuple[Conversation, Run]:
    made = await talk(who, title="t")
    return made, await ask(who, made, "a story", model="scripted/one")


async def _new(who: Services, made: Conversation, old: Run, count: int = 1) -> list[Run]:
    """The runs of a conversation but one, once there are so many and all of them have ended."""
    found: list[Run] = []

    async def all_ended() -> bool:
        found[:] = [run for run in await who.runs.list(made.id) if run.id != old.id]
        return len(found) >= count and all(run.status in ENDED for run in found)

    await until(all_ended)
    return found


def _scripted() -> Scripted:
    return Scripted([TextDelta("Once"), Finished("length")])


@pytest.mark.parametrize("request_", REQUESTS)
async def test_a_request_that_is_repeated_has_the_runs_of_the_first_time(
    opened: Open, request_: str
) -> None:
    async with opened(Echo(), _scripted()) as (db, ada):
        made, old = await _begun(ada)
        Line(db).lose_answer(is_request)
        key = new_id()
        with pytest.raises(OutcomeUnknown):
            await REQUESTS[request_](ada, made, old, key)
        first = await REQUESTS[request_](ada, made, old, key)
        again = await REQUESTS[request_](ada, made, old, key.upper())
        ids = [run.id for run in first] if isinstance(first, list) else [first.id]
        assert ids == ([run.id for run in again] if isinstance(again, list) else [again.id])
        for run_id in ids:
            assert (await ada.runs.wait(run_id)).status == "completed"
        expected = EXPECTED.get(request_, 1)
        found = await _new(ada, made, old, expected)
        assert len(found) == expected
        assert {run.status for run in found} == {"completed"}
        assert set(ids) <= {run.id for run in found}


@pytest.mark.parametrize("request_", ["send", "retry"])
async def test_a_request_that_is_not_repeated_is_answered_too(opened: Open, request_: str) -> None:
    async with opened(Echo(), _scripted()) as (db, ada):
        made, old = await _begun(ada)
        Line(db).lose_answer(is_request)
        with pytest.raises(OutcomeUnknown):
            await REQUESTS[request_](ada, made, old, new_id())
        [run] = await _new(ada, made, old)
        assert run.status == "completed"
        assert (await ada.messages.get(made.id, run.message_id)).parent_id == run.prompt_id


@pytest.mark.parametrize("turns_before", [1, 2, 3])
async def test_the_missing_turns_of_a_dialogue_follow_when_it_is_repeated(
    opened: Open, turns_before: int
) -> None:
    """The process that knew of the other turns is gone; the client, which had no reply, sends it again."""
    async with opened(Echo(), _scripted()) as (db, ada):
        made, key = await talk(ada, title="t"), new_id()

        async def over() -> bool:
            return not db.runner.dialogues

        async def say(turns: int) -> Run:
            """The first run, once the whole dialogue is over."""
            run = await ada.chat.dialogue(
                made.id, ["echo/echo", "scripted/one"], turns=turns, content="begin", id=key
            )
            await until(over)
            [last, *_] = await ada.runs.list(made.id)
            await ada.runs.wait(last.id)
            return run

        first = await say(turns_before)
        assert len(await ada.runs.list(made.id)) == turns_before
        for _ in range(2):
            assert (await say(4)).id == first.id
            turns = await ada.runs.list(made.id)
            assert [run.model for run in turns] == ["scripted/one", "echo/echo"] * 2
            assert len(await said(ada, made)) == 5


async def test_two_processes_that_continue_a_dialogue_start_each_turn_once(opened: Open) -> None:
    """As two servers do when the request is repeated at the other one."""
    names = ["echo/echo", "scripted/one"]
    async with opened(Echo(), _scripted()) as (_, ada):
        made = await talk(ada, title="t")
        first = await ada.chat.dialogue(made.id, names, turns=1, content="begin")
        await asyncio.gather(*(ada.chat._run_dialogue(first, names, 4) for _ in range(2)))
        for run in await ada.runs.list(made.id):
            await ada.runs.wait(run.id)
        assert len(await ada.runs.list(made.id)) == 4
        assert len(await said(ada, made)) == 5


async def _lost_run(db: Database, ada: Services, made: Conversation) -> Run:
    """A run that is stored and that nobody looks after."""
    Line(db).lose_answer(is_request)
    with pytest.raises(OutcomeUnknown):
        await ada.chat.send(made.id, "hello", model="echo/echo")
    [run] = await ada.runs.list(made.id)
    return run


async def test_a_run_that_was_lost_sight_of_is_started_when_the_database_is_tidied(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "RECHECK_DELAYS", ())
    async with opened(Echo()) as (db, ada):
        made = await talk(ada, title="t")
        run = await _lost_run(db, ada, made)
        await db.tidy()
        assert (await ada.runs.wait(run.id)).status == "completed"
        assert await said(ada, made) == ["hello", "hello"]


async def test_a_run_that_was_lost_sight_of_can_be_stopped(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "RECHECK_DELAYS", ())
    async with opened(Held(), Echo(delay=30)) as (db, ada):
        made = await talk(ada, title="t")
        run = await _lost_run(db, ada, made)
        assert (await ada.runs.cancel(run.id)).status == "cancelled"


async def test_without_looking_after_runs_a_lost_one_is_never_answered(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: whoever stored a run owns it."""

    async def passed_over(*_: object) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(start, "RECHECK_DELAYS", ())
    for module in (start, database, runs_service):
        monkeypatch.setattr(module, "adopt", passed_over)
    async with opened(Echo()) as (db, ada):
        made = await talk(ada, title="t")
        run = await _lost_run(db, ada, made)
        await db.tidy()
        assert (await ada.runs.get(run.id)).status == "running"
        assert db.runner.live == {}


async def test_whoever_goes_away_while_it_is_stored_is_answered(opened: Open) -> None:
    async with opened(Echo()) as (db, ada):
        made = await talk(ada, title="t")
        stored, write = asyncio.Event(), db.storage.write

        async def slow(tenant: str, work: Any) -> Any:
            done = await write(tenant, work)
            if is_request(work):
                stored.set()
                await asyncio.sleep(0.05)
            return done

        db.storage.write = slow
        asking = asyncio.create_task(ada.chat.send(made.id, "hello", model="echo/echo"))
        await stored.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert asking.cancelled()

        async def answered() -> bool:
            return await said(ada, made) == ["hello", "hello"]

        await until(answered)


async def test_an_id_that_another_request_has_is_refused(opened: Open) -> None:
    async with opened(Echo(), _scripted()) as (_, ada):
        made, old = await _begun(ada)
        key = new_id()
        await ada.chat.retry(made.id, old.message_id, id=key, model="echo/echo")
        with pytest.raises(AlreadyExists):
            await ada.chat.continue_run(old.id, id=key)
        other = await talk(ada, "hello")
        with pytest.raises(AlreadyExists):
            await ada.chat.answer(other.id, id=key)


@pytest.mark.parametrize("request_", [name for name in REQUESTS if name != "send"])
async def test_an_id_that_a_request_of_somebody_else_has_is_free(
    opened: Open, request_: str
) -> None:
    async with opened(Echo(), _scripted()) as (db, ada):
        bob = db.scope(ada.scope.tenant, "bob")
        key = new_id()
        made, old = await _begun(ada)
        await REQUESTS[request_](ada, made, old, key)
        asked = await _new(ada, made, old, EXPECTED.get(request_, 1))
        theirs, other = await _begun(bob)
        await REQUESTS[request_](bob, theirs, other, key)
        begun = await _new(bob, theirs, other, EXPECTED.get(request_, 1))
        assert {run.owner_id for run in begun} == {"bob"}
        assert not {run.id for run in asked} & {run.id for run in begun}
        assert await _new(ada, made, old) == asked


async def test_of_a_message_of_somebody_else_nothing_is_told_but_that_its_id_is_taken(
    opened: Open,
) -> None:
    async with opened(Echo()) as (db, ada):
        bob = db.scope(ada.scope.tenant, "bob")
        theirs, mine = await talk(bob), await talk(ada)
        [message] = await bob.messages.append(theirs.id, [hansard.user("a secret")])
        refusals: list[AlreadyExists] = []
        for text in ("a secret", "a guess"):
            with pytest.raises(AlreadyExists) as refused:
                await ada.messages.append(mine.id, [hansard.user(text, id=message.id)])
            refusals.append(refused.value)
            with pytest.raises(AlreadyExists) as refused:
                await ada.chat.send(mine.id, text, id=message.id, model="echo/echo")
            refusals.append(refused.value)
        assert {error.message for error in refusals} == {"This id is taken."}
        assert not any(error.details for error in refusals)
        assert await said(ada, mine) == []


async def test_a_prompt_that_is_no_longer_last_is_answered_beside_what_followed(
    opened: Open,
) -> None:
    """Not what followed it is: a prompt stored earlier is asked about again."""
    async with opened(Echo()) as (_, ada):
        made = await talk(ada, title="t")
        key = new_id()
        drafts = [hansard.user("mine", id=key), hansard.user("another's")]
        await ada.messages.append(made.id, drafts)
        [run] = await ada.chat.send(made.id, "mine", id=key, model="echo/echo")
        ended = await ada.runs.wait(run.id)
        assert ended.prompt_id == key
        answer = await ada.messages.get(made.id, ended.message_id)
        assert (answer.text, answer.parent_id) == ("mine", key)
