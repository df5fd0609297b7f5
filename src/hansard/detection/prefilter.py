"""Whether a text is worth reading for artifacts: asked of every answer, so it costs next to nothing."""

from __future__ import annotations

import re

_OPENING = re.compile(r"<(?:artifact|svg|html|!doctype)\b", re.IGNORECASE)


def is_likely(text: str) -> bool:
    """False if no artifact can be in the text."""
    return "```" in text or "~~~" in text or ("<" in text and _OPENING.search(text) is not None)
