"""Talking: nothing that was asked is lost, and every answer has its place."""

from __future__ import annotations

from typing import Any

import pytest

from hansard.errors import (
    AlreadyExists,
    Conflict,
    InvalidInput,
    ProviderRefused,
    ProviderUnavailable,
    TooLarge,
    UnknownModel,
)
from hansard.ids import new_id
from hansard.model.parts import Error, Reasoning, Text, ToolCall
from hansard.providers.base import Finished, ReasoningDelta, TextDelta, ToolCalled
from hansard.providers.echo import Echo, Scripted
from services.conftest import Open
from services.providers import Held, spoken
from services.talks import ask, path, said, say, talk, texts

pytestmark = pytest.mark.anyio


async def test_a_prompt_is_stored_before_any_model_is_asked(opened: Open) -> None:
    held = Held()
    async with opened(held) as (_, ada):
        made = await talk(ada, "before")
        [run] = await ada.chat.send(made.id, "hello", model="held/one")
        assert await said(ada, made) == ["before", "hello"]
        assert run.prompt_id == (await path(ada, made))[1].id
        assert (await ada.runs.get(run.id)).status == "running"
        held.go.set()
        ended = await ada.runs.wait(run.id)
        assert (ended.status, ended.message_id) == ("completed", run.message_id)
        [_, prompt, answer] = await path(ada, made)
        assert (answer.id, answer.parent_id, answer.run_id) == (run.message_id, prompt.id, run.id)
        assert (answer.role, answer.model, answer.finish) == ("assistant", "held/one", "stop")


async def test_a_prompt_sent_again_is_answered_once(opened: Open) -> None:
    scripted = Scripted([TextDelta("Yes.")])
    async with opened(scripted) as (_, ada):
        made = await talk(ada)
        chosen = new_id()
        run = await ask(ada, made, "hello", id=chosen)
        [again] = await ada.chat.send(made.id, "hello", id=chosen)
        assert again == run
        with pytest.raises(AlreadyExists):
            await ada.chat.send(made.id, "other", id=chosen)
        assert await said(ada, made) == ["hello", "Yes."]
        assert len(scripted.requests) == 1


async def test_what_cannot_be_asked_is_refused_before_anything_is_stored(
    opened: Open,
) -> None:
    async with opened(Echo(), Scripted([])) as (_, ada):
        made = await talk(ada)
        refusals: list[tuple[dict[str, Any], type[Exception], str]] = [
            ({"model": "echo/other"}, UnknownModel, "/model"),
            ({"model": "nobody/one"}, UnknownModel, "/model"),
            ({"models": ["echo/echo", "nobody/one"]}, UnknownModel, "/model"),
            ({"model": "echo"}, UnknownModel, "/model"),
            ({"model": "scripted/" + "x" * 300}, TooLarge, "/model"),
            ({"models": []}, InvalidInput, "/models"),
            ({"models": ["echo/echo"] * 9}, InvalidInput, "/models"),
            ({"model": "echo/echo", "models": ["echo/echo"]}, InvalidInput, "/models"),
            ({"options": {"x": float("nan")}}, InvalidInput, "/options/x"),
        ]
        for how, error, pointer in refusals:
            with pytest.raises(error) as refused:
                await ada.chat.send(made.id, "hello", **how)
            assert getattr(refused.value, "pointer", None) == pointer
        with pytest.raises(InvalidInput):
            await ada.chat.send(made.id)
        with pytest.raises(Conflict):
            await ada.chat.answer(made.id)
        assert await said(ada, made) == []
        assert await ada.runs.list(made.id) == []


