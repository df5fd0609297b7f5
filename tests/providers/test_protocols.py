"""The protocols of Anthropic and Google: what ends mean, what is said, and what is asked."""

# ruff: noqa: E501 - what is sent is best read in one line

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from hansard.model.parts import Data, Reasoning, Text, ToolCall, ToolResult
from hansard.providers.anthropic import Anthropic
from hansard.providers.base import Media, Request, Turn
from hansard.providers.google import Google
from hansard.providers.openai import OpenAI
from providers.endpoint import answered, json_reply, sse

pytestmark = pytest.mark.anyio


def _block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    begin = {"type": "content_block_start", "index": index, "content_block": start}
    pieces = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    return [begin, *pieces, {"type": "content_block_stop", "index": index}]


START = {
    "type": "message_start",
    "message": {
        "role": "assistant",
        "content": [],
        "usage": {"input_tokens": 9, "cache_read_input_tokens": 1, "output_tokens": 1},
    },
}
WORDS = _block(
    0,
    {"type": "text", "text": ""},
    {"type": "text_delta", "text": "Some "},
    {"type": "text_delta", "text": "words"},
)


def _message(*events: Any, reason: Any = "end_turn", stop: bool = True) -> bytes:
    last = {
        "type": "message_delta",
        "delta": {"stop_reason": reason},
        "usage": {"output_tokens": 5},
    }
    end = [{"type": "message_stop"}] if stop else []
    return sse(START, {"type": "ping"}, *events, last, *end, done=False)


ANTHROPIC: dict[Any, tuple[str, str | None]] = {
    "end_turn": ("stop", None),
    "stop_sequence": ("stop", None),
    "max_tokens": ("length", None),
    "model_context_window_exceeded": ("length", None),
    "tool_use": ("tool_call", None),
    "refusal": ("content_filter", "refusal"),
    "pause_turn": ("other", "pause_turn"),
    "something_new": ("other", "something_new"),
}


@pytest.mark.parametrize("reason", ANTHROPIC)
async def test_the_ends_of_anthropic(reason: str) -> None:
    told = await answered(_message(*WORDS, reason=reason), kind="anthropic")
    finish, kept = ANTHROPIC[reason]
    assert (told.run.status, told.message.finish) == ("completed", finish)
    assert told.message.metadata.get("finish_reason") == kept
    assert told.message.parts == (Text("Some words"),)
    assert (told.run.tokens_in, told.run.tokens_out) == (10, 5)


async def test_an_anthropic_stream_that_is_cut_is_interrupted() -> None:
    told = await answered(sse(START, *WORDS, done=False), kind="anthropic")
    assert (told.run.status, told.message.finish) == ("interrupted", "interrupted")
    assert told.message.text == "Some words"


async def test_an_error_in_an_anthropic_stream_is_one() -> None:
    error = b'event: error\ndata: {"type": "error", "error": {"type": "api_error", "message": "oops"}}\n\n'
    told = await answered(sse(START, *WORDS, error, done=False), kind="anthropic")
    assert (told.run.status, told.message.text) == ("failed", "Some words")
    assert told.run.error is not None
    assert told.run.error.details == {"type": "api_error", "message": "oops", "status": 500}


async def test_the_parts_of_an_anthropic_answer() -> None:
    result = {"type": "web_search_tool_result", "tool_use_id": "s", "content": []}
    events = [
        *_block(0, {"type": "thinking", "thinking": ""}, {"type": "thinking_delta", "thinking": "Hm."}, {"type": "signature_delta", "signature": "s"}),
        *WORDS,
        *_block(2, {"type": "tool_use", "id": "1", "name": "look", "input": {}}, {"type": "input_json_delta", "partial_json": '{"a"'}, {"type": "input_json_delta", "partial_json": ": 1}"}),
        *_block(3, result),
    ]  # fmt: skip
    told = await answered(_message(*events, reason="tool_use"), kind="anthropic")
    assert set(map(str, told.message.parts)) == set(
        map(
            str,
            (
                Reasoning("Hm."),
                Text("Some words"),
                ToolCall("1", "look", {"a": 1}),
                Data(result, "web_search_tool_result"),
            ),
        )
    )


