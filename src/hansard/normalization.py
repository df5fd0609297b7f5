"""Unicode normalization in time that is linear in the text.

Sorting the combining marks of a letter takes time quadratic in their number. Unicode's stream-safe text (UAX #15,
section 13) allows at most 30 of them in a row; no language comes near that. Longer rows are divided by a joiner, which
is invisible and starts a new row. `ruff` forbids `unicodedata.normalize` elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

MAX_MARKS = 30
"""Marks in a row: characters that, decomposed, are of a combining class other than 0."""
_JOINER = "\u034f"
_CROWD = re.compile(rf"[\W\uff9e\uff9f]{{{MAX_MARKS + 1},}}")
"""Where there may be too many: marks are no letters, but for two that become marks when they are decomposed."""


def normalize(form: Form, text: str) -> str:
    """Return the text in a normal form; rows of more than 30 marks are first divided by joiners (U+034F)."""
    if text.isascii():
        return text
    return unicodedata.normalize(form, stream_safe(text))  # noqa: TID251 - the one place


def normalize_whole(form: Form, text: str) -> str:
    """Return the text in the exact normal form of the standard, without joiners, as older versions stored it."""
    if text.isascii():
        return text
    parts: Form = "NFKD" if form in ("NFKC", "NFKD") else "NFD"
    sorted_marks = _CROWD.sub(lambda crowd: "".join(_ordered(crowd[0], parts)), text)
    return unicodedata.normalize(form, sorted_marks)  # noqa: TID251


def stream_safe(text: str) -> str:
    """Return the text with a joiner wherever more than 30 marks would follow each other."""
    if len(text) <= MAX_MARKS:
        return text
    return _CROWD.sub(lambda crowd: "".join(_divided(crowd[0])), text)


def _divided(crowd: str) -> Iterator[str]:
    row = 0
    for character in crowd:
        leading, trailing, only_marks = _marks(character)
        if row + leading > MAX_MARKS:
            yield _JOINER
            row = 0
        yield character
        row = row + leading if only_marks else trailing


def _ordered(crowd: str, form: Form) -> Iterator[str]:
    """Yield decomposed characters with their marks sorted; `sorted` is not quadratic."""
    row: list[str] = []
    for character in crowd:
        for part in unicodedata.normalize(form, character):  # noqa: TID251
            if unicodedata.combining(part):
                row.append(part)
            else:
                yield from sorted(row, key=unicodedata.combining)
                row.clear()
                yield part
    yield from sorted(row, key=unicodedata.combining)


@lru_cache(maxsize=4096)
def _marks(character: str) -> tuple[int, int, bool]:
    """Return how many marks a decomposed character starts and ends with, and whether it has only marks."""
    parts = unicodedata.normalize("NFKD", character)  # noqa: TID251
    signs = [unicodedata.combining(part) != 0 for part in parts]
    if all(signs):
        return len(signs), len(signs), True
    return signs.index(False), signs[::-1].index(False), False