async def test_the_model_is_the_nearest_that_is_named(opened: Open) -> None:
    async with opened(Scripted([TextDelta("Yes.")]), Echo(), model="echo/echo") as (_, ada):
        outer = await ada.projects.create("outer", model="scripted/two")
        inner = await ada.projects.create("inner", parent_id=outer.id)
        made = await ada.conversations.create(title="t")
        assert (await ask(ada, made, "default")).model == "echo/echo"
        await ada.conversations.update(made.id, project_id=inner.id)
        assert (await ask(ada, made, "of a project")).model == "scripted/two"
        await ada.conversations.update(made.id, model="scripted/one")
        assert (await ask(ada, made, "its own")).model == "scripted/one"
        assert (await ask(ada, made, "asked for", model="echo/echo")).model == "echo/echo"


async def test_several_models_answer_side_by_side(opened: Open) -> None:
    scripted = Scripted([TextDelta("One.")], [TextDelta("Two.")])
    async with opened(scripted, Echo()) as (_, ada):
        made = await talk(ada, "before")
        names = ["scripted/one", "echo/echo", "scripted/two"]
        runs = await ada.chat.send(made.id, "hello", models=names)
        ended = [await ada.runs.wait(run.id) for run in runs]
        assert [run.model for run in ended] == names
        assert len({run.group_id for run in ended}) == 1
        assert ended[0].branch == made.branch
        answers = [await ada.messages.get(made.id, run.message_id) for run in ended]
        siblings = await ada.branches.siblings(made.id, answers[0].id)
        assert {m.id for m in siblings} == {m.id for m in answers}
        assert {m.group_id for m in answers} == {ended[0].group_id}
        assert {m.seq for m in answers} == {2}
        for request in scripted.requests:
            assert spoken(request) == [("user", "before hello")], "none sees the others' answers"
        names = {branch.name for branch in await ada.branches.list(made.id)}
        assert names == {"main", "echo/echo", "scripted/two"}


async def test_an_answer_made_again_stands_beside_the_first(opened: Open) -> None:
    async with opened(Scripted([TextDelta("One.")], [TextDelta("Two.")]), Echo()) as (_, ada):
        made = await talk(ada)
        first = await ask(ada, made, "hello", model="scripted/one")
        again = await ada.runs.wait((await ada.chat.retry(made.id, first.message_id)).id)
        assert (again.model, again.prompt_id) == ("scripted/one", first.prompt_id)
        assert await said(ada, made) == ["hello", "Two."], "the user is on the new branch"
        assert await said(ada, made, made.branch) == ["hello", "One."]
        other = await ada.chat.retry(made.id, again.message_id, model="echo/echo")
        await ada.runs.wait(other.id)
        siblings = await ada.branches.siblings(made.id, first.message_id)
        assert texts(siblings) == ["One.", "Two.", "hello"]
        with pytest.raises(InvalidInput) as refused:
            await ada.chat.retry(made.id, first.prompt_id or "")
        assert refused.value.pointer == "/message_id"


async def test_what_is_said_meanwhile_is_not_torn_from_what_it_followed(opened: Open) -> None:
    held = Held("Slow", then="ly.")
    async with opened(held) as (_, ada):
        made = await talk(ada)
        [run] = await ada.chat.send(made.id, "hello", model="held/one")
        await held.asked.wait()
        await say(ada, made, "never mind")
        held.go.set()
        ended = await ada.runs.wait(run.id)
        assert await said(ada, made) == ["hello", "never mind"]
        assert ended.branch != made.branch
        assert await said(ada, made, ended.branch) == ["hello", "Slowly."]


async def test_an_answer_that_was_cut_short_goes_on(opened: Open) -> None:
    first = [TextDelta("Once upon"), Finished("length")]
    scripted = Scripted(first, [TextDelta(" a time.")])
    async with opened(scripted) as (_, ada):
        made = await talk(ada)
        cut = await ask(ada, made, "a story", model="scripted/one")
        assert (await path(ada, made))[1].finish == "length"
        more = await ada.runs.wait((await ada.chat.continue_run(cut.id)).id)
        assert (more.mode, more.prompt_id) == ("continue", cut.message_id)
        assert await said(ada, made) == ["a story", "Once upon", " a time."]
        asked = spoken(scripted.requests[1])
        assert [role for role, _ in asked] == ["user", "assistant", "user"]
        assert asked[-1][1].startswith("Go on exactly where you stopped")
        aside = await ada.runs.wait((await ada.chat.continue_run(cut.id)).id)
        assert aside.branch != made.branch, "somebody spoke after it, so it goes on beside"


