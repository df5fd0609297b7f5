"""Bounds of results: a client receives at most so many tokens, and where the rest begins."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from hansard.context.tokens import estimate
from hansard.errors import InvalidInput

MAX_TITLE = 120
"""Characters of titles, previews and descriptions in lists."""


class Piece(NamedTuple):
    """A part of a text that fits."""

    text: str
    next_offset: int | None
    """Where the rest begins; None at the end."""


def cost(text: str) -> int:
    """Return the estimated number of tokens of a text in JSON."""
    return estimate(msgspec.json.encode(text).decode())


def piece_of(text: str, tokens: int, offset: int = 0) -> Piece:
    """Return the part of a text from a character on that costs at most so many tokens, and at least one character.

    Raises InvalidInput if the text is shorter than `offset`.
    """
    if offset > len(text):
        raise InvalidInput(f"The text has {len(text)} characters.", pointer="/offset")
    piece = text[offset : offset + 4 * tokens]
    while len(piece) > 1 and (needed := cost(piece)) > tokens:
        piece = piece[: max(1, len(piece) * tokens // needed)]
    end = offset + len(piece)
    return Piece(piece, end if end < len(text) else None)


def clipped(text: str, characters: int = MAX_TITLE) -> str:
    """Return a text of a list's item; a longer one ends in an ellipsis."""
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
