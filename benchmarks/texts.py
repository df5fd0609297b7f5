"""Texts for measuring, the same for the same seed.

The words are invented, but what costs a database time is as in English: how often a word occurs follows Zipf's
law over a large vocabulary, frequent words are short, letters follow each other pronounceably, and the lengths of
messages are log-normal: most are short, some are very long.

Uses the standard library alone, for peers generate the same texts in environments of their own.
"""

from __future__ import annotations

import math
import random
from functools import cache
from itertools import accumulate

VOCABULARY = 100_000
SPREAD = 0.9
"""The standard deviation of the logarithm of a message's length."""
LONGEST = 4_000
"""Words."""
SENTENCE = 13

_ONSETS = {
    "t": 4, "s": 3, "r": 3, "n": 3, "d": 3, "l": 3, "c": 2, "m": 2, "p": 2, "h": 2, "w": 2, "b": 1,
    "f": 1, "g": 1, "v": 1, "k": 1, "st": 1, "tr": 1, "th": 2, "sh": 1, "ch": 1, "": 3,
}  # fmt: skip
_VOWELS = {"e": 5, "a": 4, "i": 4, "o": 4, "u": 2, "ea": 1, "ou": 1}
_CODAS = {"": 6, "n": 2, "r": 2, "s": 2, "t": 2, "l": 1, "d": 1, "m": 1, "ng": 1, "st": 1}
_SOUNDS = (_ONSETS, _VOWELS, _CODAS)
"""What a syllable is made of, and how often."""


class Texts:
    """A source of messages with `mean` words on average; a word takes six characters with what follows it."""

    def __init__(self, seed: int = 1, mean: float = 100) -> None:
        self.words = _vocabulary()
        self._weights = list(accumulate(1 / (rank + 3.7) for rank in range(VOCABULARY)))
        self._random = random.Random(seed)
        self._mu = math.log(mean) - SPREAD**2 / 2

    def one(self) -> str:
        size = round(self._random.lognormvariate(self._mu, SPREAD))
        size = min(max(size, 1), LONGEST)
        words = self._random.choices(self.words, cum_weights=self._weights, k=size)
        for start in range(0, size, SENTENCE):
            words[start] = words[start].capitalize()
            words[min(start + SENTENCE, size) - 1] += "."
        return " ".join(words)

    def many(self, count: int) -> list[str]:
        return [self.one() for _ in range(count)]


@cache
def _vocabulary() -> list[str]:
    """Invented words, the most frequent first; the rarer, the longer."""
    source = random.Random(0)
    sounds = [[sound for sound, times in some.items() for _ in range(times)] for some in _SOUNDS]
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        rank = len(words)
        most = 1 if rank < 300 else 2 if rank < 5_000 else 3
        syllables = source.choice((max(1, most - 1), most))
        words["".join(source.choice(some) for some in sounds * syllables)] = None
    return list(words)
