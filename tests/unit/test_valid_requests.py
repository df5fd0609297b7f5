"""Any turns whatever become a request that the strictest endpoint takes."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from hansard.context.requests import OPENING, is_plain, plain, valid
from hansard.model.parts import Data, Reasoning, Text, ToolCall, ToolResult
from hansard.providers.base import GO_ON, Media, Request, Turn

words = st.sampled_from(["", " ", "a", "b c", "\n"])
ids = st.sampled_from(["c1", "c2", "", "é", "x" * 41])
values = st.none() | words | st.lists(words, max_size=2) | st.dictionaries(words, words, max_size=1)
parts = st.one_of(
    st.builds(Text, words),
    st.builds(Reasoning, words, st.none() | st.just("signed")),
    st.builds(ToolCall, ids, words, values),
    st.builds(ToolResult, ids, values, st.booleans()),
    st.builds(Data, values),
    st.builds(Media, st.sampled_from([b"", b"x"]), st.sampled_from(["image/png", "a/zip"])),
)
roles: Any = st.sampled_from(["system", "user", "assistant", "tool"])
turns = st.lists(st.builds(Turn, roles, st.lists(parts, max_size=4).map(tuple)), max_size=8)
requests = st.builds(
    lambda turns, system: Request(model="m", turns=tuple(turns), system=system), turns, words
)


def _check(request: Request) -> None:
    roles = [turn.role for turn in request.turns]
    assert roles[0] == "user"
    assert roles[-1] in ("user", "tool")
    assert "system" not in roles
    assert all(a != b for a, b in itertools.pairwise(roles)), roles
    seen: set[str] = set()
    calls: list[str] = []
    for turn in request.turns:
        assert turn.parts
        assert all(part.text.strip() for part in turn.parts if isinstance(part, Text))
        results = [part.call_id for part in turn.parts if isinstance(part, ToolResult)]
        assert results == calls, "each call has its result, right after it"
        assert len(results) == (len(turn.parts) if turn.role == "tool" else 0)
        calls = [part.call_id for part in turn.parts if isinstance(part, ToolCall)]
        assert not seen & set(calls)
        seen |= set(calls)
        if turn.role == "assistant":
            assert not isinstance(turn.parts[-1], Reasoning)
            assert not any(isinstance(part, Media) for part in turn.parts)
        else:
            assert not calls
            assert not any(isinstance(part, Reasoning) for part in turn.parts)
    assert not calls


@given(requests)
@example(Request(model="m", turns=()))
def test_any_turns_become_a_valid_request(request: Request) -> None:
    made = valid(request)
    _check(made)
    assert valid(made) == made, "what is valid stays as it is"


@given(requests)
def test_a_plain_request_is_text_alone(request: Request) -> None:
    made = plain(request)
    _check(made)
    assert is_plain(made)


@given(requests)
def test_no_words_are_lost_or_change_their_order(request: Request) -> None:
    marked = [
        Turn(turn.role, (Text(f"<{i}>"), *turn.parts)) for i, turn in enumerate(request.turns)
    ]
    made = valid(Request(model="m", turns=tuple(marked)))
    said = made.system + "".join(
        part.text for turn in made.turns for part in turn.parts if isinstance(part, Text)
    )
    places = [said.find(f"<{i}>") for i in range(len(marked))]
    assert -1 not in places
    assert places == sorted(places)


def test_who_speaks_first_and_last_is_the_user() -> None:
    made = valid(Request(model="m", turns=(Turn("assistant", (Text("Hello."),)),)))
    assert made.turns == (
        Turn("user", (Text(OPENING),)),
        Turn("assistant", (Text("Hello."),)),
        Turn("user", (Text(GO_ON),)),
    )