async def test_an_answer_under_way_cannot_go_on_twice(opened: Open) -> None:
    async with opened(Held()) as (_, ada):
        made = await talk(ada)
        [run] = await ada.chat.send(made.id, "hello", model="held/one")
        with pytest.raises(Conflict) as refused:
            await ada.chat.continue_run(run.id)
        assert refused.value.details == {"status": "running"}
        await ada.runs.cancel(run.id)


async def test_all_that_a_model_says_is_kept_in_its_order(opened: Open) -> None:
    script = [
        ReasoningDelta("Let me "), ReasoningDelta("see."), TextDelta("I look"), TextDelta(" it up."),
        ToolCalled("c1", "look", {"for": ["Rome"]}), TextDelta("\0bad\ud800"),
        Finished("tool_call", tokens_in=7, tokens_out=9),
    ]  # fmt: skip
    async with opened(Scripted(script)) as (_, ada):
        made = await talk(ada)
        run = await ask(ada, made, "hello", model="scripted/one")
        answer = await ada.messages.get(made.id, run.message_id)
        assert answer.parts == (
            Reasoning("Let me see."),
            Text("I look it up."),
            ToolCall("c1", "look", {"for": ["Rome"]}),
            Text("\ufffdbad\ufffd"),
        )
        assert (answer.finish, answer.tokens_in, answer.tokens_out) == ("tool_call", 7, 9)
        stats = await ada.statistics.get()
        assert [(m.model, m.tokens_in, m.tokens_out) for m in stats.by_model] == [
            ("scripted/one", 7, 9)
        ]


async def test_a_failure_is_kept_with_what_was_said_before_it(opened: Open) -> None:
    broken = [TextDelta("So far"), ProviderUnavailable("The line is dead.")]
    async with opened(Scripted(broken), Echo()) as (_, ada):
        made = await talk(ada)
        run = await ask(ada, made, "hello", model="scripted/one")
        assert run.status == "failed"
        assert run.error is not None
        assert (run.error.code, run.error.message) == ("provider-unavailable", "The line is dead.")
        answer = await ada.messages.get(made.id, run.message_id)
        assert answer.finish == "error"
        assert answer.parts == (
            Text("So far"),
            Error("provider-unavailable", "The line is dead."),
        )
        again = await ada.chat.retry(made.id, answer.id, model="echo/echo")
        await ada.runs.wait(again.id)
        assert await said(ada, made) == ["hello", "hello"]


@pytest.mark.parametrize(
    ("failures", "status", "asked"),
    [
        ([ProviderUnavailable("busy")] * 3, "completed", 4),
        ([ProviderUnavailable("busy")] * 4, "failed", 4),
        ([ProviderRefused("no")], "failed", 1),
        ([RuntimeError("a bug")], "failed", 1),
    ],
)
async def test_only_what_may_pass_is_tried_again(
    opened: Open, failures: list[Exception], status: str, asked: int
) -> None:
    scripted = Scripted(*([failure] for failure in failures), [TextDelta("Yes.")])
    async with opened(scripted) as (_, ada):
        made = await talk(ada)
        run = await ask(ada, made, "hello", model="scripted/one")
        assert (run.status, len(scripted.requests)) == (status, asked)
        assert len(await path(ada, made)) == 2, "the prompt is never lost"


async def test_a_model_that_says_nothing_is_not_waited_for(opened: Open) -> None:
    limits = {"first_token_timeout": 0.05, "token_timeout": 0.05, "attempts": 1}
    async with opened(Held(), Scripted([TextDelta("Well"), 60.0]), **limits) as (_, ada):
        made = await talk(ada)
        for name, kept in (("held/one", ""), ("scripted/one", "Well")):
            run = await ask(ada, made, "hello", model=name)
            assert run.status == "failed"
            assert (await ada.messages.get(made.id, run.message_id)).text == kept


