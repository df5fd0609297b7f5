"""A cheap check whether a text may contain artifacts, made for every answer."""

from __future__ import annotations

import re

_OPENING = re.compile(r"<(?:artifact|svg|html|!doctype)\b", re.IGNORECASE)


def is_likely(text: str) -> bool:
    """Return False if the text cannot contain an artifact."""
    return "```" in text or "~~~" in text or ("<" in text and _OPENING.search(text) is not None)
