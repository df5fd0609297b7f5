"""The tokenizer of search, which is the same for all back ends.

A term is a word after NFKC, case folding and the removal of accents from the alphabets that use them as decoration
(Latin, Greek, Cyrillic); other scripts keep their marks, which are letters there. Letters with a stroke or a hook
become the plain letter, digits of all scripts become ASCII digits, and invisible or rarely written characters are
removed: soft hyphens, joiners, vowel signs of Arabic and Hebrew. An emoji is a term (see `alphabets`). Chinese,
Japanese, Korean, Thai, Lao, Khmer, Burmese and some others are written without spaces, so each character begins a term
of two: ``東京都`` gives ``東京 京都 都``. A single character is then a prefix, and a longer run a phrase.

A query is a list of clauses, all of which must match. Every word between spaces is a clause (a phrase, if it has
several terms, like ``don't``), and so is every "quoted text"; a ``*`` at the end of either makes the last term a
prefix. Nothing in a query is ever an operator of the engine.

A text is indexed in passages, so that a book in one message is found and no limit of an engine is exceeded: a passage
has at most `PASSAGE` characters and the same term at most `REPEATS` times. A query matches within a passage; each one
begins with the last terms of the one before it, so no phrase is cut in two.

Everything takes time that is linear in the text, one slice at a time, so that other threads can run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from operator import add

from hansard.errors import InvalidInput
from hansard.search.alphabets import ASCII, CURRENT, EMOJI, FIRST, INNER, Alphabet, Places, fold

__all__ = [
    "Clause",
    "clauses",
    "fold",
    "matches",
    "most_passages",
    "occurrences",
    "owner_mark",
    "passages",
    "place_mark",
    "quotes_and_words",
    "spans",
    "terms",
]

PASSAGE = 32_000
"""Characters, with a space after each term: at most 16,000 terms; PostgreSQL stores positions up to 16,383."""
REPEATS = 255
"""PostgreSQL stores 256 positions of a term and ignores the others."""
MAX_CLAUSES = 16
MAX_CLAUSE_TERMS = 32
MAX_TERM = 64
"""Longer words (Base64, hashes) are cut to this many characters, in texts and in queries."""

SLICE = 16_000
"""The approximate number of characters that are folded at once; this takes some milliseconds."""

_CLAUSE = re.compile(r'"([^"]*)(?:"|$)(\*?)|([^\s"]+)')
_RUN = re.compile(r"\S+")
_INNER = f"[{INNER}]"
_OUTER = re.compile(f"[^{INNER}]")
_CLUSTER = re.compile(f"(?s:.)(?:(?![{EMOJI}]){_INNER})*")
_APART = re.compile(f"{CURRENT.unspaced.pattern[:-2]}{EMOJI}]")
"""Characters with positions of their own within a run."""
_PLACES = Places()
_SEVERAL = re.compile(
    "[\xbc-\xbe\u0e33\u0eb3\u0edc\u0edd\u2150-\u215e\u2189\u309f\u30ff\ufdfa\ufdfb]"
)
"""Single characters with more than one term: fractions, and some ligatures."""
_MOST_TERMS, _MOST_LETTERS = 4, 18
"""Of one character."""


@dataclass(frozen=True, slots=True)
class Clause:
    """Terms that must be adjacent; with `prefix`, the last one may be the start of a word."""

    terms: tuple[str, ...]
    prefix: bool = False


def terms(text: str, alphabet: Alphabet = CURRENT) -> list[str]:
    """Return the terms of a text, in order."""
    if text.isascii():
        return _cut(text.lower().translate(ASCII).split())
    result: list[str] = []
    for word in "".join(map(alphabet.fold, _slices(text))).split():
        if word.isascii() or not alphabet.unspaced.search(word):
            result.append(word)
        else:
            _add_parts(result, word, alphabet)
    return _cut(result)


def _add_parts(result: list[str], word: str, alphabet: Alphabet) -> None:
    """Add the terms of a folded word that is partly written without spaces."""
    position = 0
    for run in alphabet.unspaced.finditer(word):
        start, end = run.span()
        if start > position:
            result.append(word[position:start])
        result += map(add, run[0], run[0][1:])
        result.append(run[0][-1])
        position = end
    if position < len(word):
        result.append(word[position:])


def _slices(text: str) -> Iterator[str]:
    """Yield the text in slices, cut before characters that do not combine with the one before."""
    start = 0
    while start + SLICE < len(text):
        outer = _OUTER.search(text, start + SLICE)
        end = outer.start() if outer else len(text)
        yield text[start:end]
        start = end
    yield text[start:]


def _cut(words: list[str]) -> list[str]:
    if words and max(map(len, words)) > MAX_TERM:
        return [word[:MAX_TERM] for word in words]
    return words


def _bounds(word: str, alphabet: Alphabet) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each term of a folded word that is partly written without spaces."""
    position = 0
    for run in alphabet.unspaced.finditer(word):
        if run.start() > position:
            yield position, run.start()
        position = run.end()
        yield from ((i, min(i + 2, position)) for i in range(run.start(), position))
    if position < len(word):
        yield position, len(word)


