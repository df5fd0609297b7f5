"""Whatever the shape in which something is said, it is kept."""

# ruff: noqa: E501 - what is sent is best read in one line

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

import hansard
from hansard.model.parts import Data, Image, Reasoning, Text, ToolCall
from hansard.providers.remote import Remote
from providers.endpoint import OK, Reply, answered, chunk, endpoint, json_reply, sse
from services.talks import ask, talk

pytestmark = pytest.mark.anyio

STOP = chunk({}, "stop")
PIXEL = b"\x89PNG\r\n\x1a\n, say"
PIXEL_URL = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"


def _whole(message: dict[str, Any], **more: Any) -> Reply:
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json_reply({"object": "chat.completion", "created": 1.5e15, "choices": [choice]} | more)


def _texts(*texts: Any, **more: Any) -> bytes:
    return sse(*[chunk({"content": text}, **more) for text in texts], STOP)


def _calls(*calls: dict[str, Any]) -> bytes:
    return sse(*[chunk({"tool_calls": [call]}) for call in calls], chunk({}, "tool_calls"))


def _call(index: Any, call_id: str | None, name: str | None, arguments: Any) -> dict[str, Any]:
    return {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}


HELLO = (Text("Hello, world."),)
THOUGHT = (Reasoning("Hm."), Text("Hello."))
TWO = (ToolCall("1", "look", {"a": 1}), ToolCall("2", "find", {"b": 2}))
SHAPES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "as it should be": (_texts("Hello, ", "world."), HELLO),
    "whole JSON": (_whole({"content": "Hello, world."}), HELLO),
    "whole JSON over lines": (
        Reply(json.dumps({"choices": [{"message": {"content": "Hello, world."}}]}, indent=1).encode()),
        HELLO,
    ),
    "JSON by the line": (
        b"".join(json.dumps(chunk({"content": t})).encode() + b"\n" for t in ("Hello, ", "world."))
        + json.dumps(STOP).encode(),
        HELLO,
    ),
    "messages, not deltas": (
        sse(*[{"choices": [{"message": {"content": t}}]} for t in ("Hello, ", "world.")], STOP),
        HELLO,
    ),
    "a byte order mark": (b"\xef\xbb\xbf" + _texts("Hello, ", "world."), HELLO),
    "empty events": (b"data:\n\ndata: \n\n: hush\n\n" + _texts("Hello, ", "world."), HELLO),
    "carriage returns": (_texts("Hello, ", "world.").replace(b"\n", b"\r\n"), HELLO),
    "carriage returns alone": (_texts("Hello, ", "world.").replace(b"\n", b"\r"), HELLO),
    "no blank lines": (_texts("Hello, ", "world.").replace(b"\n\n", b"\n"), HELLO),
    "no spaces": (_texts("Hello, ", "world.").replace(b"data: ", b"data:"), HELLO),
    "no UTF-8": (_texts("Hello, ", "w~rld.").replace(b"~", b"\xff"), (Text("Hello, w\ufffdrld."),)),
    "odd times": (_texts("Hello, ", "world.", created=1.7e15, id=None), HELLO),
    "line separators": (_texts("a\u2028b", "\x85c").replace(b"\\u2028", "\u2028".encode()), (Text("a\u2028b\x85c"),)),
    "parts": (_texts([{"type": "text", "text": "Hello, "}, "world."]), HELLO),
    "one part": (_texts({"type": "text", "text": "Hello, world."}), HELLO),
    "a number": (_texts(42), (Text("42"),)),
    "completions": (sse({"choices": [{"text": "Hello, world.", "finish_reason": "stop"}]}), HELLO),
    "two halves": (_texts("a \ud83d", "\ude00 b"), (Text("a 😀 b"),)),
    "half a character": (_texts("a \ud83d", "b"), (Text("a \ufffdb"),)),
    "half at the end": (_texts("a \ud83d"), (Text("a \ufffd"),)),
    "two halves of a thought": (
        sse(*[chunk({"reasoning": h}) for h in ("\ud83d", "\ude00")], *[chunk({"content": "a"})], STOP),
        (Reasoning("😀"), Text("a")),
    ),
    "reasoning_content": (sse(chunk({"reasoning_content": "Hm."}), chunk({"content": "Hello."}), STOP), THOUGHT),
    "reasoning": (sse(chunk({"reasoning": "Hm.", "content": "Hello."}), STOP), THOUGHT),
    "reasoning twice": (
        sse(
            chunk({"reasoning": "Hm.", "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]}),
            *[chunk({"content": "Hello."}), STOP],
        ),
        THOUGHT,
    ),
    "reasoning_details": (
        sse(chunk({"reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]}), chunk({"content": "Hello."}), STOP),
        THOUGHT,
    ),
    "thinking in parts": (
        _texts([{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Hello."}]),
        THOUGHT,
    ),
    "thinking glued to text": (_texts("<thi", "nk>Hm.</think>\n\nHel", "lo."), THOUGHT),
    "thinking cut off": (_texts("<think>Hm."), (Reasoning("Hm."),)),
    "a refusal": (sse(chunk({"refusal": "I will "}), chunk({"refusal": "not."}), STOP), (Text("I will not."),)),
    "function_call": (
        sse(
            chunk({"function_call": {"name": "look", "arguments": '{"a"'}}),
            *[chunk({"function_call": {"arguments": ": 1}"}}), chunk({}, "function_call")],
        ),
        (ToolCall("call_1", "look", {"a": 1}),),
    ),
    "calls": (_calls(_call(0, "1", "look", '{"a"'), _call(1, "2", "find", '{"b": 2}'), _call(0, None, None, ": 1}")), TWO),
    "two calls at one index": (_calls(_call(0, "1", "look", '{"a": 1}'), _call(0, "2", "find", '{"b": 2}')), TWO),
    "two calls, ids alone": (
        _calls(_call(0, "1", "f", "{}"), _call(0, "2", "f", "{}")),
        (ToolCall("1", "f", {}), ToolCall("2", "f", {})),
    ),
    "two calls, names alone": (
        _calls(_call(0, None, "f", "{}"), _call(0, None, "g", "{}")),
        (ToolCall("call_1", "f", {}), ToolCall("call_2", "g", {})),
    ),
    "a name in every piece": (
        _calls(_call(0, "1", "look", '{"a"'), _call(0, "1", "look", ": 1}"), _call(0, "2", "find", '{"b": 2}')),
        TWO,
    ),
    "calls without an index": (_calls(_call(None, "1", "look", '{"a": 1}'), _call(None, "2", "find", {"b": 2})), TWO),
    "a call without arguments": (_calls(_call(0, "1", "f", "")), (ToolCall("1", "f", {}),)),
    "fields that are not known": (
        sse(chunk({"content": "Hello, "}), chunk({"content": "world.", "annotations": [{"url": "u"}]}), STOP),
        (*HELLO, Data({"annotations": [{"url": "u"}]}, "provider")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SHAPES)
async def test_what_is_said_is_kept_whatever_its_shape(case: str) -> None:
    stream, parts = SHAPES[case]
    told = await answered(stream)
    assert told.message.parts == parts
    assert told.run.status == "completed"
    assert told.message.finish == ("tool_call" if isinstance(parts[0], ToolCall) else "stop")
    assert len(told.asked) == 1


@pytest.mark.parametrize(
    "delta",
    [
        {"images": [{"type": "image_url", "image_url": {"url": PIXEL_URL}}]},
        {"content": [{"type": "image_url", "image_url": PIXEL_URL}]},
        {
            "content": [
                {"type": "image", "media_type": "image/png", "data": PIXEL_URL.split(",")[1]}
            ]
        },
    ],
)
async def test_an_image_in_an_answer_is_kept_as_a_blob(delta: dict[str, Any]) -> None:
    stream = sse(chunk({"content": "Look: "}), chunk(delta), STOP)
    async with endpoint(stream) as (url, _):
        remote = Remote("fake", url=url)
        async with hansard.connect("memory:", providers=[remote]) as db:
            ada = db.scope("acme", "ada")
            made = await talk(ada)
            run = await ask(ada, made, "hello", model="fake/m")
            text, image = (await ada.messages.get(made.id, run.message_id)).parts
            assert text == Text("Look: ")
            assert isinstance(image, Image)
            assert b"".join([data async for data in ada.blobs.read(image.blob)]) == PIXEL
            shown = [e.data async for e in ada.runs.events(run.id) if e.type == "image"]
            assert shown == [{"blob": image.blob, "media_type": "image/png"}]


async def test_an_image_elsewhere_is_kept_as_data() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://images.example/1.png"}}
    told = await answered(sse(chunk({"images": [image]}), STOP))
    assert told.message.parts == (Data(image, "image"),)


def _used(tokens_in: Any, tokens_out: Any) -> dict[str, Any]:
    return {"usage": {"prompt_tokens": tokens_in, "completion_tokens": tokens_out}}


@pytest.mark.parametrize(
    ("reports", "tokens"),
    [
        ([_used(100, n) for n in range(1, 11)], (100, 10)),
        ([_used(100, 0), _used(None, 10)], (100, 10)),
        ([_used(100, 10), _used(0, 0)], (100, 10)),
        ([{"usage": None}], (None, None)),
        ([{}], (None, None)),
        ([_used("many", -3)], (None, None)),
        ([_used(7.0, 2**70)], (7, None)),
        ([{"usage": {"input_tokens": 3, "output_tokens": 4}}], (3, 4)),
    ],
)
async def test_tokens_are_the_largest_total_or_unknown(
    reports: list[dict[str, Any]], tokens: tuple[int | None, int | None]
) -> None:
    told = await answered(sse(*[chunk({"content": "a"}, **report) for report in reports], STOP))
    assert (told.run.tokens_in, told.run.tokens_out) == tokens
    assert (told.message.tokens_in, told.message.tokens_out) == tokens


async def test_usage_after_the_end_counts() -> None:
    last = {"choices": [], **_used(5, 6)}
    told = await answered(sse(chunk({"content": "a"}, "stop"), last))
    assert (told.run.tokens_in, told.run.tokens_out) == (5, 6)


async def test_a_good_stream_is_the_control() -> None:
    told = await answered(OK)
    assert (told.message.parts, told.message.finish) == ((Text("Fine."),), "stop")
