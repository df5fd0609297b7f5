"""Whoever is not trusted gets no more time than their bytes are worth: the readers of what comes in are linear."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from hansard import output, secrets
from hansard.formats import jsonl
from hansard.providers.sse import EventReader
from hansard.providers.thinking import ThinkingSplitter, split_thinking
from hansard.secrets import Masker, mask, mask_known
from hansard.services.runs.sanitize import clean_output
from hansard.storage.digests import content_digest
from hansard.testing import factories
from unit.cost import ALLOWED, HOSTILE, growth

_, TALK, _ = factories.conversation()
PIECE = 7
"""Characters, or bytes, that come at a time."""


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets that begin as the texts do."""
    monkeypatch.setattr(secrets, "_registry", secrets._Registry())
    secrets.register("a" * 40 + "b", "```\n" * 10, "\"'`" * 12)


def _events(text: str) -> None:
    reader = EventReader()
    reader.feed(f"data: {text}".encode())
    reader.close()


def _events_in_pieces(text: str) -> None:
    reader, data = EventReader(), f"data: {text}".encode()
    for start in range(0, len(data), PIECE):
        reader.feed(data[start : start + PIECE])
    reader.close()


def _in_pieces(feed: Callable[[str], Any], text: str) -> None:
    for start in range(0, len(text), PIECE):
        feed(text[start : start + PIECE])


def _import(text: str) -> None:
    lines = [
        jsonl.write_header(datetime.now(UTC)),
        jsonl.write_record(factories.message(TALK, text)),
        jsonl.write_end(1),
    ]
    assert len(list(jsonl.Reader("acme").read(lines))) == 3


COSTS: dict[str, Callable[[str], Any]] = {
    "events of a stream": _events,
    "events of a stream in pieces": _events_in_pieces,
    "thinking in pieces": lambda text: _in_pieces(ThinkingSplitter().feed, text),
    "thinking": split_thinking,
    "masking": mask,
    "masking what is known": mask_known,
    "masking in pieces": lambda text: _in_pieces(Masker().feed, text),
    "terminal": output.harmless,
    "what is heard": clean_output,
    "a line of an export": _import,
    "digest": lambda text: content_digest(factories.message(TALK, text)),
}


@pytest.mark.parametrize("name", COSTS)
def test_the_cost_of_what_comes_in_grows_as_it_does(name: str) -> None:
    for pattern in HOSTILE:
        assert growth(COSTS[name], pattern) < ALLOWED, f"{pattern!r}"


def test_the_test_above_notices_a_reader_that_begins_again() -> None:
    """The planted bug: with each piece, all that came before is looked at again."""

    def again(text: str) -> None:
        heard = ""
        for start in range(0, len(text), PIECE):
            heard += text[start : start + PIECE]
            mask_known(heard)

    assert growth(again, " ", 3_000) > ALLOWED
