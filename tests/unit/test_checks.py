"""What may enter the record: each refusal says what is wrong, and where."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansard.errors import InvalidInput, TooLarge
from hansard.model import checks
from hansard.model.checks import (
    MAX_DEPTH,
    check_json,
    check_model,
    check_parts,
    check_tags,
    check_text,
    check_time,
)
from hansard.model.parts import Data, Error, Image, Reasoning, Text, ToolCall, ToolResult

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**39), 10**39)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@given(st.text())
def test_text_is_taken_as_it_is_or_refused(text: str) -> None:
    bad = next((i for i, c in enumerate(text) if c == "\0" or "\ud800" <= c <= "\udfff"), None)
    if bad is None:
        assert check_text(text, "/title") is text
    else:
        with pytest.raises(InvalidInput, match=rf"\(character {bad}\)\.$") as refused:
            check_text(text, "/title")
        assert refused.value.pointer == "/title"


def test_a_limit_counts_characters() -> None:
    assert check_text("🦉" * 10, "/t", 10) == "🦉" * 10
    with pytest.raises(TooLarge):
        check_text("🦉" * 11, "/t", 10)


@given(json_values)
def test_json_is_taken_as_it_is(value: Any) -> None:
    assert repr(check_json(value, "")) == repr(value)


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ({"a": [1, {"b": math.nan}]}, "/a/1/b"),
        ([math.inf], "/0"),
        ({"a/b": {"m~n": "\0"}}, "/a~1b/m~0n"),
        ({"": ["\ud83e"]}, "//0"),
        ({"a": {"\0": 1}}, "/a"),
        ({1: 2}, ""),
        ([{"x": {1, 2}}], "/0/x"),
        ([b"bytes"], "/0"),
        ([datetime(2026, 1, 1, tzinfo=UTC)], "/0"),
        ({"n": 10**40}, "/n"),
        ({"n": -(10**40)}, "/n"),
        (_deep(MAX_DEPTH + 1), "/0" * (MAX_DEPTH + 1)),
    ],
)
def test_what_is_no_json_is_refused_where_it_is(value: Any, pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_json(value, "/metadata")
    assert refused.value.pointer == "/metadata" + pointer


def test_json_has_a_depth_and_a_size() -> None:
    assert check_json(_deep(MAX_DEPTH), "/x") == _deep(MAX_DEPTH)
    for value in ("x" * 101, ["x" * 60] * 3, {"k" * 60: 1, "l" * 60: 2}):
        with pytest.raises(TooLarge):
            check_json(value, "/x", 100)
    with pytest.raises(TooLarge):
        check_json([0] * (checks.MAX_NODES + 1), "/x", 2**30)
    with pytest.raises(InvalidInput):
        check_json(_deep(100_000), "/x")


def test_tuples_become_lists() -> None:
    assert check_json({"a": (1, (2,))}, "/x") == {"a": [1, [2]]}


@pytest.mark.parametrize(
    ("part", "pointer"),
    [
        (Text("\0"), "/text"),
        (Text(cast("str", 5)), "/text"),
        (Reasoning("\ud800"), "/text"),
        (Reasoning("fine", "\ud800"), "/signature"),
        (Reasoning("fine", "\0"), "/signature"),
        (ToolCall("c", "n\0"), "/name"),
        (ToolCall("\0", "n"), "/call_id"),
        (ToolCall(cast("str", None), "n"), "/call_id"),
        (ToolCall("c", "n", {"a": [math.nan]}), "/arguments/a/0"),
        (ToolResult("c", ["\0"]), "/output/0"),
        (ToolResult("c", 1, cast("bool", "yes")), "/is_error"),
        (Data({"a": {"b": math.inf}}), "/data/a/b"),
        (Data(1, "\0"), "/name"),
        (Error("c", "\0"), "/message"),
        (Image("no digest", "image/png"), "/blob"),
        (Image("a" * 64, "\0"), "/media_type"),
        (Image("a" * 64, "image/png", "\0"), "/name"),
        ("text", ""),
    ],
)
def test_a_part_is_refused_with_its_number(part: Any, pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_parts([Text("fine"), part], "/messages/2/parts")
    assert refused.value.pointer == f"/messages/2/parts/1{pointer}"


def test_a_message_has_parts_but_not_too_many_and_not_too_large() -> None:
    with pytest.raises(InvalidInput):
        check_parts([], "/parts")
    with pytest.raises(InvalidInput):
        check_parts(cast("Any", "text"), "/parts")
    for parts in ([Text("x")] * 1_001, [Text("x" * 600_000)] * 2, [Text("é" * 600_000)]):
        with pytest.raises(TooLarge) as refused:
            check_parts(parts, "/parts")
        assert refused.value.pointer == "/parts"


def test_tags_are_said_once_and_are_not_blank() -> None:
    assert check_tags(["b", "a", "b"], "/tags") == ("b", "a")
    for tags, pointer in ((["a", " "], "/tags/1"), (["\0"], "/tags/0"), (["x"] * 101, "/tags")):
        with pytest.raises(InvalidInput) as refused:
            check_tags(tags, "/tags")
        assert refused.value.pointer == pointer


def test_a_model_has_a_provider() -> None:
    assert check_model(None, "/model") is None
    assert check_model("openrouter/meta/llama", "/model") == "openrouter/meta/llama"
    for name in ("", "gpt", "/gpt", "openai/", "a/\0"):
        with pytest.raises(InvalidInput):
            check_model(name, "/model")


def test_a_time_has_a_zone_and_is_of_our_age() -> None:
    there = datetime(2026, 3, 1, 1, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert check_time(there, "/at") == there
    assert check_time(there, "/at").tzinfo is UTC
    for at in (
        datetime(2026, 3, 1),  # noqa: DTZ001
        datetime(1969, 12, 31, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime(2200, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14))),
        datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
        cast("datetime", "2026-03-01T12:00:00Z"),
    ):
        with pytest.raises(InvalidInput) as refused:
            check_time(at, "/at")
        assert refused.value.pointer == "/at"