async def test_a_whole_message_of_anthropic_is_an_answer() -> None:
    message = {
        "type": "message",
        "content": [{"type": "text", "text": "Words"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    told = await answered(json_reply(message), kind="anthropic")
    assert (told.message.text, told.message.finish, told.run.tokens_out) == ("Words", "stop", 2)


def _gemini(*parts: dict[str, Any], reason: Any = None, **more: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}}
    return {"candidates": [candidate | ({"finishReason": reason} if reason else {})]} | more


GOOGLE: dict[str, tuple[str, str | None]] = {
    "STOP": ("stop", None),
    "MAX_TOKENS": ("length", None),
    **{reason: ("content_filter", reason) for reason in ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY")},
    **{reason: ("other", reason) for reason in ("OTHER", "LANGUAGE", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "SOMETHING_NEW")},
}  # fmt: skip


@pytest.mark.parametrize("reason", GOOGLE)
async def test_the_ends_of_google(reason: str) -> None:
    used = {
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4, "thoughtsTokenCount": 2}
    }
    stream = sse(
        _gemini({"text": "Some "}, **used),
        _gemini({"text": "words"}, reason=reason, **used),
        done=False,
    )
    told = await answered(stream, kind="google")
    finish, kept = GOOGLE[reason]
    assert (told.run.status, told.message.finish) == ("completed", finish)
    assert told.message.metadata.get("finish_reason") == kept
    assert told.message.text == "Some words"
    assert (told.run.tokens_in, told.run.tokens_out) == (3, 6)


async def test_a_google_stream_that_is_cut_is_interrupted() -> None:
    told = await answered(sse(_gemini({"text": "Some words"}), done=False), kind="google")
    assert (told.run.status, told.message.text) == ("interrupted", "Some words")


async def test_a_prompt_that_google_blocks_is_a_filtered_answer() -> None:
    told = await answered(
        sse({"promptFeedback": {"blockReason": "SAFETY"}}, done=False), kind="google"
    )
    assert (told.message.finish, told.message.metadata) == (
        "content_filter",
        {"finish_reason": "SAFETY"},
    )


async def test_an_error_of_google_in_place_of_a_stream_is_one() -> None:
    error = {"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}}
    told = await answered(json_reply([error], 400), kind="google")
    assert told.run.error is not None
    assert told.run.error.message == "fake refused the request (400): bad"
    assert len(told.asked) == 1


async def test_the_parts_of_a_google_answer() -> None:
    parts = [
        {"text": "Hm.", "thought": True},
        {"text": "Words"},
        {"functionCall": {"name": "look", "args": {"a": 1}}},
        {"functionCall": {"name": "look", "args": {"a": 2}}},
        {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(b"png").decode()}},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
    ]
    told = await answered(
        sse(*[_gemini(part) for part in parts], _gemini(reason="STOP"), done=False), kind="google"
    )
    kinds = [type(part).__name__ for part in told.message.parts]
    assert kinds == ["Reasoning", "Text", "Image", "Data", "ToolCall", "ToolCall"]
    assert told.message.parts[-1] == ToolCall("call_2", "look", {"a": 2})
    assert told.message.finish == "tool_call"


TURNS = (
    Turn("user", (Text("look"), Media(b"png", "image/png"))),
    Turn("assistant", (Reasoning("hm"), Text("I look"), ToolCall("1", "look", {"a": 1}))),
    Turn("tool", (ToolResult("1", {"b": 2}),)),
    Turn("user", (Text("and now?"),)),
)
REQUEST = Request(model="m", turns=TURNS, system="Be brief.")
PNG = base64.b64encode(b"png").decode()


def test_a_conversation_in_the_protocol_of_openai() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}}
    assert OpenAI().body(REQUEST)["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}]},
        {"role": "assistant", "content": "I look", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": json.dumps({"b": 2})},
        {"role": "user", "content": "and now?"},
    ]  # fmt: skip


def test_a_conversation_in_the_protocol_of_anthropic() -> None:
    body = Anthropic().body(REQUEST)
    assert body["system"] == "Be brief."
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}]},
        {"role": "assistant", "content": [{"type": "text", "text": "I look"}, {"type": "tool_use", "id": "1", "name": "look", "input": {"a": 1}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": '{"b": 2}'}, {"type": "text", "text": "and now?"}]},
    ]  # fmt: skip


def test_a_conversation_in_the_protocol_of_google() -> None:
    body = Google().body(REQUEST)
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert body["contents"] == [
        {
            "role": "user",
            "parts": [{"text": "look"}, {"inlineData": {"mimeType": "image/png", "data": PNG}}],
        },
        {
            "role": "model",
            "parts": [{"text": "I look"}, {"functionCall": {"name": "look", "args": {"a": 1}}}],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "look", "response": {"b": 2}}},
                {"text": "and now?"},
            ],
        },
    ]
