"""How long a text is to a model, near enough.

Every model counts in its own way and most keep it to themselves. What is needed is to stay within a window,
so this errs on the long side: four Latin characters a token, or one of any other script.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hansard.model.parts import Text

PER_MESSAGE = 8
"""What a message costs besides its text."""
PER_MEDIA = 1_000
"""What an image or a file may cost."""


def estimate(text: str) -> int:
    ascii_only = len(text) if text.isascii() else sum(c < "\x80" for c in text)
    return ascii_only // 4 + (len(text) - ascii_only) + 1


def estimate_parts(parts: Sequence[Any]) -> int:
    total = PER_MESSAGE
    for part in parts:
        if isinstance(part, Text):
            total += estimate(part.text)
        elif getattr(part, "blob", None):
            total += PER_MEDIA
        else:
            total += estimate(msgspec.json.encode(part).decode())
    return total
