"""What is made of a run's events, and of an answer for a title."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansard.model.answers import parts_of_events
from hansard.model.parts import Reasoning, Text, ToolCall
from hansard.model.runs import RunEvent
from hansard.services.runs.titles import MAX_LENGTH, from_answer, from_text

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _events(*said: tuple[str, str]) -> list[RunEvent]:
    made: list[RunEvent] = []
    for number, (kind, text) in enumerate(said, start=1):
        data = {"call_id": "c", "name": text, "arguments": {"n": 1}} if kind == "tool_call" else {}
        fields: dict[str, Any] = {"type": kind, "text": "" if data else text, "data": data}
        made.append(RunEvent(tenant_id="t", created_at=NOW, run_id="r", number=number, **fields))
    return made


def test_what_was_said_in_one_go_is_one_part() -> None:
    events = _events(
        ("started", ""), ("reasoning", "h"), ("reasoning", "m"), ("text", "a"), ("text", "b"),
        ("tool_call", "look"), ("text", "c"), ("completed", ""),
    )  # fmt: skip
    assert parts_of_events(events) == (
        Reasoning("hm"),
        Text("ab"),
        ToolCall("c", "look", {"n": 1}),
        Text("c"),
    )


pieces = st.lists(
    st.tuples(st.sampled_from(("text", "reasoning", "tool_call")), st.text(min_size=1)), max_size=6
)


@given(pieces, st.data())
def test_how_tokens_fell_into_events_does_not_matter(
    said: list[tuple[str, str]], data: st.DataObject
) -> None:
    finer: list[tuple[str, str]] = []
    for kind, text in said:
        cut = data.draw(st.integers(1, len(text)))
        apart = kind != "tool_call" and cut < len(text)
        finer += [(kind, text[:cut]), (kind, text[cut:])] if apart else [(kind, text)]
    assert parts_of_events(_events(*finer)) == parts_of_events(_events(*said))


@given(st.text(min_size=1).filter(str.strip))
def test_a_title_from_a_text_is_its_beginning_in_one_short_line(text: str) -> None:
    title = from_text(text)
    line = " ".join(text.split())
    assert 0 < len(title) <= MAX_LENGTH
    assert "\n" not in title
    assert line.startswith(title.removesuffix("…"))


def test_a_title_ends_with_a_sentence_or_a_word() -> None:
    assert from_text("Where do I sleep? And eat?") == "Where do I sleep?"
    assert from_text("東京はどこ？ そして") == "東京はどこ？"
    cut = from_text(
        "Where do I find a good and cheap place to sleep in Rome in the first week of May"
    )
    assert cut == "Where do I find a good and cheap place to sleep in Rome in…"
    assert from_text("x" * 200) == "x" * (MAX_LENGTH - 1) + "…"


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("A bed in Rome", "A bed in Rome"),
        ('  **"A bed in Rome."**\n', "A bed in Rome"),
        ("Title: A bed in Rome", "A bed in Rome"),
        ("# Title: „Rom“", "Rom"),
        ("**Title:** A bed in `Rome`", "A bed in Rome"),
        ("Titel: *Ein Bett* in _Rom_", "Ein Bett in Rom"),
        ("- [Rome](https://example.org)", "Rome"),
        ("标题：「罗马」", "罗马"),
        ("C* algebras and snake_case", "C* algebras and snake_case"),
        ("<think>hm</think>Rome", "Rome"),
        ("<think>hm</think>\n\n**Rome**", "Rome"),
        ("<Think>hm</Think>Rome", "Rome"),
        ("Let me think.</think>42", "42"),
        ("Rome <think>or Paris", "Rome"),
        ("<think>Okay, the user wants a title", None),
        ("◁think▷Okay, so", None),
        ("[THINK]Rome, or", None),
        ("<|channel|>analysis", None),
        ("Sure!\nA bed in Rome", None),
        ("one two three four five six seven eight nine", None),
        ("x" * 61, None),
        ("", None),
        ('"', None),
    ],
)
def test_an_answer_is_a_title_if_it_is_a_line_of_a_few_words(
    answer: str, title: str | None
) -> None:
    assert from_answer(answer) == title
