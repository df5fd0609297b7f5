"""The one normaliser of search: what a text's terms are, on every back end.

A term is a word after NFKC, case folding and the removal of accents from the alphabets that use them
as decoration (Latin, Greek, Cyrillic); other scripts keep their marks, which are letters there.
Chinese, Japanese and Korean are not written in words, so each character begins a term of two:
``東京都`` gives ``東京 京都 都``. A single character is then a prefix, and a longer run a phrase.

A query is a list of clauses, all of which must match: every blank-separated word is a clause (a
phrase, if it has several terms, like ``don't``), and so is every "quoted text"; a ``*`` at the end
of either makes the last term a prefix. Nothing in it is ever an operator of the engine.

A text is indexed in passages, so that a book in one message is found and no engine's limit is met: a passage has
at most `PASSAGE` characters and the same term at most `REPEATS` times. A query matches within a passage; each
begins with the last terms of the one before it, so no phrase is cut in two.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from hansard.errors import InvalidInput

PASSAGE = 32_000
"""Characters, with a blank after each term: at most 16,000 terms, of which PostgreSQL knows the places of 16,383."""
REPEATS = 255
"""PostgreSQL keeps 256 places of a term and forgets the others."""
MAX_CLAUSES = 16
MAX_CLAUSE_TERMS = 32
MAX_TERM = 64
"""Longer words (Base64, hashes) are cut to this many characters, in texts and in queries alike."""

_CJK_CHARACTERS = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3041-\u309f\u30a1-\u30ff"
    "\u3105-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff"
    "\uf900-\ufaff\U0001aff0-\U0001b16f\U00020000-\U000323af"
)
_CJK = re.compile(rf"[{_CJK_CHARACTERS}]+")
_ASCII = {code: chr(code) if chr(code).isalnum() else " " for code in range(128)}
_DECORATED = re.compile(
    "([\u0000-\u058f])[\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0]+"
)
_CLAUSE = re.compile(r'"([^"]*)(?:"|$)(\*?)|([^\s"]+)')
_RUN = re.compile(r"\S+")


class _Separators(dict[int, int]):
    """For `str.translate`: letters, marks and digits stay, every other character becomes a blank."""

    def __missing__(self, code: int) -> int:
        kept = unicodedata.category(chr(code))[0] in "LMN"
        self[code] = code if kept else 0x20
        return self[code]


_SEPARATORS = _Separators()


@dataclass(frozen=True, slots=True)
class Clause:
    """Terms that must follow each other; with `prefix`, the last one may go on."""

    terms: tuple[str, ...]
    prefix: bool = False


def fold(text: str) -> str:
    """The form in which texts are compared: NFKC, case folded, without decoration."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = _DECORATED.sub(r"\1", unicodedata.normalize("NFD", folded))
    return unicodedata.normalize("NFKC", bare)


def terms(text: str) -> list[str]:
    """The terms of a text, in order."""
    if text.isascii():
        return _cut(text.lower().translate(_ASCII).split())
    folded = fold(text.translate(_SEPARATORS)).translate(_SEPARATORS)
    found: list[str] = []
    for word in folded.split():
        if word.isascii() or not _CJK.search(word):
            found.append(word)
        else:
            found.extend(_mixed(word))
    return _cut(found)


def _cut(words: list[str]) -> list[str]:
    if words and max(map(len, words)) > MAX_TERM:
        return [word[:MAX_TERM] for word in words]
    return words


def _mixed(word: str) -> list[str]:
    """A word with Chinese, Japanese or Korean characters in it."""
    found: list[str] = []
    position = 0
    for run in _CJK.finditer(word):
        if run.start() > position:
            found.append(word[position : run.start()])
        characters = run.group()
        found.extend(characters[i : i + 2] for i in range(len(characters)))
        position = run.end()
    if position < len(word):
        found.append(word[position:])
    return found


@lru_cache(maxsize=4096)
def owner_mark(tenant: str, owner: str) -> str:
    """What precedes an owner's terms in an index, so that a search costs what the owner's rows cost.

    Marks are short; should two owners share one, the condition on the row still tells them apart.
    """
    digest = hashlib.sha256(f"{tenant}\0{owner}".encode()).digest()
    return base64.b32encode(digest[:5])[:4].decode().lower() + "~"


def place_mark(place: str | None) -> str:
    """The term that says where a text is, such as in which conversation, or that it is nowhere."""
    return "~" + (place or "").replace("-", "")


def passages(text: str) -> list[list[str]]:
    """The terms of each passage of a text; none for a text without terms."""
    found = terms(text)
    if len(found) <= REPEATS:
        return [found] if found else []
    short = sum(map(len, found)) + len(found) < PASSAGE
    if short and max(Counter(found).values()) <= REPEATS:
        return [found]
    return list(_passages(found))


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
    """What a search asks for; an empty list matches nothing. Raises InvalidInput when it is too long."""
    found: list[Clause] = []
    for quoted, star, word in _CLAUSE.findall(query):
        clause = _clause(quoted or word.rstrip("*"), bool(star) or word.endswith("*"))
        if clause is not None:
            found.append(clause)
    if len(found) > MAX_CLAUSES or any(len(c.terms) > MAX_CLAUSE_TERMS for c in found):
        raise InvalidInput(
            f"A search has at most {MAX_CLAUSES} words or phrases of {MAX_CLAUSE_TERMS} words.",
            pointer="/q",
        )
    return found


def _clause(text: str, prefix: bool) -> Clause | None:
    words = terms(text)
    if not words:
        return None
    if _CJK.fullmatch(words[-1]):
        if len(words) > 1 and len(words[-2]) == 2 and words[-2][1] == words[-1]:
            return Clause(tuple(words[:-1]))
        return Clause(tuple(words), prefix=True)
    return Clause(tuple(words), prefix)


def matches(clause: Clause, words: list[str]) -> bool:
    """Whether the terms of a passage contain the clause: the meaning that engines are held to."""
    size = len(clause.terms)
    *fixed, last = clause.terms
    return any(
        words[i : i + size - 1] == fixed
        and (words[i + size - 1].startswith(last) if clause.prefix else words[i + size - 1] == last)
        for i in range(len(words) - size + 1)
    )


def spans(query: list[Clause], text: str) -> list[tuple[int, int]]:
    """Where the query's terms occur in a text: start and end of each, in characters, merged."""
    whole = {term for clause in query for term in clause.terms}
    starts = tuple(clause.terms[-1] for clause in query if clause.prefix)
    found: list[tuple[int, int]] = []
    for run in _RUN.finditer(text.translate(_SEPARATORS)):
        for start, end, term in _located(run.group(), run.start()):
            if term in whole or (starts and term.startswith(starts)):
                if found and start <= found[-1][1]:
                    found[-1] = (found[-1][0], max(end, found[-1][1]))
                else:
                    found.append((start, end))
    return found


def _located(run: str, offset: int) -> list[tuple[int, int, str]]:
    """The terms of a run of letters with their places; a word is one place, CJK goes by character."""
    if run.isascii() or not _CJK.search(run):
        return [(offset, offset + len(run), term) for term in terms(run)]
    located: list[tuple[int, int, str]] = []
    position = 0
    for cjk in [*_CJK.finditer(run), None]:
        end = cjk.start() if cjk else len(run)
        located.extend((offset + position, offset + end, term) for term in terms(run[position:end]))
        if cjk:
            characters = cjk.group()
            located.extend(
                (offset + end + i, offset + end + min(i + 2, len(characters)), term)
                for i in range(len(characters))
                for term in terms(characters[i : i + 2])[:1]
            )
            position = cjk.end()
    return located
