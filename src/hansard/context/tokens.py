"""Token estimates.

Every model counts differently, and most do not publish how. The estimate only has to keep requests within the context,
so it is on the high side: four Latin characters per token, or one of any other script.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hansard.model.parts import Part, Text
from hansard.providers.base import Media

PER_MESSAGE = 8
"""Tokens per message besides its text."""
PER_MEDIA = 1_000
"""Tokens for an image or a binary file."""


def estimate(text: str) -> int:
    """Return the estimated number of tokens of a text."""
    ascii_only = len(text) if text.isascii() else sum(c < "\x80" for c in text)
    return ascii_only // 4 + (len(text) - ascii_only) + 1


def estimate_parts(parts: Sequence[Part | Media]) -> int:
    """Return the estimated tokens of a message with these parts; text files count with their text."""
    total = PER_MESSAGE
    for part in parts:
        if isinstance(part, Text):
            total += estimate(part.text)
        elif isinstance(part, Media):
            total += PER_MEDIA
        else:
            total += estimate(msgspec.json.encode(part).decode())
    return total
