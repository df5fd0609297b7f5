"""The normaliser of search: what is the same to a reader is the same to it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansard.errors import InvalidInput
from hansard.normalization import normalize
from hansard.search import alphabets, tokenizer
from hansard.search.tokenizer import (
    MAX_CLAUSE_TERMS,
    MAX_CLAUSES,
    MAX_TERM,
    PASSAGE,
    REPEATS,
    Clause,
    clauses,
    fold,
    matches,
    owner_mark,
    passages,
    place_mark,
    spans,
    terms,
)

WORDS = (
    "Sleep", "naïve", "Straße", "don't", "東京都", "ラーメン", "한국어", "हिन्दी", "ﬁre", "İstanbul",
    "Ωμέγα", "café-bar", "foo_bar", "١٢", "½", "v2東京v3", "ไทย", "ｗｉｄｅ", "🦉", "京", "ﷲ",
)  # fmt: skip
said = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where do I sleep?", ["where", "do", "i", "sleep"]),
        ("NAÏVE Straße Ωμέγα ёлка", ["naive", "strasse", "ωμεγα", "елка"]),
        ("e\u0301te\u0301 été", ["ete", "ete"]),
        ("ﬁre ｗｉｄｅ Ⅷ ²", ["fire", "wide", "viii", "2"]),
        ("don't café-bar foo_bar a.b", ["don", "t", "cafe", "bar", "foo", "bar", "a", "b"]),
        ("東京都", ["東京", "京都", "都"]),
        ("v2東京v3", ["v2", "東京", "京", "v3"]),
        ("ラーメン ひ", ["ラー", "ーメ", "メン", "ン", "ひ"]),
        ("한국어", ["한국", "국어", "어"]),
        ("हिन्दी ไทย", ["हिन्दी", "ไท", "ทย", "ย"]),
        ("🦉 — … !?", ["🦉"]),
        ("", []),
        ("x" * 100, ["x" * MAX_TERM]),
    ],
)
def test_the_terms_of_a_text(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(max_codepoint=0x24F)))
def test_neither_case_nor_the_way_of_writing_an_accent_matters(text: str) -> None:
    for other in (text.swapcase(), normalize("NFD", text)):
        if fold(other) == fold(text):
            assert terms(other) == terms(text)
    assert terms(normalize("NFD", text)) == terms(text)


@given(st.text())
def test_terms_have_nothing_in_them_that_an_engine_could_take_for_syntax(text: str) -> None:
    for term in terms(text):
        assert 0 < len(term) <= MAX_TERM
        assert all(unicodedata.category(c)[0] in "LMN" for c in term)


@given(said, st.data())
def test_every_run_of_words_is_found_as_a_phrase(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    [text] = passages(" ".join(words)) or [[]]
    for clause in clauses(f'"{" ".join(words[start:end])}"'):
        assert matches(clause, text)


@given(said)
def test_the_beginning_of_a_word_finds_it(words: list[str]) -> None:
    text = terms(" ".join(words))
    for term in text:
        for clause in clauses(f"{term[:2]}*"):
            assert matches(clause, text)


def test_a_query_is_words_and_phrases_and_never_syntax() -> None:
    assert clauses('sleep* "New York" don\'t') == [
        Clause(("sleep",), prefix=True),
        Clause(("new", "york")),
        Clause(("don", "t")),
    ]
    assert clauses('"new yo"*') == [Clause(("new", "yo"), prefix=True)]
    assert clauses("AND (a OR b) -c") == [Clause((word,)) for word in ("and", "a", "or", "b", "c")]
    assert clauses('"open to the end') == [Clause(("open", "to", "the", "end"))]
    assert clauses('* " "" ?!') == []
    assert clauses("京") == [Clause(("京",), prefix=True)], "a character begins a term of two"
    assert clauses("東京都") == [Clause(("東京", "京都"))]


def test_a_query_has_an_end() -> None:
    assert len(clauses("a " * MAX_CLAUSES)) == MAX_CLAUSES
    for query in ("a " * (MAX_CLAUSES + 1), '"' + "a " * (MAX_CLAUSE_TERMS + 1) + '"'):
        with pytest.raises(InvalidInput) as refused:
            clauses(query)
        assert refused.value.pointer == "/q"


@given(st.text(max_size=60), st.text(max_size=20))
def test_marks_lie_in_the_text_in_order_and_apart(text: str, query: str) -> None:
    found = spans(clauses(query), text) if len(query.split()) <= MAX_CLAUSES else []
    edges = [edge for span in found for edge in span]
    assert edges == sorted(set(edges))
    assert all(0 <= edge <= len(text) for edge in edges)


@given(said, st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), st.sampled_from(["", "*"]))
def test_a_text_that_matches_has_marks_and_no_other_has(
    words: list[str], phrase: list[str], star: str
) -> None:
    text = " ".join(words)
    for clause in clauses(f'"{" ".join(phrase)}"{star}'):
        assert bool(spans([clause], text)) == matches(clause, terms(text))


def test_marks_are_on_the_whole_phrase_and_on_nothing_like_it() -> None:
    text = f"New yorker, new York, York new; NEW-YORKSHIRE {'x' * MAX_TERM}Yz"
    assert _marked('"new york"', text) == ["new", "York"]
    assert _marked('"new york"*', text) == ["New", "yorker", "new", "York", "NEW", "YORKSHIRE"]
    assert _marked("york new*", text) == ["New", "new", "York", "York", "new", "NEW"]
    assert _marked("x" * MAX_TERM, text) == ["x" * MAX_TERM + "Yz"], "words are cut alike"


def _marked(query: str, text: str) -> list[str]:
    return [text[a:b] for a, b in spans(clauses(query), text)]


def test_marks_are_where_the_words_are() -> None:
    text = "Die Größe der 東京都 im Groß"
    assert _marked('große "京都" gro*', text) == ["Größe", "京都", "Groß"]


# Passages

PHRASE = MAX_CLAUSE_TERMS


@pytest.mark.parametrize(
    "text",
    [
        "the tea and the cup " * 4_000,
        "word " * 70_000,
        "東" * 70_000,
        " ".join(map(str, range(40_000))),
        " ".join(chr(c) for c in range(0x4E00, 0x9FFF)),
        "ﷺ" * 3_000,
    ],
    ids=["prose", "one word", "one character", "all different", "characters", "expanding"],
)
def test_a_passage_is_within_what_every_engine_takes(text: str) -> None:
    whole = terms(text)
    found = passages(text)
    assert len(found) > 1
    for words in found:
        assert max(Counter(words).values()) <= REPEATS
        assert len(" ".join(words)) <= PASSAGE
        assert len(words) <= PASSAGE // 2
    joined = found[0] + [word for words in found[1:] for word in words[PHRASE - 1 :]]
    assert joined == whole, "each begins with the end of the one before"
    assert sum(len(words) for words in found) <= 1.2 * len(whole)


def test_no_phrase_is_cut_in_two() -> None:
    words = terms("the tea and the cup, " * 400 + "and one more. " * 100)
    text = " ".join(words)
    held = {
        tuple(passage[i : i + PHRASE])
        for passage in passages(text)
        for i in range(len(passage) - PHRASE + 1)
    }
    for i in range(len(words) - PHRASE + 1):
        assert tuple(words[i : i + PHRASE]) in held


def test_a_short_text_is_one_passage_and_an_empty_one_is_none() -> None:
    assert passages("word " * REPEATS) == [["word"] * REPEATS]
    assert passages("?!") == passages("") == []


def test_marks_of_owners_and_places_are_no_words() -> None:
    assert owner_mark("acme", "ada") != owner_mark("acme", "bob")
    assert owner_mark("acme", "ada") == owner_mark("acme", "ada")
    for mark in (owner_mark("a", "b"), place_mark("01890000-0000-7000-8000-000000000000")):
        assert terms(mark) != [mark]


# The definition of terms

SCRIPTS = (
    "abc XYZ 019 .,-'\t\n", "äöüß éàç ñøłđħ ŒŸ", "абвёй ЖЯ", "ΑΣσς ώϊ", "אבג\u05b8\u05bc", "ابتﷲ\u064b\u0640",
    "कखिी\u093c\u094d", "กขคำ\u0e31\u0e34", "東京都々龍", "かがカｶﾞﾊﾟ\u3099", "한국어ㅎㅏㄴ\u1100\u1161\u11a8",
    "１２Ａ½⅓²",
    "🦉👍\U0001f3fd\u200d❤\ufe0f", "“”…–«»\u00a0\u00ad\u200b\u2028", "\u0301\u0308\u0327\u20d7\u034f", "Ꭰꭰǅﬁİſ",
)  # fmt: skip


def _defined(text: str) -> list[str]:
    """The terms of a text by their definition."""

    def plainest(characters: str) -> str:
        return "".join(alphabets._plainest(character) or "" for character in characters)

    def is_unspaced_letter(letter: str) -> bool:
        return alphabets.CURRENT.unspaced.match(letter) is not None

    result: list[str] = []
    for word in plainest(fold(plainest(text))).split():
        for is_unspaced, letters in groupby(word, is_unspaced_letter):
            run = "".join(letters)
            starts = range(len(run)) if is_unspaced else [0]
            result += [run[start : start + 2] if is_unspaced else run for start in starts]
    return [term[:MAX_TERM] for term in result]


def _mixed(count: int) -> Iterator[str]:
    """Texts of many scripts, in which anything may stand beside anything."""
    random = Random(1)
    for _ in range(count):
        some = random.sample(SCRIPTS, random.randint(1, 3))
        texts = ["".join(random.choices(script, k=random.randint(1, 12))) for script in some * 3]
        random.shuffle(texts)
        yield "".join(texts)


@given(st.text() | st.lists(st.sampled_from("".join(SCRIPTS)), max_size=40).map("".join))
def test_terms_are_as_defined(text: str) -> None:
    assert terms(text) == _defined(text)


def test_terms_of_mixed_scripts_are_as_defined() -> None:
    for text in _mixed(3_000):
        assert terms(text) == _defined(text)


def test_a_character_that_is_folded_apart_from_its_neighbours_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The planted fault: no character combines with others."""
    monkeypatch.setattr(alphabets, "COMBINES", "no such thing")
    alone = alphabets._Alone()
    alone.update({code: alphabets._fold_fully(chr(code)) for code in map(ord, "".join(SCRIPTS))})
    monkeypatch.setattr(tokenizer, "CURRENT", alphabets.CURRENT._replace(alone=alone))
    wrong = [text for text in _mixed(3_000) if terms(text, tokenizer.CURRENT) != _defined(text)]
    assert len(wrong) > 100
