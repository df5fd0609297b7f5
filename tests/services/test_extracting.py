"""Artifacts are taken out of answers as these are stored, once, however they come."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

import hansard
from hansard import Services
from hansard.detection import artifacts as format_of_artifacts
from hansard.model.artifacts import ArtifactCounters
from hansard.model.parts import Reasoning, Text
from hansard.services.artifacts import extraction
from services.conftest import Clock
from services.making import CODE, answer, artifacts, element, fenced, kinds, said, titles
from services.talks import talk

pytestmark = pytest.mark.anyio


async def test_what_an_answer_makes_is_kept_with_where_it_was_made(ada: Services) -> None:
    trips = await ada.projects.create("Trips")
    made = await ada.conversations.create(project_id=trips.id)
    [message] = await answer(ada, made, fenced())
    [clock] = await artifacts(ada)
    assert (clock.type, clock.language, clock.media_type) == ("code", "python", "text/x-python")
    assert (clock.title, clock.file_name, clock.identifier) == ("clock.py",) * 3
    place = (clock.conversation_id, clock.message_id, clock.branch, clock.part, clock.project_id)
    assert place == (made.id, message.id, message.branch, 0, trips.id)
    assert (clock.revision, clock.size, clock.closed) == (1, len(CODE), True)
    assert (clock.created_at, clock.owner_id) == (message.created_at, "ada")
    revision = await ada.artifacts.revision(clock.id)
    assert (revision.model, revision.author, revision.message_id) == ("p/m", None, message.id)
    assert await ada.artifacts.read(clock.id) == CODE
    assert await kinds(ada) == ["artifact.created"]
    [use] = await ada.artifacts.uses()
    assert (use.type, use.language, use.made, use.edited) == ("code", "python", 1, 0)


async def test_only_a_long_answer_is_passed_to_a_thread(
    ada: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await talk(ada)
    await answer(ada, made, fenced())  # has imported the detection
    threads: list[Any] = []
    to_thread = asyncio.to_thread

    async def counted(work: Any, *arguments: Any) -> Any:
        if work is extraction._find_all:
            threads.append(arguments)
        return await to_thread(work, *arguments)

    monkeypatch.setattr(asyncio, "to_thread", counted)
    await answer(ada, made, fenced(CODE, "python short.py"))
    assert threads == []
    await answer(ada, made, fenced(CODE * 100, "python long.py"))
    assert len(threads) == 1
    assert {each.title for each in await artifacts(ada)} == {"clock.py", "short.py", "long.py"}


async def test_only_what_models_say_is_looked_at(ada: Services) -> None:
    made = await talk(ada, fenced())
    drafts = [hansard.system(fenced()), hansard.tool(fenced())]
    await ada.messages.append(made.id, drafts)
    parts = [Reasoning(fenced()), Text("No more than that.")]
    await ada.messages.append(made.id, [hansard.assistant(parts=parts)])
    assert await artifacts(ada) == []


async def test_a_later_answer_that_names_it_revises_it(ada: Services) -> None:
    made = await talk(ada, "A clock, please.")
    await answer(ada, made, fenced())
    later = CODE.replace("1", "11")
    _, again = await answer(ada, made, fenced(CODE, "python other.py"), fenced(later))
    other, clock = sorted(await artifacts(ada), key=lambda each: each.title, reverse=True)
    assert (other.title, other.revision) == ("other.py", 1)
    assert (clock.title, clock.revision, clock.size) == ("clock.py", 2, len(later))
    assert await said(ada, clock) == [CODE, later]
    assert (await ada.artifacts.revision(clock.id)).message_id == again.id
    assert clock.message_id != again.id, "it stays where it was found first"
    assert await titles(ada, message_id=again.id) == ["clock.py"]
    assert await kinds(ada) == ["artifact.created", "artifact.created", "artifact.updated"]


async def test_twice_in_one_answer_is_two_revisions(ada: Services) -> None:
    made = await talk(ada)
    await answer(
        ada, made, element("plan", "First.") + "\n\nBetter:\n\n" + element("plan", "Next.")
    )
    [plan] = await artifacts(ada)
    assert await said(ada, plan) == ["First.\n", "Next.\n"]


async def test_a_name_from_another_branch_is_another_artifact(ada: Services) -> None:
    made = await talk(ada, "A plan?")
    [asked] = [m async for m in ada.messages.all(made.id)]
    await answer(ada, made, element("plan", "On main."))
    fork = await ada.branches.fork(made.id, at=asked.id)
    await answer(ada, made, element("plan", "On the fork."), branch=fork.id)
    await answer(ada, made, element("plan", "On main again."), branch=made.branch)
    both = [await said(ada, each) for each in await artifacts(ada)]
    assert sorted(both) == [["On main.\n", "On main again.\n"], ["On the fork.\n"]]


async def test_a_name_from_another_conversation_is_another_artifact(ada: Services) -> None:
    for _ in range(2):
        await answer(ada, await talk(ada), element("plan", "Go."))
    assert [each.revision for each in await artifacts(ada)] == [1, 1]


async def test_a_name_in_the_trash_is_free(ada: Services) -> None:
    made = await talk(ada)
    await answer(ada, made, element("plan", "Old."))
    [old] = await artifacts(ada)
    await ada.artifacts.delete(old.id)
    await answer(ada, made, element("plan", "New."))
    [new] = await artifacts(ada)
    assert (new.id != old.id, await said(ada, new)) == (True, ["New.\n"])


async def test_a_title_that_a_person_gave_stays(ada: Services) -> None:
    made = await talk(ada)
    await answer(ada, made, element("plan", "Old.", title="Plan"))
    [plan] = await artifacts(ada)
    await ada.artifacts.update(plan.id, title="My plan")
    await answer(ada, made, element("plan", "New.", title="Better plan"))
    assert (await ada.artifacts.get(plan.id)).title == "My plan"


async def test_what_was_cut_off_is_kept_as_such(ada: Services) -> None:
    made = await talk(ada)
    await answer(ada, made, f"```python clock.py\n{CODE}", finish="interrupted")
    [clock] = await artifacts(ada)
    assert (clock.closed, (await ada.artifacts.revision(clock.id)).closed) == (False, False)
    await answer(ada, made, fenced())
    assert (await ada.artifacts.get(clock.id)).closed


async def test_the_same_message_again_makes_nothing_more(ada: Services) -> None:
    made = await talk(ada)
    draft = hansard.assistant(fenced(), id="019a0000-0000-7000-8000-000000000001")
    for _ in range(2):
        await ada.messages.append(made.id, [draft])
    [clock] = await artifacts(ada)
    assert clock.revision == 1
    await ada.artifacts.delete(clock.id)
    await ada.artifacts.purge(clock.id)
    await ada.messages.append(made.id, [draft])
    assert await artifacts(ada) == [], "what was purged is not found again"


async def test_what_a_run_says_is_looked_at(ada: Services) -> None:
    made = await talk(ada)
    [run] = await ada.chat.send(made.id, fenced(), model="echo/echo")
    await ada.runs.wait(run.id)
    [clock] = await artifacts(ada)
    assert (clock.message_id, clock.title) == (run.message_id, "clock.py")
    assert (await ada.artifacts.revision(clock.id)).model == "echo/echo"


async def test_an_edited_answer_is_looked_at(ada: Services) -> None:
    made = await talk(ada)
    [message] = await answer(ada, made, "Nothing yet.")
    edited = await ada.messages.edit(made.id, message.id, fenced())
    [clock] = await artifacts(ada)
    assert (clock.message_id, clock.branch) == (edited.id, edited.branch)


async def test_a_merged_answer_brings_what_was_made_in_it(ada: Services) -> None:
    made, other = await talk(ada, "hello"), await talk(ada, "hi")
    await answer(ada, made, fenced())
    copies = await ada.branches.merge(other.id, source=made.branch, source_conversation=made.id)
    [copy] = await artifacts(ada, conversation_id=other.id)
    assert (copy.title, copy.message_id) == ("clock.py", copies[-1].id)
    assert await ada.artifacts.read(copy.id) == CODE


async def test_one_message_has_a_hundred_artifacts_at_most(ada: Services) -> None:
    made = await talk(ada)
    many = "\n".join(element(f"e{i}", "x") for i in range(extraction.MAX_FOUND + 20))
    await answer(ada, made, many)
    assert len((await ada.artifacts.list(limit=500)).items) == extraction.MAX_FOUND


async def test_a_message_is_kept_whatever_happens_to_its_artifacts(
    ada: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(_: str) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(format_of_artifacts, "find", stumble)
    made = await talk(ada)
    await answer(ada, made, fenced())
    assert [m.text async for m in ada.messages.all(made.id)] == [fenced()]
    assert await artifacts(ada) == []


async def test_a_message_that_is_not_stored_leaves_no_artifact(
    ada: Services, bob: Services
) -> None:
    made = await talk(ada, "hello")
    draft = hansard.assistant(fenced())
    with pytest.raises(hansard.HansardError):
        await ada.messages.append(made.id, [draft], expect_head=None)
    with pytest.raises(hansard.HansardError):
        await bob.messages.append(made.id, [draft])
    assert (await artifacts(ada), await artifacts(bob), await ada.artifacts.uses()) == ([], [], [])


async def test_counters_tell_what_was_made_by_type_and_day(ada: Services, bob: Services) -> None:
    made = await talk(ada)
    await answer(ada, made, fenced(), fenced(CODE + "\n"), element("plan", "Go."))
    [clock] = [each for each in await artifacts(ada) if each.type == "code"]
    for use in ("opened", "opened", "copied", "exported"):
        await ada.artifacts.used(clock.id, use)
    code, markdown = sorted(await ada.artifacts.uses(), key=lambda use: use.type)
    assert _counts(code) == (1, 1, 2, 1, 1)
    assert _counts(markdown) == (1, 0, 0, 0, 0)
    assert await bob.artifacts.uses() == []


def _counts(use: ArtifactCounters) -> tuple[int, ...]:
    return use.made, use.edited, use.opened, use.copied, use.exported


async def test_what_was_said_long_ago_was_made_long_ago_and_is_told_now(
    ada: Services, clock: Clock
) -> None:
    made = await talk(ada)
    said_at = clock() - timedelta(days=400)
    await answer(ada, made, fenced(), created_at=said_at)
    [clock_py] = await artifacts(ada)
    assert (clock_py.created_at, clock_py.updated_at) == (said_at, said_at)
    [use] = await ada.artifacts.uses()
    assert use.day == said_at.date().isoformat()
    told = [entry for entry in await ada.feed.read() if entry.kind == "artifact.created"]
    assert told[0].created_at > said_at + timedelta(days=399)
