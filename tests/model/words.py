"""What is said and searched for in the model test: few words, so that they meet, in many scripts."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import msgspec
from hypothesis import strategies as st

from hansard.model.parts import Data, Image, Part, Reasoning, Text, ToolCall, ToolResult
from hansard.services.search import SearchFilter

WORDS = (
    "sleep", "Sleeper", "sleeps", "naïve", "naive", "Straße", "STRASSE", "don't", "can’t", "it's",
    "東京都", "東京", "京都", "京", "ラーメン", "한국어", "हिन्दी", "हि", "ﬁre", "fire", "İstanbul",
    "e\u0301te\u0301", "été", "Ωμέγα", "ωμεγα", "café-bar", "foo_bar", "a.b", "x1", "١٢", "½",
    "🦉", "\u200b", "~", "a~b", "\N{COMBINING ACUTE ACCENT}", "und", "AND", "OR", "NEAR", "v2東京v3",
    "Ǆ", "ß", "ſ", "K", "\u1100\u1161", "가", "ｗｉｄｅ", "wide", "لله", "ﷲ", "ไทย", "ก็",
)  # fmt: skip
BAD = ("\0", "\ud800", "x\0y")
BLOB = b"the same picture"
DIGEST = hashlib.sha256(BLOB).hexdigest()

T = TypeVar("T")


def mostly(good: st.SearchStrategy[T], bad: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """The good, and once in about fifteen times the bad."""
    return st.sampled_from((good,) * 14 + (bad,)).flatmap(lambda chosen: chosen)


words = st.sampled_from(WORDS)
texts = st.lists(words, min_size=0, max_size=6).map(" ".join)
odd_texts = mostly(texts, st.sampled_from((*BAD, "word " * 60)))
names = st.sampled_from(("", "Rome", "rome", "ROMÉ", "Straße 1", "strasse 100%", "_", "東京"))
tags = mostly(
    st.lists(st.sampled_from(("red", "grün", "blue's", "red ")), max_size=3),
    st.just([""]),
)
models = mostly(st.sampled_from((None, None, "p/one", "p/two", "other/é")), st.just("nameless"))
options = st.sampled_from(({}, {"temperature": 0.5}, {"stop": [""]}, {"no such": 1}))
json_values: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from((None, True, 0, -1, 2**70, 10**39, 0.1, "", "é", "x")),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(("a", "b~/", "")), inner, max_size=2)
    ),
    max_leaves=4,
)
metadata = st.dictionaries(st.sampled_from(("a", "b")), json_values, max_size=2)

_PHRASE = st.lists(words, min_size=1, max_size=3).map(" ".join)
_COMMON = st.sampled_from(("sleep", "fire", "ete", "東京", "京*", "sl*", '"東京都 fire"'))
_ANY = st.lists(
    st.one_of(
        words,
        words.map(lambda w: f"{w[:2]}*"),
        words.map(lambda w: f"{w}*"),
        _PHRASE.map(lambda p: f'"{p}"'),
        _PHRASE.map(lambda p: f'"{p}"*'),
        st.sampled_from(("*", '"', "-sleep", "terms:sleep", "a AND b", "(", "'", "\\", ":*")),
    ),
    min_size=0,
    max_size=2,
).map(" ".join)
queries = _COMMON | _COMMON | _ANY


def parts(text: str, digest: str) -> st.SearchStrategy[list[Part]]:
    """A message's parts around a text."""
    other: st.SearchStrategy[Part] = st.one_of(
        st.just(Text(text)),
        st.just(Reasoning("hidden thought")),
        json_values.map(lambda value: ToolCall("c1", "look", value)),
        json_values.map(lambda value: ToolResult("c1", value, is_error=True)),
        json_values.map(lambda value: Data(value, name="d")),
        st.just(Image(digest, "image/png")),
    )
    return st.lists(other, max_size=2).map(lambda more: [Text(text), *more])


search_filters = mostly(
    st.sampled_from(
        (
            *(SearchFilter(),) * 6,
            SearchFilter(roles=("assistant",)),
            SearchFilter(roles=("user", "tool")),
            SearchFilter(model="p/one"),
            SearchFilter(archived=True),
            SearchFilter(archived=False),
        )
    ),
    st.just(SearchFilter(model="\0")),
)

_LISTS: tuple[dict[str, Any], ...] = (
    *({},) * 6,
    {"pinned": True},
    {"pinned": False},
    {"archived": False},
    {"archived": True, "pinned": False},
    {"tag": "red"},
    {"tag": "grün", "archived": False},
    {"tag": "r"},
    {"q": "rom"},
    {"q": "ROME", "pinned": True},
    {"q": "strasse"},
    {"q": "%"},
    {"q": ""},
)
list_filters = mostly(st.sampled_from(_LISTS), st.sampled_from(({"tag": "x\0"}, {"q": "\ud800"})))


def with_fields(value: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(value, **{k: v for k, v in fields.items() if v is not None})
