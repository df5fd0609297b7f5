"""Templates: what is refused when they are stored, what they print, and what stops them."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hansard.context import template_engine
from hansard.context.template_tags import MAX_BLANKS, MAX_BRACKETS, MAX_TAG
from hansard.context.templates import check_template, render
from hansard.context.variables import RESERVED, check_variables
from hansard.errors import EmptyInput, HansardError, InvalidInput, TooLarge
from hansard.model.prompts import Variable

VARIABLES = (
    Variable("topic", required=True),
    Variable("count", type="number", default=3),
    Variable("short", type="boolean"),
    Variable("words", type="list"),
)
TEA = {"topic": "tea", "words": ["a", "b"]}


def rendered(body: str, **more: Any) -> str:
    return render(body, VARIABLES, TEA | more)


def refused(body: str, **more: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as told:
        rendered(body, **more)
    assert told.value.pointer == "/body"
    return told.value


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Write {{ count }} lines on {{ topic | upcase }}.", "Write 3 lines on TEA."),
        ("{% if short %}Be short.{% endif %}", ""),
        ("{% unless short %}Be long.{% endunless %}", "Be long."),
        ("{% for word in words %}{{ forloop.index }}{{ word }}{% endfor %}", "1a2b"),
        ("{% for i in (1..3) %}{{ i }}{% else %}none{% endfor %}", "123"),
        ("{% for i in (1..9) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}", "12"),
        ("{{ words | join: ', ' }}, {{ words.size }}, {{ words | uniq | reverse }}", "a, b, 2, ba"),
        ("{% case count %}{% when 1, 2 %}few{% when 3 %}three{% endcase %}", "three"),
        ("{% capture x %}<{{ topic }}>{% endcapture %}{{ x }}{{ x | escape }}", "<tea>&lt;tea&gt;"),
        ("{% assign x = 'a' %}{{ x | append: topic }}", "atea"),
        ("{% liquid\n  assign x = count | plus: 1\n  echo x\n%}", "4"),
        ("{% raw %}{{ topic }}{% endraw %}{% comment %}{{ topic }}{% endcomment %}", "{{ topic }}"),
        ("{% raw %}{{ {% {% endraw %}{{ topic }}", "{{ {% tea"),
        ("{{ short }}{{ short | default: 'unset' }}", "unset"),
        ("{% if words contains 'b' and count > 2 %}yes{% endif %}", "yes"),
        ("{{ topic -}} \n x", "teax"),
    ],
)
def test_a_template_is_rendered(body: str, text: str) -> None:
    assert check_template(body, VARIABLES) == body
    assert rendered(body) == text


@pytest.mark.parametrize("text", ["{{ topic -}}x\n", "{% assign x = 1 -%}\n\ntea\n"])
def test_a_line_end_at_the_end_stays(text: str) -> None:
    assert rendered(text).endswith("\n")


def test_booleans_and_numbers_are_printed_as_json_writes_them() -> None:
    assert rendered("{{ short }} {{ count }}", short=True, count=-2.5) == "true -2.5"


@given(st.text(alphabet=st.characters(exclude_characters="{\0", exclude_categories=["Cs"])))
@example("a\r\nb\rc\n\n")
@example(" }} %} \n")
def test_a_text_without_tags_is_printed_verbatim(text: str) -> None:
    body = f"{text}."
    assert render(body, (), {}) == body
    assert render(f".{text}", (), {}) == f".{text}"


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
@example("{{ count }}{% break %}")
@example("a\r\nb\r")
@example("{% endraw %}-}}")
def test_a_value_is_printed_verbatim_and_never_read_as_a_template(value: str) -> None:
    assert rendered("{{ topic }}", topic=value) == value
    assert rendered("{% capture x %}{{ topic }}{% endcapture %}{{ x }}", topic=value) == value
    assert rendered("{{ words }}", words=[value, "|", value]) == f"{value}|{value}"
    assert rendered("<{{ topic }}>", topic=value) == f"<{value}>"


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)


@given(NAMES | st.sampled_from(["partial", "now", "today", "template", "size", "raw", *RESERVED]))
def test_every_name_that_is_allowed_has_its_value(name: str) -> None:
    variable = Variable(name)
    try:
        check_variables([variable])
    except InvalidInput:
        assert name in RESERVED
        return
    body = f"{{{{ {name} }}}}{{% if {name} == 'tea' %}}!{{% endif %}}"
    assert render(body, [variable], {name: "tea"}) == "tea!"


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_reserved_word_would_not_have_its_value(word: str) -> None:
    try:
        text = render(f"{{{{ {word} }}}}", [Variable(word)], {word: "tea"})
    except InvalidInput:
        return
    assert text != "tea"


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        ("\n{{ tpoic }}", 2, r"'tpoic'.*count, short, topic, words"),
        ("{% if a.b %}{% endif %}", 1, "'a'"),
        ("{{ x }}{% assign x = 1 %}", 1, "'x'"),
        ("{% for x in words %}{% endfor %}\n{{ x }}", 2, "'x'"),
        ("{{ forloop.index }}", 1, "forloop"),
        ("{{ [topic] }}", 1, "topic"),
        ("{{ now }}", 1, "'now'"),
        ("\n\n{{ topic | shout }}", 3, "'shout'"),
        ("{{ topic | date: '%Y' }}", 1, "'date'"),
        ("{% include 'x' %}", 1, "include"),
        ("{% render 'x' %}", 1, "render"),
        ("{% import 'x' %}", 1, "import"),
        ("\n{% layout 'x' %}", 2, "layout"),
        ("a\n{% if topic %}\nb", 3, "endif"),
        ("a\n\n{% endif %}", 3, "endif"),
        ("a\n{{ topic", 2, "}}"),
        ("a\n{% if topic", 2, "%}"),
        ("a\n{{ - }}", 2, "printed"),
        ("a\n{% ! %}", 2, "must follow"),
        ("a\n{% raw %}", 2, "endraw"),
        ("a\n{% doc %}\n", 2, "enddoc"),
        ("\n{{ topic | }}", 2, "expected"),
        ("\n{{ topic count }}", 2, "expected"),
        ("{% assign x = (1..3) %}", 1, "looped"),
        ("{% if (1..3) contains topic %}{% endif %}", 1, "looped"),
        ("{{ topic | append: (1..3) }}", 1, "looped"),
        ("{% for i in (1..words[(1..2)]) %}{% endfor %}", 1, "."),
        ("{% if " + "topic and " * 900 + "topic %}{% endif %}", 1, "recursion|nested"),
    ],
)
def test_an_invalid_template_is_refused_with_its_line(body: str, line: int, reason: str) -> None:
    with pytest.raises(InvalidInput, match=rf"(?s)^Line {line}: .*{reason}") as told:
        check_template(body, VARIABLES, "/steps/0/body")
    assert told.value.pointer == "/steps/0/body"
    assert told.value.details == {"line": line}
    with pytest.raises(InvalidInput, match=rf"^Line {line}: "):
        rendered(body)


@pytest.mark.parametrize("body", ["", " \n"])
def test_a_blank_template_is_refused(body: str) -> None:
    with pytest.raises(EmptyInput) as told:
        check_template(body, ())
    assert told.value.pointer == "/body"


def test_the_length_and_the_characters_of_a_template_are_checked() -> None:
    assert check_template("x" * 100_000, ())
    with pytest.raises(TooLarge):
        check_template("x" * 100_001, ())
    for body in ("\0", "\ud800", 1):
        with pytest.raises(InvalidInput):
            check_template(body, ())  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        ("a\n{{ count | divided_by: 0 }}", 2, "divide"),
        ("a\n\n{% for x in words %}\n{{ words | compact: 'k' }}{% endfor %}", 4, "'k'"),
        ("\n{{ '1e999' | ceil }}", 2, "ceil"),
        ("\n{{ words[7] }}", 2, "index"),
        ("\n{{ topic.length }}", 2, "topic"),
        ("{% if short %}{% assign x = 1 %}{% endif %}\n{{ x }}", 2, "'x'"),
        ("\n{% break %}\n", 2, "break is not in a loop"),
        ("\n{% for x in words limit: -1 %}{% endfor %}\n\n", 2, "islice"),
        ("\n{% if topic > count %}{% endif %}", 2, "not supported"),
        ("\n{{ topic | append }}", 2, "append"),
        ("\n{{ topic | append: arg: 'x' }}", 2, "append"),
    ],
)
def test_a_template_that_fails_with_its_values_says_where(
    body: str, line: int, reason: str
) -> None:
    error = refused(body)
    assert error.details == {"line": line}
    assert reason in error.message


def test_what_is_wrong_with_a_value_points_to_the_value() -> None:
    with pytest.raises(InvalidInput) as told:
        render("{{ topic }}", VARIABLES, {"topic": 1}, given_pointer="/values")
    assert told.value.pointer == "/values/topic"


def test_a_message_quotes_little_of_a_value() -> None:
    assert (
        len(refused("{{ count | plus: words[0] | compact: topic }}", topic="x" * 9_000).message)
        < 300
    )


STEPS = template_engine.MAX_STEPS
LOOP = "{% for i in (1..1000) %}"
END = "{% endfor %}"


@pytest.mark.parametrize(
    "body",
    [
        LOOP * 2 + END * 2,
        LOOP * 25 + END * 25,
        (LOOP + "{{ i }}" + END) * 40,
        LOOP + "{{ nil }}" * 120 + END,
        LOOP + "{% capture x %}" + "x" * 11_000 + "{% endcapture %}" + END,
        LOOP + ("{% assign x = '" + "x" * 9_000 + "' %}") * 2 + END,
        LOOP + "{{ nil" + " | abs" * 120 + "}}" + END,
        LOOP + "{% capture x %}{{ '" + "%" * 4_000 + "' | url_encode }}{% endcapture %}" + END,
        LOOP + "{% if nil %}" + "{% elsif nil %}" * 120 + "{% endif %}" + END,
        "{% case 1 %}{% when 1,1,1,1,1,1,1,1,1,1 %}" * 6 + "{% endcase %}" * 6,
        LOOP + "{% capture x %}{{ long }}{% endcapture %}" + END,
        LOOP + "{% assign x = long | upcase %}" + END,
        LOOP + "{% if many contains 'y' %}{% endif %}" + END,
        "{% assign x = long | split: '' | uniq %}",
        "{% for i in (1..10000) offset: 9999 %}{% endfor %}" * 100,
        "{% if long == long %}{% endif %}" * 60,
    ],
)
def test_a_template_of_too_many_steps_is_refused(body: str) -> None:
    variables = (Variable("long"), Variable("many", type="list"))
    values = {"long": "x" * 100_000, "many": ["x"] * 1_000}
    with pytest.raises(TooLarge, match=rf"^Line 1: .*{STEPS} steps") as told:
        render(body, variables, values)
    assert told.value.pointer == "/body"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{% for i in (1..10001) %}{% endfor %}", "range"),
        ("{% for i in (0..count) %}{% break %}{% endfor %}", "range"),
        ("{{ topic | append: topic | append: topic | append: topic }}" * 4, "bytes"),
        ("{% capture x %}" + "{{ topic }}" * 12 + "{% endcapture %}", "bytes"),
        ("{{ topic }}" * 12, "bytes"),
        ("{{ count" + " | times: count" * 30 + "}}", "digits"),
        ("{% assign n = count %}" + "{% assign n = n | times: n %}" * 12, "digits"),
    ],
)
def test_what_is_too_large_is_refused_and_named(body: str, reason: str) -> None:
    error = refused(body, topic="x" * 90_000, count=10**39, words=["y"] * 100)
    assert isinstance(error, TooLarge)
    assert reason in error.message


@pytest.mark.parametrize(
    "body",
    [
        "{{ topic | replace: 'x', topic }}",
        "{{ topic | replace: '', topic }}",
        "{{ words | join: topic }}",
    ],
)
def test_what_would_be_too_large_is_not_made_at_all(body: str) -> None:
    values: dict[str, Any] = {"topic": "x" * 4_000, "words": [""] * 1_000}
    rendered("{{ topic | upcase }}", **values)  # what is imported and cached is no part of it
    tracemalloc.start()
    try:
        error = refused(body, **values)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert "a filter must not make more than 1000000 characters" in error.message


def test_a_limit_says_in_which_line_it_was_reached() -> None:
    error = refused("\n" + LOOP * 2 + "\n" + END * 2 + "\n\n")
    assert error.details == {"line": 2}


def test_bytes_are_counted_and_not_characters() -> None:
    assert len(rendered("{{ topic }}" * 5, topic="é" * 100_000).encode()) == 1_000_000
    refused("{{ topic }}" * 5 + ".", topic="é" * 100_000)


def test_a_large_but_honest_template_is_rendered() -> None:
    rows = "{% for word in words %}{% if word != '' %}- {{ word | strip | escape }}\n{% endif %}{% endfor %}"
    text = rendered(rows + "{{ topic }}" * 5, words=["w" * 99] * 1_000, topic="t" * 100_000)
    assert len(text) == 1_000 * 102 + 500_000


@pytest.mark.parametrize(
    "inside",
    [
        "topic" + " " * (MAX_BLANKS + 1),
        "topic | append: '" + "x" * MAX_TAG + "'",
        "topic" + "[topic" * (MAX_BRACKETS + 1) + "]" * (MAX_BRACKETS + 1),
    ],
)
def test_tags_for_which_the_library_takes_long_are_refused(inside: str) -> None:
    assert "a tag must not" in refused(f"{{{{ {inside} }}}}").message
    assert (
        "a tag must not" in refused(f"{{% comment %}}{{% if {inside} %}}{{% endcomment %}}").message
    )


FILTERED = st.builds(
    lambda left, name, args: f"{left} | {name}{': ' if args else ''}{', '.join(args)}",
    st.sampled_from(["topic", "count", "short", "words", "nil", "-1", "'1e9'", "2.5", "x"]),
    st.sampled_from(sorted(template_engine.FILTERS)),
    st.lists(
        st.sampled_from(["topic", "count", "nil", "words", "'a'", "-1", "1.5", "''", "x"]),
        max_size=2,
    ),
)
LEAVES = st.one_of(
    FILTERED.map("{{{{ {} }}}}".format),
    FILTERED.map("{{% assign x = {} %}}".format),
    st.sampled_from([
        "{{ x }}", "{{ i }}", "{% break %}", "{% continue %}", "{% cycle topic, i %}", "{% increment c %}",
        "{{ words.first.size }}", "{% liquid\necho x\nassign i = x %}", "{% else %}", "\n", "{{", "%}",
    ]),
    st.text(max_size=5),
)  # fmt: skip
BLOCKS = st.sampled_from(
    [
        ("{% for i in words %}", "{% endfor %}"),
        ("{% for i in (1..count) reversed %}", "{% endfor %}"),
        ("{% if x == i %}", "{% else %}.{% endif %}"),
        ("{% unless x contains topic %}", "{% endunless %}"),
        ("{% case count %}{% when 50, 50, 50 %}", "{% endcase %}"),
        ("{% capture x %}", "{% endcapture %}"),
        ("{% ifchanged %}", "{% endifchanged %}"),
        ("{% comment %}", "{% endcomment %}"),
        ("{% raw %}", "{% endraw %}"),
    ]
)
TEMPLATES = st.recursive(
    LEAVES,
    lambda inside: st.builds(
        lambda block, parts: block[0] + "".join(parts) + block[1],
        BLOCKS,
        st.lists(inside, max_size=4),
    ),
    max_leaves=12,
)


@given(st.lists(TEMPLATES, min_size=1, max_size=4).map("".join))
def test_any_template_is_rendered_or_refused_within_the_limits(body: str) -> None:
    start = "{% assign x = topic %}{% assign i = 1 %}"
    try:
        text = rendered(start + body, topic="tea" * 20, count=50)
    except HansardError as error:
        told = error.pointer
    else:
        told = "/body"
        assert len(text.encode()) <= template_engine.MAX_OUTPUT
    assert told == "/body"
