"""Variables of a template: what may be declared, what may be given, and what a command line means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansard.context import variables
from hansard.context.variables import check_variables, parse_value, values_of
from hansard.errors import EmptyInput, HansardError, InvalidInput, TooLarge
from hansard.model.prompts import Variable

TONE = Variable("tone", type="choice", choices=("dry", "warm"))
COUNT = Variable("count", type="number", default=3)
TOPIC = Variable("topic", required=True)
SHORT = Variable("short", type="boolean")
WORDS = Variable("words", type="list")
ALL = (TONE, COUNT, TOPIC, SHORT, WORDS)


def test_valid_variables_are_returned_with_lists_as_plain_lists() -> None:
    words = Variable("words", type="list", default=("a", "b"))
    assert check_variables([*ALL[:4], words])[4].default == ["a", "b"]
    assert check_variables(ALL) == ALL
    assert check_variables(()) == ()


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        (Variable(""), "name"),
        (Variable("1a"), "name"),
        (Variable("a-b"), "name"),
        (Variable("größe"), "name"),
        (Variable("a\n"), "name"),
        (Variable("a" * 65), "name"),
        (Variable("nil"), "name"),
        (Variable("topic"), "name"),
        (Variable("x", type="date"), "type"),  # pyright: ignore[reportArgumentType]
        (Variable("x", help="\0"), "help"),
        (Variable("x", help="h" * 1_001), "help"),
        (Variable("x", type="choice"), "choices"),
        (Variable("x", choices=("a",)), "choices"),
        (Variable("x", type="choice", choices=tuple(map(str, range(101)))), "choices"),
        (Variable("x", type="choice", choices=("a", " ")), "choices/1"),
        (Variable("x", type="choice", choices=("a", "b", "a")), "choices/2"),
        (Variable("x", type="choice", choices=("a" * 501,)), "choices/0"),
        (Variable("x", default=1), "default"),
        (Variable("x", type="number", default="1"), "default"),
        (Variable("x", type="number", default=True), "default"),
        (Variable("x", type="number", default=float("nan")), "default"),
        (Variable("x", type="boolean", default=0), "default"),
        (Variable("x", type="choice", choices=("a",), default="b"), "default"),
        (Variable("x", type="list", default="abc"), "default"),
        (Variable("x", type="list", default=["a", 1]), "default/1"),
        (Variable("x", required=True, default="a"), "default"),
    ],
)
def test_what_is_wrong_with_a_variable_is_told_with_its_place(
    wrong: Variable, pointer: str
) -> None:
    with pytest.raises(InvalidInput) as told:
        check_variables([TONE, TOPIC, wrong])
    assert told.value.pointer == f"/variables/2/{pointer}"


def test_the_limits_themselves_are_allowed() -> None:
    many = [Variable(f"v{i}") for i in range(variables.MAX_VARIABLES)]
    assert len(check_variables(many)) == variables.MAX_VARIABLES
    with pytest.raises(TooLarge):
        check_variables([*many, TOPIC])
    choices = tuple(map(str, range(variables.MAX_CHOICES)))
    check_variables([Variable("a" * 64, type="choice", choices=choices, help="h" * 1_000)])


def test_what_is_not_given_has_its_default_or_is_none() -> None:
    assert values_of(ALL, {"topic": "tea"}) == {
        "tone": None,
        "count": 3,
        "topic": "tea",
        "short": None,
        "words": None,
    }


def test_what_is_given_takes_the_place_of_the_default() -> None:
    sent = {"tone": "dry", "count": 0, "topic": "", "short": False, "words": []}
    assert values_of(ALL, sent) == sent


@pytest.mark.parametrize("sent", [{}, {"topic": None}])
def test_a_missing_value_that_is_required_is_named(sent: dict[str, Any]) -> None:
    with pytest.raises(EmptyInput, match="topic") as told:
        values_of(ALL, sent)
    assert told.value.pointer == "/variables/topic"


def test_an_unknown_name_is_named_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match=r"'tpoic'.*count, short, tone, topic, words"):
        values_of(ALL, {"tpoic": "tea"})
    with pytest.raises(InvalidInput, match=r"\\ud800.*none"):
        values_of((), {"\ud800": "tea"})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("topic", 1, "text"),
        ("topic", "a\0", "NUL"),
        ("topic", "\ud800", "surrogate"),
        ("count", "1", "a number"),
        ("count", False, "a number"),
        ("count", float("inf"), "Infinity"),
        ("count", 10**40, "digits"),
        ("short", "true", "true or false"),
        ("short", 1, "true or false"),
        ("tone", "cold", "dry, warm"),
        ("tone", ["dry"], "dry, warm"),
        ("words", "a", "a list of texts"),
        ("words", {"a": 1}, "a list of texts"),
    ],
)
def test_a_value_of_another_type_is_told_what_is_expected(
    name: str, value: Any, expected: str
) -> None:
    with pytest.raises(InvalidInput, match=expected) as told:
        values_of(ALL, {"topic": "tea", name: value})
    assert told.value.pointer == f"/variables/{name}"


def test_long_values_are_refused() -> None:
    assert values_of([TOPIC], {"topic": "x" * 100_000})
    for sent in (
        {"topic": "x" * 100_001},
        {"topic": "", "words": [""] * 1_001},
        {"topic": "", "words": ["x" * 60_000] * 2},
    ):
        with pytest.raises(TooLarge):
            values_of(ALL, sent)
    with pytest.raises(InvalidInput) as told:
        values_of(ALL, [])  # pyright: ignore[reportArgumentType]
    assert told.value.pointer == "/variables"


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        (TOPIC, " a, [b] ", " a, [b] "),
        (TONE, "dry", "dry"),
        (COUNT, " 12 ", 12),
        (COUNT, "-0.5", -0.5),
        (COUNT, "1e3", 1000.0),
        (SHORT, "Yes", True),
        (SHORT, "true", True),
        (SHORT, "no", False),
        (SHORT, " false", False),
        (WORDS, "", []),
        (WORDS, "a, b c,,d ", ["a", "b c", "d"]),
        (WORDS, '["a, b", ""]', ["a, b", ""]),
    ],
)
def test_a_text_from_a_command_line_becomes_a_value(
    variable: Variable, text: str, value: Any
) -> None:
    parsed = parse_value(variable, text)
    assert (parsed, type(parsed)) == (value, type(value))


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        (TOPIC, "a\0"),
        (TONE, "cold"),
        (COUNT, ""),
        (COUNT, "1_000"),
        (COUNT, "٣"),
        (COUNT, "nan"),
        (COUNT, "1e999"),
        (COUNT, "9" * 41),
        (COUNT, "9" * 5_000),
        (SHORT, "1"),
        (WORDS, "[1]"),
        (WORDS, "[a, b]"),
        (WORDS, '["\\u0000"]'),
    ],
)
def test_a_text_that_means_nothing_of_the_type_is_refused(variable: Variable, text: str) -> None:
    with pytest.raises(InvalidInput) as told:
        parse_value(variable, text)
    assert (told.value.pointer or "").startswith(f"/variables/{variable.name}")


@given(st.sampled_from(ALL), st.text(max_size=30))
def test_a_text_becomes_a_valid_value_or_is_refused(variable: Variable, text: str) -> None:
    try:
        value = parse_value(variable, text)
    except HansardError:
        return
    assert values_of(ALL, {"topic": "tea", variable.name: value})[variable.name] == value