@lru_cache(maxsize=4096)
def owner_mark(tenant: str, owner: str) -> str:
    """Return the prefix of an owner's terms in an index, so that a search costs what the owner's rows cost.

    Marks are short; if two owners have the same one, the condition on the row separates them.
    """
    digest = hashlib.sha256(f"{tenant}\0{owner}".encode()).digest()
    return base64.b32encode(digest[:5])[:4].decode().lower() + "~"


def place_mark(place: str | None) -> str:
    """Return the term for the place of a text, such as its conversation, or for no place."""
    return "~" + (place or "").replace("-", "")


def passages(text: str, alphabet: Alphabet = CURRENT) -> list[list[str]]:
    """Return the terms of each passage of a text; none for a text without terms."""
    words = terms(text, alphabet)
    if len(words) <= REPEATS:
        return [words] if words else []
    short = sum(map(len, words)) + len(words) < PASSAGE
    if short and max(Counter(words).values()) <= REPEATS:
        return [words]
    return list(_passages(words))


def most_passages(text: str) -> int:
    """Return a number of passages that a text does not exceed, at least 1, without reading it as `passages` does."""
    if text.isascii():
        words, letters = len(text) // 2 + 1, len(text)
    else:
        words = len(text) + (_MOST_TERMS - 1) * len(_SEVERAL.findall(text))
        letters = _MOST_LETTERS * len(text)
    if words <= REPEATS and letters + words < PASSAGE:
        return 1
    # Each passage begins with the last terms of the one before it.
    again = MAX_CLAUSE_TERMS - 1
    by_size = (letters + words) // (PASSAGE - (again + 1) * (MAX_TERM + 1))
    return 1 + by_size + words // (REPEATS - again)


def first_passages(text: str) -> list[list[str]]:
    """Return the terms of each passage as they were before the migration `reindex_search`."""
    return passages(text, FIRST)


def _passages(words: list[str]) -> Iterator[list[str]]:
    start, size = 0, 0
    seen: Counter[str] = Counter()
    for i, word in enumerate(words):
        if size + len(word) >= PASSAGE or seen[word] == REPEATS:
            yield words[start:i]
            start = i - MAX_CLAUSE_TERMS + 1
            seen = Counter(words[start:i])
            size = sum(len(again) + 1 for again in words[start:i])
        seen[word] += 1
        size += len(word) + 1
    yield words[start:]


def clauses(query: str) -> list[Clause]:
    """Return the clauses of a query; an empty list matches nothing. Raises InvalidInput if it is too long."""
    result: list[Clause] = []
    for quoted, star, word in _CLAUSE.findall(query):
        clause = _clause(quoted or word.rstrip("*"), bool(star) or word.endswith("*"))
        if clause is not None:
            result.extend([clause] if quoted else _short(clause))
    if len(result) > MAX_CLAUSES or any(len(c.terms) > MAX_CLAUSE_TERMS for c in result):
        raise InvalidInput(
            f"A search has at most {MAX_CLAUSES} words or phrases of {MAX_CLAUSE_TERMS} words.",
            pointer="/q",
        )
    return result


def quotes_and_words(query: str) -> tuple[list[Clause], list[Clause]]:
    """Return the "quoted" clauses of a query, and the words, each alone.

    Of a script without spaces, where a sentence is one word, each pair of characters is alone.
    """
    quotes: list[Clause] = []
    words: dict[Clause, None] = {}
    for quoted, star, word in _CLAUSE.findall(query):
        clause = _clause(quoted or word.rstrip("*"), bool(star) or word.endswith("*"))
        if clause is not None and quoted:
            quotes.append(clause)
        elif clause is not None:
            words |= dict.fromkeys(_apart(clause))
    return quotes, list(words)


