"""Finds messages that contain some of the words of a search, the most telling first.

Each word is searched alone, and a message has the weight of the words in it: the fewer messages contain a word, the
more it weighs (the inverse document frequency of BM25), so that `the` counts next to nothing beside `puppy`. A word in
the title of its conversation counts a part. All of this is computed from the sets of matches, so every back end finds
the same.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence

import msgspec

from hansard.model.conversations import Conversation
from hansard.search.tokenizer import Clause, occurrences, terms
from hansard.storage.base import Match, Reader, TextSearch
from hansard.storage.query import Query

WINDOW = 500
"""How many of the newest matches of each word are considered; a word with more is common."""
MAX_WORDS = 32
MAX_FOUND = 100
"""The most messages that are found in this way."""
LEAST = 0.25
"""The share of the best message's weight below which a message is not worth showing."""
TITLE = 0.3
"""The share of its weight that a word in the title of the conversation counts."""


async def find(
    tx: Reader,
    search: TextSearch,
    quotes: Sequence[Clause],
    words: Sequence[Clause],
    known: Collection[str],
) -> list[Match]:
    """Return matches for messages that contain all `quotes` and some `words`, the best first, without those `known`."""
    by_word = [await _holding(tx, search, (*quotes, word)) for word in words[:MAX_WORDS]]
    matches = {match.message_id: match for found in by_word for match in found.values()}
    weights = [_weight(len(matches), len(found)) for found in by_word]
    scores: defaultdict[str, float] = defaultdict(float)
    for weight, found in zip(weights, by_word, strict=True):
        for message_id in found:
            scores[message_id] += weight
    new = [match for match in matches.values() if match.message_id not in known]
    best = max((scores[match.message_id] for match in new), default=0.0)
    worth = [match for match in new if scores[match.message_id] >= LEAST * best]
    worth = _ranked(worth, scores)[: 2 * MAX_FOUND]
    for match, share in zip(
        worth, await _in_titles(tx, worth, words, weights, by_word), strict=True
    ):
        scores[match.message_id] += share
    ranked = _ranked(worth, scores)[:MAX_FOUND]
    return [msgspec.structs.replace(m, score=scores[m.message_id]) for m in ranked]


def _ranked(matches: Sequence[Match], scores: dict[str, float]) -> list[Match]:
    """Return matches by score; newer ones first among equals."""
    return sorted(matches, key=lambda m: (scores[m.message_id], m.position), reverse=True)


async def _holding(tx: Reader, search: TextSearch, clauses: tuple[Clause, ...]) -> dict[str, Match]:
    """Return the newest messages that match, by id."""
    alone = msgspec.structs.replace(search, clauses=clauses, before=None, window=WINDOW)
    return {match.message_id: match for match in reversed(await tx.search(alone))}


def _weight(messages: int, holding: int) -> float:
    return math.log(1 + (messages - holding + 0.5) / (holding + 0.5))


async def _in_titles(
    tx: Reader,
    matches: Sequence[Match],
    words: Sequence[Clause],
    weights: Sequence[float],
    by_word: Sequence[dict[str, Match]],
) -> list[float]:
    """Return for each match what the words count that are in its conversation's title and not in the message."""
    ids = list({match.conversation_id for match in matches})
    rows = await tx.select(Query(Conversation).where(id__in=ids)) if ids else []
    titles = {row.id: terms(row.title) for row in rows}
    return [
        TITLE
        * sum(
            weight
            for word, weight, found in zip(words, weights, by_word, strict=False)
            if match.message_id not in found
            and occurrences(word, titles.get(match.conversation_id, []))
        )
        for match in matches
    ]
