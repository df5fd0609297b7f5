"""What a SQLite file stores is what was given, and few ids are remembered."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from random import Random

import pytest

from hansard.storage.sql import values


def test_times_have_microseconds_in_every_year() -> None:
    random = Random(1)
    years = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC))
    first, last = map(values.microseconds, years)
    for at in (first, last, 0, -1, *(random.randint(first, last) for _ in range(2_000))):
        assert values.microseconds(values.from_microseconds(at)) == at
    with pytest.raises(OverflowError):
        values.from_microseconds(last + 1)


def test_ids_are_what_they_were_and_few_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MAX_IDS", 10)
    random, ids = Random(1), values._Ids()
    for _ in range(200):
        value = uuid.UUID(int=random.choice((random.getrandbits(128), 7)))
        assert ids[value.bytes] == str(value)
        assert len(ids) <= 10
    with pytest.raises(ValueError, match="16"):
        values.uuid_from_bytes(b"short")
