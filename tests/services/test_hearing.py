"""Whatever a provider says, its answer is stored, its run ends, and the export can be read."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

import hansard
from hansard.errors import ProviderRefused
from hansard.model.parts import Error, Part, Reasoning, Text, ToolCall
from hansard.providers.base import Finished, ReasoningDelta, TextDelta, ToolCalled
from hansard.providers.echo import Scripted
from hansard.services.runs import stream
from hansard.services.runs.stream import MAX_ANSWER
from services.conftest import Open
from services.providers import Held
from services.talks import ask, export, talk

pytestmark = pytest.mark.anyio


def _nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


HALF = "\ud83d"
UNFIT: dict[str, tuple[list[Any], str, str]] = {
    "half a pair in a call": ([ToolCalled("c", "f", {HALF: [HALF]})], "completed", "\ufffd"),
    "NUL in a call": ([ToolCalled("c\0", "f\0", {"a": "\0"})], "completed", "\ufffd"),
    "a deep call": ([ToolCalled("c", "f", _nested(100))], "completed", '{"a": ' * 100),
    "a call with no JSON": ([ToolCalled("c", "f", {"a": 1j})], "completed", '{"a": "1j"}'),
    "a call with no name": (
        [ToolCalled("c", cast("str", None), {})],
        "failed",
        "invalid tool call",
    ),
    "a large call": ([ToolCalled("c", "f", ["x" * 2**21])], "failed", "invalid tool call"),
    "large calls": ([ToolCalled("c", "f", "x" * 600_000)] * 2, "failed", "exceeds the size"),
    "half a pair in an error": ([ProviderRefused(f"no {HALF}")], "failed", "no \ufffd"),
    "NUL in an error": ([ValueError("no \0")], "failed", "The provider failed: no \ufffd"),
    "a long error": ([ProviderRefused("x" * 200_000)], "failed", "x" * 400),
    "tokens": ([Finished("stop", cast("int", 1.5), 2**70)], "completed", ""),
    "a finish": ([Finished(cast("Any", "odd"), -1, 1)], "completed", ""),
    "many parts": ([TextDelta("a"), ReasoningDelta("b")] * 600, "completed", ""),
    "much that is escaped": ([TextDelta("\n" * 2**18), TextDelta("é\n" * 2**18)], "completed", "é"),
}


@pytest.mark.parametrize("case", UNFIT)
async def test_whatever_a_provider_says_the_answer_is_stored_and_can_be_imported(
    opened: Open, case: str
) -> None:
    script, status, kept = UNFIT[case]
    async with opened(Scripted([TextDelta("Well. "), *script])) as (_, ada):
        made = await talk(ada)
        async with asyncio.timeout(20):
            run = await ask(ada, made, "hello", model="scripted/one")
        assert run.status == status
        answer = await ada.messages.get(made.id, run.message_id)
        assert answer.text.startswith("Well. ")
        assert kept in "".join(map(_said, answer.parts))
        lines = await export(ada)
    async with hansard.connect("memory:", providers=[]) as other:
        eve = other.scope("globex", "eve")
        assert (await eve.transfer.import_lines(lines)).problems == []
        assert (await eve.messages.get(made.id, answer.id)).parts == answer.parts


def _said(part: Part) -> str:
    match part:
        case Text(text) | Reasoning(text):
            return text
        case Error(_, message):
            return message
        case ToolCall(call_id, name, arguments):
            return f"{call_id} {name} {arguments}"
        case _:
            return ""


async def test_an_answer_has_as_much_of_a_text_as_there_is_room_for(opened: Open) -> None:
    script = [TextDelta("x" * (MAX_ANSWER - 9)), TextDelta('"' * 9), TextDelta("more")]
    async with opened(Scripted(script)) as (_, ada):
        made = await talk(ada)
        run = await ask(ada, made, "hello", model="scripted/one")
        answer = await ada.messages.get(made.id, run.message_id)
        assert answer.text == "x" * (MAX_ANSWER - 9) + '"' * 4
        assert (run.status, answer.finish) == ("completed", "length")


@pytest.mark.parametrize("address", ["sqlite", "postgres"], indirect=True)
async def test_an_answer_that_cannot_be_stored_ends_its_run(
    opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With a planted bug: what a provider says reaches the storage as it is. Memory would keep it."""
    monkeypatch.setattr(stream, "clean_text", lambda said: said)
    monkeypatch.setattr(stream, "_size", len)
    async with opened(Scripted([TextDelta(f"Well. {HALF}")])) as (_, ada):
        made = await talk(ada)
        async with asyncio.timeout(20):
            run = await ask(ada, made, "hello", model="scripted/one")
        assert run.status == "failed"
        assert run.error is not None
        assert run.error.message.startswith("The answer could not be stored")
        [end] = [event async for event in ada.runs.events(run.id, after=99)]
        assert (end.type, end.data["message_id"]) == ("failed", run.message_id)
        answer = await ada.messages.get(made.id, run.message_id)
        assert answer.finish == "error"
        assert answer.parts[-1] == Error(run.error.code, run.error.message)
        assert answer.text.startswith("Well. ")
    assert "rejected the answer" in caplog.text


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
async def test_what_cannot_be_saved_now_is_tried_again(
    opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With the same bug, on the back end that says at once what is wrong."""
    monkeypatch.setattr(stream, "clean_text", lambda said: said)
    monkeypatch.setattr(stream, "_size", len)
    async with opened(Held(f"{HALF} "), save_interval=0.01) as (_, ada):
        [run] = await ada.chat.send((await talk(ada)).id, "hello", model="held/one")
        async with asyncio.timeout(20):
            while caplog.text.count("Saving the events") < 2:  # noqa: ASYNC110 - a log rings no bell
                await asyncio.sleep(0.01)
            assert (await ada.runs.cancel(run.id)).status == "failed"
