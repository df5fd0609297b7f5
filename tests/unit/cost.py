"""What a function costs, as CPU time of its thread, and whether that grows faster than the text does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

SMALL, TIMES = 1_000, 8
"""Characters, and how many times as many: what is linear takes as many times as long, what is not takes longer."""
ALLOWED = 3 * TIMES
LEAST = 0.0001
"""Seconds: what takes less is too short to be compared."""

HOSTILE = [
    "\u0301", "\u0301\u0316", "\uff9e\u0301", "\u0f73\u0f71", "\u0344\u0316", "e\u0301", "\u05b4\u0591",
    "\u0e01\u0e34", "東", "\u1112\u1161\u11ab", "👨\u200d", "\u00ad", "\u0640", "\ufdfa", "İ", "a", " ", "\n",
    '"', "'", "`", "```\n", "<", "<artifact ", '<artifact title="a">', "</artifact>", "<!--", "<svg>", "<think>",
    "[", "](", "*", "_", "> ", "- ", "1. ", "|-", "\\", "&", "{", "<div>\n", "a\n\n", "# ", "\u2028", "\r",
]  # fmt: skip
"""What texts are made of that cost much where something is not linear."""


def growth(function: Callable[[str], Any], pattern: str, size: int = SMALL) -> float:
    """How many times as long a text of a pattern takes that is eight times as long."""
    function(pattern)  # what is made once
    small, large = (_cost(function, _of(pattern, n)) for n in (size, size * TIMES))
    return large / max(small, LEAST)


def _of(pattern: str, size: int) -> str:
    return (pattern * (size // len(pattern) + 1))[:size]


def _cost(function: Callable[[str], Any], text: str) -> float:
    """The least of several: whatever else the machine does makes it more, and never less."""
    found: list[float] = []
    for _ in range(3):
        start = time.thread_time()
        function(text)
        found.append(time.thread_time() - start)
    return min(found)
