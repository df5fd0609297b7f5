from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansard.errors import BadCursor
from hansard.services.conversations.service import ConversationFilter
from hansard.services.cursors import IdText, Position, decode_cursor, encode_cursor

TYPES = (datetime, IdText)
LISTING = ConversationFilter(tag="red")

times = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(times, st.uuids().map(str))
def test_a_cursor_gives_back_what_went_into_it(at: datetime, id: str) -> None:  # noqa: A002
    cursor = encode_cursor(LISTING, [at, id])
    assert decode_cursor(LISTING, cursor, TYPES) == (at, id)
    assert cursor.isascii()
    assert cursor == base64.urlsafe_b64encode(
        base64.urlsafe_b64decode(cursor + "==")
    ).decode().rstrip("=")


@given(times, st.uuids().map(str))
def test_a_cursor_is_good_for_its_own_list_alone(at: datetime, id: str) -> None:  # noqa: A002
    cursor = encode_cursor(LISTING, [at, id])
    for other in (ConversationFilter(), ConversationFilter(tag="blue"), ["red", LISTING]):
        with pytest.raises(BadCursor):
            decode_cursor(other, cursor, TYPES)
    with pytest.raises(BadCursor):
        decode_cursor(LISTING, cursor, (Position | None, Position))


@given(
    st.text(max_size=80)
    | st.binary(max_size=60).map(lambda b: base64.urlsafe_b64encode(b).decode())
)
def test_whatever_else_is_given_as_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadCursor) as refused:
        decode_cursor(LISTING, text, TYPES)
    assert refused.value.pointer == "/cursor"


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_damaged_cursor_is_refused_or_says_something_of_its_kind(at: int, byte: int) -> None:
    good = encode_cursor(
        LISTING, [datetime(2026, 3, 1, tzinfo=UTC), "0" * 8 + "-0000" * 3 + "-" + "0" * 12]
    )
    raw = bytearray(base64.urlsafe_b64decode(good + "=="))
    raw[at % len(raw)] = byte
    try:
        when, id_ = decode_cursor(LISTING, base64.urlsafe_b64encode(raw).decode(), TYPES)
    except BadCursor:
        return
    assert when.tzinfo is UTC
    assert len(id_) == 36


@pytest.mark.parametrize("place", [-1, 2**62, 10**30])
def test_a_place_that_no_engine_has_is_refused(place: int) -> None:
    cursor = encode_cursor(["q"], [place, 0])
    with pytest.raises(BadCursor):
        decode_cursor(["q"], cursor, (Position | None, Position))