async def test_an_empty_answer_says_that_it_is_empty(opened: Open) -> None:
    async with opened(Scripted([])) as (_, ada):
        made = await talk(ada)
        run = await ask(ada, made, "hello", model="scripted/one")
        [part] = (await ada.messages.get(made.id, run.message_id)).parts
        assert isinstance(part, Error)
        assert part.code == "no-answer"


async def test_two_models_talk_in_turns(opened: Open) -> None:
    scripted = Scripted(*([TextDelta(f"turn {n}")] for n in range(1, 6)))
    async with opened(scripted) as (db, ada):
        made = await talk(ada)
        names = ["scripted/one", "scripted/two"]
        run = await ada.chat.dialogue(made.id, names, turns=5, content="begin")
        while run.status != "completed" or len(await path(ada, made)) < 6:
            run = await ada.runs.wait((await ada.runs.list(made.id))[0].id)
        messages = await path(ada, made)
        assert texts(messages) == ["begin", *(f"turn {n}" for n in range(1, 6))]
        assert [m.model for m in messages[1:]] == [*names, *names, names[0]]
        assert spoken(scripted.requests[2]) == [
            ("user", "begin"),
            ("assistant", "turn 1"),
            ("user", "turn 2"),
        ], "only its own words are its own"
        await db.runner.settle()
        assert len(await ada.runs.list(made.id)) == 5


async def test_a_dialogue_ends_with_the_turn_that_is_stopped(opened: Open) -> None:
    held = Held("Hm")
    async with opened(held, Echo()) as (_, ada):
        made = await talk(ada)
        run = await ada.chat.dialogue(made.id, ["held/one", "echo/echo"], content="begin")
        await held.asked.wait()
        await ada.runs.cancel(run.id)
        assert await said(ada, made) == ["begin", "Hm"]
        assert len(await ada.runs.list(made.id)) == 1
        for names, turns in ((["echo/echo"], 2), (["echo/echo"] * 2, 0), (["echo/echo"] * 9, 2)):
            with pytest.raises(InvalidInput):
                await ada.chat.dialogue(made.id, names, turns=turns)
        empty = await talk(ada)
        with pytest.raises(Conflict):
            await ada.chat.dialogue(empty.id, ["echo/echo", "echo/echo"])


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ('"A bed in Rome."', "A bed in Rome"),
        ("**Title: Ein Bett in Rom**", "Ein Bett in Rom"),
        ("Here is a title:\nA bed in Rome", "Where do I sleep in Rome?"),
        ("Certainly! " * 20, "Where do I sleep in Rome?"),
        ("", "Where do I sleep in Rome?"),
    ],
)
async def test_a_conversation_gets_a_title_after_its_first_exchange(
    opened: Open, answer: str, title: str
) -> None:
    scripted = Scripted([TextDelta("There.")], [TextDelta(answer)])
    async with opened(scripted, auto_title=True) as (db, ada):
        made = await talk(ada)
        await ask(ada, made, "Where do I sleep in Rome? And where do I eat?", model="scripted/one")
        await db.runner.settle()
        assert (await ada.conversations.get(made.id)).title == title
        await ask(ada, made, "Thanks.", model="scripted/one")
        await db.runner.settle()
        assert (await ada.conversations.get(made.id)).title == title
        assert len(scripted.requests) == 3, "nobody is asked for a title that is there"


async def test_a_title_that_was_given_stays(opened: Open) -> None:
    async with opened(Echo(), auto_title=True) as (db, ada):
        made = await talk(ada, title="Rome")
        await ask(ada, made, "Where do I sleep?")
        await db.runner.settle()
        assert (await ada.conversations.get(made.id)).title == "Rome"
