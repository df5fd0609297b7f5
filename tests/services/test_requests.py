"""Whatever is in a conversation, what a model is sent is a request that a strict endpoint takes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

import hansard
from hansard import Database, Services
from hansard.context import requests
from hansard.errors import EmptyInput
from hansard.model.conversations import Conversation
from hansard.model.drafts import Draft
from hansard.model.messages import Role
from hansard.model.parts import Data, Error, Image, Part, Reasoning, Text, ToolCall, ToolResult
from hansard.model.runs import Run
from hansard.providers.base import Request
from hansard.providers.remote import Remote
from hansard.services.runs import generation
from hansard.services.runs import prompt as run_prompt
from services.strict import Json, Reply, endpoint, faults, refusal, stream
from services.talks import ask, path, talk

pytestmark = pytest.mark.anyio

PICTURE = b"\x89PNG\r\n\x1a\n"
user, assistant = hansard.user, hansard.assistant


def _says(role: Role, *parts: Part) -> Draft:
    return Draft(role=role, parts=list(parts))


def _rounds(count: int) -> Iterator[Draft]:
    for i in range(count):
        yield user(f"q{i}")
        yield _says("assistant", ToolCall(f"c{i}", "look", {}))
        yield _says("tool", ToolResult(f"c{i}", "r"))
        yield assistant(f"a{i}")


CALL = _says("assistant", ToolCall("c1", "look", {"at": "Rome"}))
RESULT = _says("tool", ToolResult("c1", "sunny"))
TWO_CALLS = _says("assistant", ToolCall("c1", "look"), ToolCall("c2", "look"))
HISTORIES: dict[str, list[Draft]] = {
    "a call without a result": [user("q"), CALL],
    "two calls and one result": [user("q"), TWO_CALLS, RESULT],
    "a result without a call": [user("q"), RESULT],
    "a result before its call": [user("q"), RESULT, CALL],
    "a result twice": [user("q"), CALL, RESULT, RESULT],
    "a result after something was said": [user("q"), CALL, user("hurry"), RESULT],
    "a call between texts": [
        user("q"), _says("assistant", Text("a"), ToolCall("c1", "look"), Text("b")), RESULT,
    ],
    "an id that is used again": [user("q"), CALL, RESULT, assistant("a"), user("q"), CALL, RESULT],
    "ids and names that endpoints refuse": [
        user("q"), _says("assistant", ToolCall("", "look at", [1]), ToolCall("é" * 50, "", "{")),
        _says("tool", ToolResult("é" * 50), ToolResult("", "")),
    ],
    "the words of a tool": [user("q"), hansard.tool("sunny")],
    "a system message in the middle": [user("q"), assistant("a"), hansard.system("In French.")],
    "system messages first": [hansard.system("Be brief."), hansard.system(" "), assistant("Hi.")],
    "a greeting first": [assistant("Hello, how can I help?")],
    "an empty text": [user("q"), assistant("a"), user(""), assistant("b")],
    "a blank answer": [user("q"), assistant(" \n")],
    "nothing but blanks": [user(" "), assistant(""), user("\n")],
    "one role several times": [user("a"), user("b"), assistant("c"), assistant("d")],
    "a thought alone": [user("q"), _says("assistant", Reasoning("hm", "signed"))],
    "a thought at the end": [user("q"), _says("assistant", Text("a"), Reasoning("hm", "signed"))],
    "a failed answer": [user("q"), _says("assistant", Error("e", "failed"))],
    "nothing but data": [user("q"), _says("assistant", Data({"a": 1})), _says("user", Data(""))],
    "parts that no such role has": [
        _says("user", ToolCall("c1", "look")), _says("assistant", ToolResult("c1", "r")),
        _says("system", ToolCall("c2", "look")), _says("tool", Reasoning("hm", "signed")),
    ],
    "a window that begins inside a round": [user("q"), assistant("a"), *_rounds(62)],
    "a window that begins with an answer": [
        user("q"), assistant("a"), assistant("goes on"),
        *(make(f"{i}") for i in range(124) for make in (user, assistant)),
    ],
}  # fmt: skip


def _strictly(body: Json) -> Reply:
    wrong = faults(body)
    return refusal("; ".join(wrong)) if wrong else stream("Fine.")


def _without_pictures(body: Json) -> Reply:
    wrong = faults(body, pictures=False)
    return refusal("; ".join(wrong)) if wrong else stream("Fine.")


@asynccontextmanager
async def _opened(url: str, **options: Any) -> AsyncIterator[tuple[Database, Services]]:
    plain: dict[str, Any] = {"auto_title": False, "summarize": False, "retry_pause": 0.0}
    chosen = hansard.ChatOptions(**plain | options)
    async with hansard.connect("memory:", providers=[Remote("p", url=url)], options=chosen) as db:
        yield db, db.scope("acme", "ada")


async def _told(who: Services, history: list[Draft]) -> Conversation:
    made = await talk(who, title="t")
    await who.messages.append(made.id, history)
    return made


def _check(run: Run) -> None:
    assert run.status == "completed", run.error


async def test_every_history_is_answered_in_every_way() -> None:
    with endpoint(_strictly) as (url, _):
        async with _opened(url) as (_, ada):
            for history in HISTORIES.values():
                made = await _told(ada, history)
                before = await path(ada, made)
                for run in await ada.chat.answer(made.id, model="p/m"):
                    _check(await ada.runs.wait(run.id))
                _check(run := await ask(ada, made, "and now?", model="p/m"))
                _check(await ada.runs.wait((await ada.chat.continue_run(run.id)).id))
                _check(await ada.runs.wait((await ada.chat.retry(made.id, run.message_id)).id))
                talked = await ada.chat.dialogue(made.id, ["p/m", "p/n"], turns=2)
                _check(await ada.runs.wait(talked.id))
                assert (await path(ada, made))[: len(before)] == before, "the record stays"


async def test_any_history_by_chance_is_answered() -> None:
    chance = Random(9)
    with endpoint(_strictly) as (url, asked):
        async with _opened(url) as (_, ada):
            for _ in range(60):
                made = await _told(ada, [_by_chance(chance) for _ in range(chance.randint(1, 9))])
                _check(await ask(ada, made, "and now?", model="p/m"))
    assert len(asked) == 60, "at the first try"


def _by_chance(chance: Random) -> Draft:
    role: Role = chance.choice(("system", "user", "assistant", "assistant", "tool"))
    one = chance.choice(("c1", "c2", ""))
    parts: list[Part] = [
        Text("words"), Text(" "), ToolCall(one, "look"), ToolResult(one, "r"), ToolResult(one),
        Reasoning("hm", "signed"), Data({}), Error("e", "failed"),
    ]  # fmt: skip
    return _says(role, *chance.choices(parts, k=chance.randint(1, 3)))


@pytest.mark.parametrize("name", ["a call without a result", "a greeting first", "a blank answer"])
async def test_the_endpoint_refuses_what_is_sent_as_it_is_stored(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def untouched(request: Request) -> Request:
        return request

    monkeypatch.setattr(generation, "valid", untouched)
    monkeypatch.setattr(generation, "is_plain", lambda _: True)
    with endpoint(_strictly) as (url, _):
        async with _opened(url) as (_, ada):
            run = await ask(ada, await _told(ada, HISTORIES[name]), "and now?", model="p/m")
            assert run.status == "failed"


async def test_what_is_valid_is_sent_as_it_is() -> None:
    with endpoint(_strictly) as (url, asked):
        async with _opened(url) as (_, ada):
            made = await _told(ada, [user("q"), CALL, RESULT, assistant("Sunny.")])
            _check(await ask(ada, made, "and now?", model="p/m"))
    q, call, result, answer, prompt = asked[-1]["messages"]
    assert [m["role"] for m in (q, call, result, answer, prompt)] == [
        "user", "assistant", "tool", "assistant", "user",
    ]  # fmt: skip
    assert call["tool_calls"][0]["id"] == result["tool_call_id"] == "c1"
    assert (result["content"], answer["content"]) == ("sunny", "Sunny.")


async def test_a_model_that_takes_no_pictures_is_told_of_them() -> None:
    with endpoint(_without_pictures) as (url, asked):
        async with _opened(url) as (_, ada):
            blob = await ada.blobs.put(PICTURE, "image/png")
            image = Image(blob.id, "image/png", "dot.png")
            made = await _told(ada, [_says("user", Text("see"), image), assistant("A dot.")])
            _check(await ask(ada, made, "and now?", model="p/m"))
            _check(await ask(ada, made, "and then?", model="p/m"))
    assert len(asked) == 4, "once with it, and once without"
    assert "dot.png" in str(asked[-1]["messages"])


@pytest.mark.parametrize(("status", "times"), [(400, 2), (401, 1)])
async def test_a_refusal_that_is_not_about_the_picture_is_told_as_it_is(
    status: int, times: int
) -> None:
    with endpoint(lambda _: refusal("no such key", status)) as (url, asked):
        async with _opened(url) as (_, ada):
            blob = await ada.blobs.put(PICTURE, "image/png")
            made = await _told(ada, [_says("user", Image(blob.id, "image/png"))])
            [run] = await ada.chat.answer(made.id, model="p/m")
            run = await ada.runs.wait(run.id)
    assert run.error is not None
    assert run.error.code == "provider-refused"
    assert len(asked) == times


async def test_titles_and_summaries_are_asked_for_validly() -> None:
    with endpoint(_strictly) as (url, asked):
        async with _opened(url, auto_title=True, summarize=True, max_history=8) as (db, ada):
            made = await talk(ada)
            await ada.messages.append(made.id, HISTORIES["a window that begins inside a round"])
            _check(await ask(ada, made, "and now?", model="p/m"))
            await db.runner.settle()
    assert len(asked) == 3


async def test_a_question_on_the_side_is_made_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Request] = []

    def look(request: Request) -> Request:
        seen.append(request)
        return requests.valid(request)

    monkeypatch.setattr(run_prompt, "valid", look)
    with endpoint(_strictly) as (url, _):
        async with _opened(url, auto_title=True) as (db, ada):
            _check(await ask(ada, await talk(ada), "Where is Rome?", model="p/m"))
            await db.runner.settle()
    assert len(seen) == 1


@pytest.mark.parametrize("content", ["", "   ", "\n\t "])
async def test_a_prompt_that_says_nothing_is_refused(content: str) -> None:
    with endpoint(_strictly) as (url, asked):
        async with _opened(url) as (_, ada):
            made = await talk(ada)
            with pytest.raises(EmptyInput, match="The prompt must not be empty"):
                await ada.chat.send(made.id, content, model="p/m")
            with pytest.raises(EmptyInput, match="The prompt must not be empty"):
                await ada.chat.send(made.id, parts=[Text(content)], model="p/m")
            with pytest.raises(EmptyInput, match="The prompt must not be empty"):
                await ada.chat.dialogue(made.id, ["p/m", "p/n"], content=content)
            assert await path(ada, made) == []
    assert not asked
