"""The treatment of single characters in search, and of scripts that are written without spaces.

`CURRENT` is used for indexing and for queries; `FIRST` is the tokenizer before the migration `reindex_search`. SQLite
needs the terms of a row to remove it from an index, so `FIRST` stays for rows that are not reindexed yet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from hansard.normalization import Form, normalize, normalize_whole

Normalize = Callable[[Form, str], str]

ASCII = {code: chr(code) if chr(code).isalnum() else " " for code in range(128)}
EMOJI = (
    "\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001f0ff\U0001f1e6-\U0001f1ff"
    "\U0001f300-\U0001f3fa\U0001f400-\U0001faff"
)
"""Each is a term of its own; enclosed digits and letters are not, they are the digits and letters."""
INNER = r"\W\u0640\u1160-\u11ff\ud7b0-\ud7ff\uff9e\uff9f"
"""Characters that may combine with the one before: marks, parts of Korean syllables, and those that are removed."""

COMBINES = "\0"
"""Stands for a character whose form depends on those around it; folding leaves none of it."""
_ACCENTED = re.compile("[\u0080-\u024f\u2000-\u206f]+")

_CJK = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3041-\u309f\u30a1-\u30ff"
    "\u3105-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff"
    "\uf900-\ufaff\U0001aff0-\U0001b16f\U00020000-\U000323af"
)
_SOUTH_EAST = (
    "\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u109f\u1780-\u17d3\u17d7\u17dc-\u17dd\u1950-\u19df"
    "\u1a20-\u1a7f\u1b00-\u1b4c\ua980-\ua9c0\ua9e0-\ua9fe\uaa60-\uaa7f\ua000-\ua4cf"
)
"""Thai, Lao, Burmese, Khmer, Tai, Balinese, Javanese, Yi; Tibetan has a sign after each syllable."""
_VANISHING = re.compile(
    "[\u034f\u0640\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef\U0001f3fb-\U0001f3ff"
    # Vowel signs and accents of Hebrew and Arabic, which are rarely written.
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u0652\u0656-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08ca-\u08e1\u08e3-\u08ff]"
)
_EMOJI = re.compile(f"[{EMOJI}]")
_BASE = re.compile(r"LATIN SMALL LETTER (?:DOTLESS )?([A-Z])(?: WITH .*)?")
_BASES = {"æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}

_MARK = "[\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0]"
_DECORATION = re.compile(f"{_MARK}(?<=[\u0000-\u058f].){_MARK}*")
"""Begins with the mark and looks back: few characters are marks, so most of a text is skipped at once."""


class Characters(dict[int, str | None]):
    """For `str.translate`: letters, marks and digits get their simplest form, some signs are removed, others
    separate.
    """

    def __missing__(self, code: int) -> str | None:
        self[code] = plain = _plainest(chr(code))
        return plain


class _Separators(dict[int, str | None]):
    """The first version: letters, marks and digits stay unchanged, all other characters separate."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        self[code] = kept = character if unicodedata.category(character)[0] in "LMN" else " "
        return kept


class Places(dict[int, str]):
    """For `str.translate`: a space for separators, and one character for each other character."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = kept = " " if _plainest(character) == " " else character
        return kept


class Alphabet(NamedTuple):
    characters: dict[int, str | None]
    unspaced: re.Pattern[str]
    """Of these, each character begins a term of two."""
    normalize: Normalize = normalize
    alone: dict[int, str] | None = None
    """The folded form of each character that does not combine with others; `COMBINES` for those that do."""

    def fold(self, text: str) -> str:
        """Return the words of a text separated by spaces; folding a text in slices gives the same result."""
        if self.alone is not None:
            folded = _fold_alone(text, self.alone)
            if COMBINES not in folded:
                return folded
        folded = fold(text.translate(self.characters), self.normalize)
        return folded.translate(self.characters)


class _Alone(dict[int, str]):
    """For `str.translate`: the folded form of a character alone."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        begins = normalize("NFKD", character)[0]
        combines = unicodedata.category(begins)[0] == "M" or "\u1160" <= begins <= "\u11ff"
        is_kept = _plainest(character) not in (None, " ")
        self[code] = COMBINES if combines and is_kept else _fold_fully(character)
        return self[code]


def _fold_alone(text: str, alone: dict[int, str]) -> str:
    """Fold each character alone; only accented letters, if all others are ASCII."""
    plain = _ACCENTED.sub(lambda run: run[0].translate(alone), text)
    return plain.lower().translate(ASCII) if plain.isascii() else text.translate(alone)


def fold(text: str, normalize: Normalize = normalize) -> str:
    """Return the form in which texts are compared: NFKC, case-folded, without accents."""
    if text.isascii():
        return text.lower()
    folded = normalize("NFKC", text).casefold()
    bare = _DECORATION.sub("", normalize("NFD", folded))
    return normalize("NFKC", bare)


def _plainest(character: str) -> str | None:
    """Return a character's form in a term; None if it is removed, a space if it separates terms."""
    category = unicodedata.category(character)
    if category == "Cf" or _VANISHING.match(character):
        return None
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if _EMOJI.match(character):
        return f" {character} " if category == "So" else " "
    if category == "Ll" and not unicodedata.decomposition(character):
        base = _BASE.fullmatch(unicodedata.name(character, ""))
        return base[1].lower() if base else _BASES.get(character, character)
    return character if category[0] in "LMN" else " "


_FULL = Alphabet(Characters(), re.compile(f"[{_CJK}{_SOUTH_EAST}]+"))
_fold_fully = _FULL.fold
CURRENT = _FULL._replace(alone=_Alone())
FIRST = Alphabet(_Separators(), re.compile(f"[{_CJK}]+"), normalize_whole)
