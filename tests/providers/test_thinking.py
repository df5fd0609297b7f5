"""Thinking that is marked in text, however the text is cut into pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansard.providers.thinking import TAGS, ThinkingSplitter, split_thinking


def _split(*chunks: str) -> tuple[str, str]:
    splitter = ThinkingSplitter()
    pieces = [piece for chunk in chunks for piece in splitter.feed(chunk)] + splitter.close()
    return tuple("".join(p.text for p in pieces if p.kind == k) for k in ("reasoning", "text"))  # pyright: ignore[reportReturnType]


@pytest.mark.parametrize("begin", TAGS)
@given(cuts=st.sets(st.integers(1, 60)))
def test_the_cuts_between_pieces_change_nothing(begin: str, cuts: set[int]) -> None:
    text = f"\n{begin}\nLet me < think.{TAGS[begin]}\n\nThe answer is <b>42</b>."
    places = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    chunks = [text[a:b] for a, b in pairwise(places)]
    assert _split(*chunks) == ("\nLet me < think.", "The answer is <b>42</b>.")


@pytest.mark.parametrize(
    "text", ["What does <think> mean?", "<thin", "<", "a</think>b", "", "  x <think>y</think>"]
)
def test_a_tag_further_on_is_text(text: str) -> None:
    assert _split(*text) == ("", text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("<think>Okay, the user wants a title", ("Okay, the user wants a title", "")),
        ("<think>hm</think>Rome", ("hm", "Rome")),
        ("Let me think.</think>42", ("Let me think.", "42")),
        ("◁think▷Okay, so", ("Okay, so", "")),
        ("<think>a</think>\n<think>b</think>c", ("ab", "c")),
        ("Rome", ("", "Rome")),
    ],
)
def test_a_whole_text_is_split_even_where_the_beginning_is_missing(
    text: str, parts: tuple[str, str]
) -> None:
    assert split_thinking(text) == parts
