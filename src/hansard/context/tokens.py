"""How long a text is to a model, near enough.

Every model counts in its own way and most keep it to themselves. What is needed is to stay within a window,
so this errs on the long side: four Latin characters a token, or one of any other script.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hansard.model.parts import Part, Text
from hansard.providers.base import Media

PER_MESSAGE = 8
"""What a message costs besides its text."""
PER_MEDIA = 1_000
"""What an image, or a file that is no text, may cost."""


def estimate(text: str) -> int:
    ascii_only = len(text) if text.isascii() else sum(c < "\x80" for c in text)
    return ascii_only // 4 + (len(text) - ascii_only) + 1


def estimate_parts(parts: Sequence[Part | Media]) -> int:
    """Tokens of a message whose parts are these, as they are sent: of a text file its text."""
    total = PER_MESSAGE
    for part in parts:
        if isinstance(part, Text):
            total += estimate(part.text)
        elif isinstance(part, Media):
            total += PER_MEDIA
        else:
            total += estimate(msgspec.json.encode(part).decode())
    return total
