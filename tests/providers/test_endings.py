"""How an answer ended is told as it was: what nobody declared is no success, and an error is an error."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from hansard.model.parts import Error, Text, ToolCall
from hansard.providers import answer as answer_module
from hansard.providers.answer import FINISHES
from hansard.providers.answer import Answer as Heard
from providers.endpoint import OK, Reply, Told, answered, chunk, json_reply, sse

pytestmark = pytest.mark.anyio

HALF = chunk({"content": "The first half"})
CUT_CALL = {
    "tool_calls": [{"index": 0, "id": "c", "function": {"name": "look", "arguments": '{"a":'}}]
}
CALL = {
    "tool_calls": [{"index": 0, "id": "c", "function": {"name": "look", "arguments": '{"a":1}'}}]
}

ENDS: dict[str, tuple[bytes, str, str, str | None]] = {
    "nothing more": (sse(HALF, done=False), "interrupted", "interrupted", None),
    "done, no reason": (sse(HALF), "completed", "stop", None),
    "stop, not done": (sse(HALF, chunk({}, "stop"), done=False), "completed", "stop", None),
    "length": (sse(HALF, chunk({}, "length")), "completed", "length", None),
    "MAX_TOKENS": (sse(HALF, chunk({}, "MAX_TOKENS")), "completed", "length", None),
    "filtered": (
        sse(HALF, chunk({}, "content_filter")),
        "completed",
        "content_filter",
        "content_filter",
    ),
    "unheard of": (sse(HALF, chunk({}, "full_moon")), "completed", "other", "full_moon"),
    "no text": (sse(HALF, chunk({}, {"why": 7})), "completed", "other", '{"why": 7}'),
    "aborted": (sse(HALF, chunk({}, "abort")), "interrupted", "interrupted", "abort"),
    "a call": (sse(HALF, chunk(CALL, "tool_calls")), "completed", "tool_call", None),
    "a call, but stop": (sse(HALF, chunk(CALL, "stop")), "completed", "tool_call", None),
    "a cut call": (sse(HALF, chunk(CUT_CALL), done=False), "interrupted", "interrupted", None),
    "a bad call": (
        sse(HALF, chunk(CUT_CALL, "tool_calls")),
        "completed",
        "other",
        "malformed_tool_call",
    ),
    "a bad call at the limit": (sse(HALF, chunk(CUT_CALL, "length")), "completed", "length", None),
}


@pytest.mark.parametrize("case", ENDS)
async def test_an_end_is_told_as_it_was(case: str) -> None:
    stream, status, finish, reason = ENDS[case]
    told = await answered(stream)
    assert (told.run.status, told.message.finish) == (status, finish)
    assert told.message.metadata.get("finish_reason") == reason
    assert told.message.text == "The first half"
    assert told.run.error is None
    assert len(told.asked) == 1


async def test_arguments_that_cannot_be_read_are_kept_as_text() -> None:
    told = await answered(sse(HALF, chunk(CUT_CALL), done=False))
    assert told.message.parts == (Text("The first half"), ToolCall("c", "look", '{"a":'))


ERRORS: dict[str, tuple[bytes, str]] = {
    "an object": (sse({"error": {"message": "worker died"}}), "worker died"),
    "a text": (sse({"error": "worker died"}), "worker died"),
    "an event": (b'event: error\ndata: {"message": "worker died"}\n\n', "worker died"),
    "an event with words": (b"event: error\ndata: worker died\n\n", "worker died"),
    "a detail": (sse({"detail": "worker died"}), "worker died"),
    "a message": (sse({"message": "worker died", "code": 500}), "worker died"),
    "vLLM": (sse({"object": "error", "message": "worker died", "code": 400}), "worker died"),
    "Anthropic's": (sse({"type": "error", "error": {"message": "worker died"}}), "worker died"),
    "in a choice": (sse({"choices": [{"error": {"message": "worker died"}}]}), "worker died"),
    "with a chunk": (sse(chunk({}, "error", error={"message": "worker died"})), "worker died"),
    "a list": (b'data: [{"error": {"message": "worker died"}}]\n\n', "worker died"),
    "FastAPI": (sse({"detail": [{"loc": ["body", "n"], "msg": "too many"}]}), "body.n: too many"),
    "plain JSON": (b'\n{"error": {"message": "worker died"}}\n', "worker died"),
    "a bare reason": (sse(chunk({}, "error")), "ended the answer with an error"),
    "a damaged piece": (b'data: {"choices": [{"delta"\n\ndata: [DONE]\n\n', "cannot be read"),
}


@pytest.mark.parametrize("case", ERRORS)
async def test_an_error_after_words_is_one_and_keeps_the_words(case: str) -> None:
    error, reason = ERRORS[case]
    told = await answered(sse(HALF, error, done=False))
    assert (told.run.status, told.message.finish) == ("failed", "error")
    assert told.message.text == "The first half"
    assert told.run.error is not None
    assert reason in told.run.error.message
    assert len(told.asked) == 1


@pytest.mark.parametrize("case", [name for name in ERRORS if name != "a damaged piece"])
async def test_an_error_in_place_of_a_stream_has_its_reason(case: str) -> None:
    error, reason = ERRORS[case]
    told = await answered(error)
    assert told.run.status == "failed"
    assert told.run.error is not None
    assert reason in told.run.error.message


async def test_a_page_in_place_of_an_answer_is_an_error_and_asked_for_once() -> None:
    told = await answered(
        Reply(b"<html><p>Sign in first</p></html>", headers=("Content-Type: text/html",))
    )
    assert told.run.status == "failed"
    assert "Sign in first" in (told.run.error.message if told.run.error else "")
    assert len(told.asked) == 1


@pytest.mark.parametrize(
    "stream",
    [b"", b"data:\n\n", sse(), b"{", b"data: {}\n\n"],
    ids=["none", "blank", "done", "cut", "{}"],
)
async def test_an_empty_answer_is_asked_for_once(stream: bytes) -> None:
    told = await answered(stream)
    assert len(told.asked) == 1
    assert isinstance(told.message.parts[0], Error)


async def test_a_connection_that_is_lost_after_words_keeps_them() -> None:
    told = await answered(Reply(sse(HALF, done=False), cut=True))
    assert (told.run.status, told.message.text) == ("failed", "The first half")
    assert len(told.asked) == 1


async def test_a_connection_that_is_lost_before_any_word_is_tried_again() -> None:
    told = await answered(Reply(b"", cut=True), OK)
    assert (told.run.status, told.message.text) == ("completed", "Fine.")
    assert len(told.asked) == 2


async def test_a_filtered_answer_without_words_says_so() -> None:
    told = await answered(sse(chunk({}, "content_filter")))
    [error] = told.message.parts
    assert isinstance(error, Error)
    assert (error.code, told.message.finish) == ("content-filter", "content_filter")


STATUSES: dict[int, tuple[str, str, int]] = {
    400: ("provider-refused", "fake refused the request (400): no, because.", 1),
    401: ("provider-refused", "fake rejected the API key (401).", 1),
    403: ("provider-refused", "fake does not permit this request (403): no, because.", 1),
    404: (
        "provider-refused",
        "fake does not have this model or URL (404): no, because.",
        1,
    ),
    422: ("provider-refused", "fake refused the request (422): no, because.", 1),
    429: ("provider-unavailable", "fake accepts no more requests for now (429): no, because.", 4),
    500: ("provider-unavailable", "fake failed (500): no, because.", 4),
    308: (
        "provider-refused",
        "fake redirects requests to /there (308); use that URL for the provider.",
        1,
    ),
}


@pytest.mark.parametrize("status", STATUSES)
async def test_a_refusal_is_a_sentence_and_its_facts_are_apart(status: int) -> None:
    code, sentence, times = STATUSES[status]
    body = {"error": {"message": "no,\x1b because.", "type": "t", "code": "c", "secret": "x"}}
    told = await answered(json_reply(body, status, "Location: /there", "Retry-After: 0"))
    assert told.run.error is not None
    assert (told.run.error.code, told.run.error.message) == (code, sentence)
    facts = {"status": status, "type": "t", "code": "c", "message": "no, because."}
    assert told.run.error.details == (facts if status != 308 else {"status": 308})
    assert len(told.asked) == times
    [error] = told.message.parts
    assert error == Error(code, sentence, told.run.error.details)


async def test_what_is_said_of_an_error_is_bounded() -> None:
    told = await answered(
        json_reply({"error": {"message": "x" * 10_000, "code": "y" * 10_000}}, 400)
    )
    assert (
        len(
            json.dumps(
                told.message.parts[0].details if isinstance(told.message.parts[0], Error) else {}
            )
        )
        < 1_200
    )


@pytest.mark.parametrize("status", [200, 400, 401, 500])
async def test_a_key_that_a_provider_repeats_goes_nowhere(status: int) -> None:
    """`answered` asks with the key; here it has the look of a real one."""
    key = "sk-live-0123456789abcdefghijklmnop"
    body = {"error": {"message": f"Incorrect API key: Bearer {key}", "code": key}}
    told = await answered(json_reply(body, status), key=key)
    assert told.run.error is not None
    for kept in (told.run, told.message):
        assert key not in msgspec.json.encode(kept).decode()
    assert told.asked[0].headers["authorization"] == f"Bearer {key}"


async def test_what_is_held_back_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_module, "MAX_HELD", 1_000)
    pieces = [chunk({"tool_calls": [{"index": 0, "function": {"arguments": "x" * 100}}]})] * 50
    told = await answered(sse(HALF, *pieces))
    assert (told.run.status, told.message.text) == ("failed", "The first half")
    assert told.run.error is not None
    assert "answer is too large" in told.run.error.message


async def test_an_overloaded_provider_is_tried_again_though_it_says_so_in_a_stream() -> None:
    error: dict[str, Any] = {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "busy"},
    }
    told = await answered(sse(error, done=False), OK)
    assert (told.run.status, len(told.asked)) == ("completed", 2)


def _finish_is_stop(told: Told) -> bool:
    return told.message.finish == "stop"


@pytest.mark.parametrize("case", ["nothing more", "filtered", "unheard of"])
async def test_the_old_default_would_be_noticed(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a planted bug: what is not known is a success."""
    monkeypatch.setattr(
        Heard,
        "_finish",
        lambda self: {"length": "length"}.get(FINISHES.get(self.reason or "", ""), "stop"),
    )
    assert _finish_is_stop(await answered(ENDS[case][0]))
