"""Each trial holds on a sound database, and says broken when its safeguard is taken out."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import hansard
from hansard import Database
from hansard.ids import new_id
from hansard.model.messages import Message
from hansard.model.parts import Text
from hansard.model.runs import Run, RunEvent
from hansard.providers.echo import Echo
from hansard.storage.query import Query
from hansard.torture import loop_device
from hansard.torture.ledger import GuaranteeBroken, Ledger
from hansard.torture.prompt_ledger import TENANT, USER, Prompts, chat_of, id_of
from hansard.torture.report import Result
from hansard.torture.trials import Torture

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["root", "anybody"])
def user(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether file systems may be mounted here, or seem not to be."""
    if request.param == "anybody":
        monkeypatch.setattr(loop_device, "is_root", lambda: False)
    elif not loop_device.is_root():
        pytest.skip("not run: only root may mount a file system")
    return request.param


async def _results(place: Path, trial: str, *, planted: bool) -> list[Result]:
    tried = Torture(str(place), rounds=3, only=[trial], seed=2, planted=planted)
    return [result async for result in tried.results()]


@pytest.mark.parametrize("trial", ["kill", "flush"])
async def test_a_trial_holds_and_its_control_does(tmp_path: Path, trial: str) -> None:
    await _holds(tmp_path, trial)


@pytest.mark.parametrize("trial", ["snapshot", "full"])
async def test_a_trial_holds_with_a_file_system_of_its_own_and_without(
    tmp_path: Path, trial: str, user: str
) -> None:
    for result in await _holds(tmp_path, trial):
        assert ("only root" in result.how) == (user == "anybody")


async def _holds(place: Path, trial: str) -> list[Result]:
    results = await _results(place, trial, planted=False)
    assert [(r.subject, r.outcome) for r in results] == [("hansard", "held"), ("sqlite", "held")]
    assert all(r.rounds == 3 and r.faults >= 3 and r.acknowledged for r in results), results
    assert os.listdir(place) == []  # noqa: PTH208
    return results


@pytest.mark.parametrize("trial", ["kill", "flush"])
async def test_a_trial_notices_that_its_safeguard_is_gone(tmp_path: Path, trial: str) -> None:
    await _breaks(tmp_path, trial)


@pytest.mark.parametrize("trial", ["snapshot", "full"])
@pytest.mark.usefixtures("user")
async def test_a_trial_notices_it_with_a_file_system_of_its_own_and_without(
    tmp_path: Path, trial: str
) -> None:
    await _breaks(tmp_path, trial)


async def _breaks(place: Path, trial: str) -> None:
    broken, control = await _results(place, trial, planted=True)
    assert broken.outcome == "broken"
    assert "lost" in (broken.reason or "")
    assert broken.kept
    assert os.listdir(broken.kept)  # noqa: PTH208
    assert control.outcome == "held"


# The ledgers

Tamper = Callable[[Database], Awaitable[Any]]


async def _answers(tamper: Tamper) -> None:
    """Have two prompts answered, change the record behind its back, and hold it against the ledger."""
    prompts = Prompts()
    async with hansard.connect("memory:", providers=[Echo()]) as database:
        for prompt in ("ap0", "ap1"):
            await prompts.send(database.scope(TENANT, USER), prompt)
        await tamper(database)
        await prompts.check(database)


async def _nothing(_: Database) -> None:
    pass


async def _run(database: Database) -> Run:
    query = Query(Run).where(prompt_id=id_of("ap1"))
    [run] = await database.storage.read(TENANT, lambda tx: tx.select(query))
    return run


async def _lose_a_run(database: Database) -> None:
    run = await _run(database)
    for query in (Query(RunEvent).where(run_id=run.id), Query(Run).where(id=run.id)):
        await database.storage.write(TENANT, lambda tx, q=query: tx.delete(q))


async def _run_twice(database: Database) -> None:
    run = await _run(database)
    again = replace(run, id=new_id(), message_id=new_id())
    await database.storage.write(TENANT, lambda tx: tx.insert(again))


async def _end_otherwise(database: Database) -> None:
    run = await _run(database)
    await database.storage.write(TENANT, lambda tx: tx.update(Run, run.id, status="interrupted"))


async def _answer_something_else(database: Database) -> None:
    run = await _run(database)
    parts = (Text("Pardon?"),)
    await database.storage.write(TENANT, lambda tx: tx.update(Message, run.message_id, parts=parts))


async def _lose_the_conversation(database: Database) -> None:
    await database.scope(TENANT, USER).conversations.delete(chat_of("ap1"))


async def test_answers_as_they_were_promised_are_found_so() -> None:
    await _answers(_nothing)


@pytest.mark.parametrize(
    ("tamper", "noticed"),
    [
        (_lose_a_run, "the run of ap1 is lost"),
        (_run_twice, "ap1 has 2 runs"),
        (_end_otherwise, "ap1 was reported as completed, but is stored as interrupted"),
        (_answer_something_else, "has another answer"),
        (_lose_the_conversation, "the conversation of ap[01] is lost"),
    ],
)
async def test_answers_that_were_not_kept_are_noticed(tamper: Tamper, noticed: str) -> None:
    with pytest.raises(GuaranteeBroken, match=noticed):
        await _answers(tamper)


async def test_what_nobody_sent_is_noticed() -> None:
    ledger = Ledger()
    async with hansard.connect("memory:", providers=[]) as database:
        ada = database.scope("acme", "ada")
        talk = await ada.conversations.create()
        await ledger.store(ada, talk.id, "sent")
        await ada.messages.append(talk.id, [hansard.user("by somebody else")])
        with pytest.raises(GuaranteeBroken, match="nobody sent"):
            await ledger.check(ada, talk.id)
