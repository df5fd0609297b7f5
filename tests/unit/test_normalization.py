"""Normal forms of whatever text, in time that grows as the text does."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansard import normalization
from hansard.detection.artifacts import find
from hansard.normalization import MAX_MARKS, Form, normalize, normalize_whole, stream_safe
from hansard.search.alphabets import CURRENT, Places
from hansard.search.tokenizer import clauses, fold, located, passages, spans, terms
from hansard.services.runs import titles
from hansard.services.search import excerpt
from unit.cost import ALLOWED, HOSTILE, growth

FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")
MARKS = "\u0301\u0316\u0344\u0f71\u0f73\uff9e\u05b4\u0651"
crowds = st.text(st.sampled_from(MARKS + "aé東\u034f"), max_size=90)
QUERY = clauses('a* "b c" 東京 กรุง')


def rows(text: str) -> int:
    """The most marks in a row when the text is decomposed."""
    most = row = 0
    for character in unicodedata.normalize("NFKD", text):  # noqa: TID251 - short
        row = row + 1 if unicodedata.combining(character) else 0
        most = max(most, row)
    return most


@given(crowds)
def test_no_more_than_thirty_marks_follow_each_other(text: str) -> None:
    assert rows(stream_safe(text)) <= MAX_MARKS
    assert stream_safe(text).replace("\u034f", "") == text.replace("\u034f", "")


@given(st.text() | crowds)
def test_what_has_no_more_marks_is_normalized_as_ever(text: str) -> None:
    if rows(text) <= MAX_MARKS:
        for form in FORMS:
            assert normalize(form, text) == unicodedata.normalize(form, text)  # noqa: TID251


def test_every_character_that_becomes_a_mark_counts_as_one() -> None:
    for code in range(sys.maxunicode + 1):
        decomposed = unicodedata.normalize("NFKD", chr(code))  # noqa: TID251
        if unicodedata.combining(decomposed[0]):
            assert rows(stream_safe(chr(code) * (MAX_MARKS + 3))) <= MAX_MARKS, hex(code)


def _normalize(text: str) -> None:
    for form in FORMS:
        normalize(form, text)


COSTS: dict[str, Callable[[str], Any]] = {
    "normalize": _normalize,
    "normalize as before": lambda text: normalize_whole("NFKC", text),
    "fold": fold,
    "terms": terms,
    "passages": passages,
    "spans": lambda text: spans(QUERY, text),
    "excerpt": lambda text: excerpt(text, QUERY),
    "find": lambda text: find(f'<artifact title="x">\nab\n</artifact>\n{text}\n```py\n{text}\n```'),
    "title": titles.from_text,
}


@pytest.mark.parametrize("name", COSTS)
def test_the_cost_grows_as_the_text_does(name: str) -> None:
    for pattern in HOSTILE:
        assert growth(COSTS[name], pattern) < ALLOWED, f"{pattern!r}"


def test_the_test_above_notices_a_cost_that_grows_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalization, "stream_safe", str)
    assert growth(_normalize, "\u0301\u0316", 600) > ALLOWED


# Terms that a text has in pieces, and as a whole


@given(
    st.text(max_size=300)
    | crowds
    | st.text(st.sampled_from("ｶﾞกิ東👍🏽\u200d\u1112\u1161\u11abaé\u0301½ﷺ "), max_size=50)
)
def test_marks_are_made_of_the_terms_that_the_index_has(text: str) -> None:
    for run in re.findall(r"\S+", text.translate(Places())):
        assert [place[2] for place in located(run)] == terms(run)


@given(st.text() | st.lists(st.sampled_from(MARKS + "aé東"), max_size=90).map("".join))
def test_what_was_indexed_before_is_normalized_as_it_was(text: str) -> None:
    for form in FORMS:
        assert normalize_whole(form, text) == unicodedata.normalize(form, text)  # noqa: TID251


@given(
    st.text(st.sampled_from("aé\u0301東ｶﾞ\u1112\u1161\u11ab ก"), min_size=1, max_size=40),
    st.integers(1, 40),
)
def test_a_text_is_folded_in_pieces_as_it_is_as_a_whole(text: str, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hansard.search.tokenizer.SLICE", size)
        assert terms(text * 3) == terms_of_whole(text * 3)


def terms_of_whole(text: str) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hansard.search.tokenizer.SLICE", len(text) + 1)
        return terms(text)


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("กรุงเทพ", "ฉันอยากไปกรุงเทพพรุ่งนี้", "กรุงเทพ"),
        ("ພາສາ", "ຂ້ອຍເວົ້າພາສາລາວ", "ພາສາ"),
        ("ភាសា", "ខ្ញុំរៀនភាសាខ្មែរ", "ភាសា"),
        ("မြန်မာ", "ကျွန်တော်မြန်မာစကားပြောတယ်", "မြန်မာ"),
        ("ཡིག", "བོད་ཡིག་སློབ", "ཡིག"),
        ("zusammenarbeit", "gute Zusam\u00admen\u00adarbeit!", "Zusam\u00admen\u00adarbeit"),
        ("zerobreak", "a zero\u200bbreak b", "zero\u200bbreak"),
        ("میخواهم", "من می\u200cخواهم", "می\u200cخواهم"),
        ("محمد", "قال مُحَمَّدٌ ذلك", "مُحَمَّدٌ"),
        ("مُحَمَّد", "قال محـــمد ذلك", "محـــمد"),
        ("שלום", "אמר שָׁלוֹם לו", "שָׁלוֹם"),
        ("42", "عدد ٤٢ هنا", "٤٢"),
        ("duong", "một đường dài", "đường"),
        ("ore lodz", "en øre", "øre"),
        ("aether", "det Æther", "Æther"),
        ("🦉", "an owl🦉!", "🦉"),
        ("👍", "yes 👍🏽", "👍🏽"),
        ("ガギ", "ｶﾞｷﾞ", "ｶﾞｷﾞ"),
    ],
)
def test_words_are_found_however_they_are_written_and_marked_where_they_are(
    query: str, text: str, marked: str
) -> None:
    assert [text[a:b] for a, b in spans(clauses(query), text)] == [marked]


def test_a_sentence_without_blanks_may_be_asked_for() -> None:
    sentence = "ฉันอยากไปกรุงเทพพรุ่งนี้" * 4
    assert [sentence[a:b] for a, b in spans(clauses(sentence), sentence)] == [sentence]
    assert CURRENT.unspaced.fullmatch(sentence)