def _apart(clause: Clause) -> Iterator[Clause]:
    """Yield a word, or its parts if it has terms of a script without spaces; single characters only if alone."""
    if not any(CURRENT.unspaced.search(term) for term in clause.terms):
        yield clause
        return
    alone = len(clause.terms) == 1
    for number, term in enumerate(clause.terms, start=1):
        if len(term) > 1 or alone:
            yield Clause((term,), clause.prefix and number == len(clause.terms))


def _short(clause: Clause) -> Iterator[Clause]:
    """Yield a word as clauses with a limited number of terms: without spaces, a sentence is one word."""
    words = clause.terms
    for start in range(0, len(words), MAX_CLAUSE_TERMS):
        end = start + MAX_CLAUSE_TERMS
        yield Clause(words[start:end], clause.prefix and end >= len(words))


def _clause(text: str, prefix: bool) -> Clause | None:
    words = terms(text)
    if not words:
        return None
    if CURRENT.unspaced.fullmatch(words[-1]):
        if len(words) > 1 and len(words[-2]) == 2 and words[-2][1] == words[-1]:
            return Clause(tuple(words[:-1]))
        return Clause(tuple(words), prefix=True)
    return Clause(tuple(words), prefix)


def matches(clause: Clause, words: list[str]) -> bool:
    """Return whether the terms of a passage contain the clause; the engines must agree with this."""
    return occurrences(clause, words) > 0


def occurrences(clause: Clause, words: list[str]) -> int:
    """Return how often the terms of a passage contain the clause."""
    *fixed, last = clause.terms
    if not fixed:
        return sum(w.startswith(last) for w in words) if clause.prefix else words.count(last)
    size = len(fixed)
    return sum(
        word == fixed[0]
        and words[i : i + size] == fixed
        and (words[i + size].startswith(last) if clause.prefix else words[i + size] == last)
        for i, word in enumerate(words[: len(words) - size])
    )


def spans(query: list[Clause], text: str) -> list[tuple[int, int]]:
    """Return the merged ranges of a text that match a query: the start and end of each term, in characters."""
    whole = {clause.terms[-1] for clause in query if not clause.prefix}
    starts = tuple(clause.terms[-1] for clause in query if clause.prefix)
    recent: deque[tuple[int, int, str]] = deque(maxlen=MAX_CLAUSE_TERMS)
    places: set[tuple[int, int]] = set()
    for run in _RUN.finditer(text.translate(_PLACES)):
        for place in located(run[0], run.start()):
            recent.append(place)
            if place[2] in whole or place[2].startswith(starts):
                for clause in query:
                    places.update(_ended(clause, recent))
    return _merged(sorted(places))


def _ended(clause: Clause, recent: deque[tuple[int, int, str]]) -> list[tuple[int, int]]:
    """Return the ranges of a clause's terms, if the terms that were read last are those."""
    last = list(islice(reversed(recent), len(clause.terms)))[::-1]
    return [place[:2] for place in last] if matches(clause, [place[2] for place in last]) else []


def _merged(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in places:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def located(run: str, offset: int = 0) -> list[tuple[int, int, str]]:
    """Return the terms of a run of letters with their positions; a word has one, unspaced scripts one per
    character.
    """
    if run.isascii():
        return [(offset, offset + len(run), run[:MAX_TERM].lower())]
    if not _APART.search(run):
        return [(offset, offset + len(run), term) for term in terms(run)]
    folded: list[str] = []
    places: list[tuple[int, int]] = []
    for cluster in _CLUSTER.finditer(run):
        folded.append(CURRENT.fold(cluster[0]))
        places += [cluster.span()] * len(folded[-1])
    result: list[tuple[int, int, str]] = []
    for word in _RUN.finditer("".join(folded)):
        for start, end in _bounds(word[0], CURRENT):
            first, last = places[word.start() + start], places[word.start() + end - 1]
            term = word[0][start:end][:MAX_TERM]
            result.append((offset + first[0], offset + last[1], term))
    return result
