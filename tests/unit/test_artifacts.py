"""The artifacts of an answer: a corpus of answers, what holds for any text, and what a hostile one costs.

A file of the corpus says what it shows, then one line of JSON for each artifact that is expected, then the answer
itself. `content` is a range of the answer's lines, or a text where these are not whole lines.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hansard.detection import artifacts
from hansard.detection.artifacts import DetectionResult, find
from hansard.detection.blocks import Block, blocks
from hansard.detection.markers import Marks
from hansard.detection.simple import simple_blocks

CORPUS = {path.stem: path for path in sorted(Path(__file__).with_name("artifacts").glob("*.md"))}
SEPARATOR = "\n=====\n"
SIZE = 50_000


def answer_of(path: Path) -> tuple[str, list[dict[str, Any]]]:
    """The answer, and its artifacts with what the file leaves out."""
    front, _, answer = path.read_bytes().decode().partition(SEPARATOR)
    lines = answer.splitlines()
    expected: list[dict[str, Any]] = []
    for line in front.split("\n")[1:]:
        said: dict[str, Any] = json.loads(line)
        start, end = said.pop("lines")
        if isinstance(content := said["content"], list):
            said["content"] = "".join(line + "\n" for line in lines[slice(*content)])
        defaults = {"language": "", "description": "", "file_name": None, "closed": True}
        named = {"identifier": said.get("file_name")}
        expected.append(defaults | named | said | {"start": start, "end": end})
    return answer, expected


def as_dict(found: DetectionResult) -> dict[str, Any]:
    return {name: getattr(found, name) for name in found.__struct_fields__}


# The corpus


@pytest.mark.parametrize("name", CORPUS)
def test_the_artifacts_of_an_answer(name: str) -> None:
    answer, expected = answer_of(CORPUS[name])
    assert [as_dict(found) for found in find(answer)] == expected


def test_the_corpus_is_whole() -> None:
    assert len(CORPUS) >= 60
    expected = [artifact for path in CORPUS.values() for artifact in answer_of(path)[1]]
    assert {artifact["type"] for artifact in expected} == {
        "code", "html", "css", "svg", "react", "markdown", "mermaid", "json", "csv", "text", "other",
    }  # fmt: skip
    assert any(not artifact["closed"] for artifact in expected)


@pytest.mark.parametrize("name", CORPUS)
def test_what_is_closed_while_an_answer_streams_stays_or_becomes_part_of_more(name: str) -> None:
    answer, _ = answer_of(CORPUS[name])
    final = find(answer)
    streamed = ""
    for line in answer.splitlines(keepends=True):
        streamed += line
        for found in find(streamed):
            more = any(f.start < found.start < found.end < f.end for f in final)
            assert not found.closed or found in final or more, f"after {line!r}"


# Any text

PIECES = (
    "<artifact>", '<artifact identifier="a" type="code">', "<artifact\n title='t'>", "</artifact>", "```", "````",
    "~~~", "`", "``", "python", " app.py", "title=", "\n", "\n\n", "\r\n", "\r", "\u2028", "    ", "\t", "- ", "1. ",
    "> ", "# ", "===\n", "<svg>", "</svg>\n", "<!doctype html>", "<html>", "</html>\n", "<!--", "-->", "<?xml ?>",
    "<div>\n", "<think>", "</think>", "\\", "**a.py**", "a\n" * 5, "def f(x):\n", "{}", "graph TD\n", "a,b\nc,d\n",
    "é", "漢", "\0", "\ud800",
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=40).map("".join)


@given(texts)
def test_every_text_can_be_read(text: str) -> None:
    lines = text.splitlines()
    places = [(0, 0)]
    for found in find(text):
        assert found.title
        assert found.title.splitlines() == [found.title]
        assert len(found.title) <= 200
        assert found.identifier != ""
        assert "\r" not in found.content
        assert 0 <= found.start < found.end <= len(lines)
        places.append((found.start, found.end))
    assert places == sorted(places), "in the order of the text"


@given(texts)
def test_the_lines_are_those_that_hold_the_content(text: str) -> None:
    for found in find(text):
        held = "\n".join(text.splitlines()[found.start : found.end])
        for word in found.content.split():
            assert word in held


@given(texts)
def test_the_kind_of_line_ends_does_not_matter(text: str) -> None:
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    assert find(unix.replace("\n", "\r\n")) == find(unix) == find(text)


@given(texts)
def test_nothing_is_found_in_a_quote(text: str) -> None:
    lines = text.replace("\r", "\n").split("\n")
    assert find("\n".join(f"> {line}" for line in lines)) == []


@given(texts)
def test_a_document_that_follows_a_closed_text_is_found(text: str) -> None:
    safe = text.translate(dict.fromkeys(map(ord, "<`~")))
    after = "\n\n```json\n[]\n```"
    assert [found.content for found in find(f"{safe}\n\n.{after}")][-1:] == ["[]\n"]


# Simple texts, which are read without the parser

LINES = [
    *(
        "a",
        "Two words:",
        "**Bold** and `code`",
        "*em*",
        "_u_",
        "12 files",
        "1.5 x",
        "`c`",
        "``",
        "é",
        "|a|b|",
        "a  ",
    ),
    *("# H", "## Two ##", "### x#", "#", "#a", "####### z", "# a #b"),
    *(
        "- item",
        "* item",
        "+ item",
        "- ",
        "-",
        "- - x",
        "- # h",
        "- ```",
        "- **b**",
        "+1",
        "-1",
        "--",
    ),
    *("1. one", "2. two", "3) three", "1.", "- 1. n", "1. **b**", "1)", "1234567890. x"),
    *("***", "---", "===", "* * *", "**", "~~~", "> q", "    code", "   a", "\tx", "", "  ", " \t"),
    *("```", "```py", "``` py x", "````", "   ```", "    ```", "```a`b", "x = 1"),
    *("<b>", "a <i> b", "<think>", "</think>", "x\u2028y", "a\\", "[a]: b", "&amp;"),
]
PLAIN_LINES = [line for line in LINES if simple_blocks(line) is not None]
lines = st.lists(st.sampled_from(LINES), max_size=5)
fences = lines.map(lambda inside: "\n".join(["```", *inside, "```"]))
simple_lines = st.lists(st.sampled_from(PLAIN_LINES) | fences, max_size=9)
endings = st.sampled_from(["", "\n", "\n\n", "\n  ", "\n \t\n"])


@given(lines | simple_lines, endings)
def test_a_simple_text_has_the_blocks_of_the_parser(said: list[str], ending: str) -> None:
    text = "\n".join(said) + ending
    simple = simple_blocks(text)
    assert simple is None or simple == list(blocks(text))


@pytest.mark.parametrize(
    "place", ["{}", "a\n{}", "{}\na", "- a\n{}", "1. a\n{}\n\n{}", "```\n{}\na\n```\n"]
)
def test_each_line_has_the_blocks_of_the_parser_wherever_it_is(place: str) -> None:
    for line in LINES:
        text = place.replace("{}", line)
        simple = simple_blocks(text)
        assert simple is None or simple == list(blocks(text))


def test_simple_answers_of_the_corpus_have_the_blocks_of_the_parser() -> None:
    answers = [answer_of(path)[0] for path in CORPUS.values()]
    simple = {answer: found for answer in answers if (found := simple_blocks(answer)) is not None}
    assert len(simple) >= 50
    for answer, found in simple.items():
        assert found == list(blocks(answer))


def test_a_simple_answer_needs_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = "Here it is:\n\n```python app.py\n" + "print(1)\n" * 5 + "```\n\n- It prints.\n"
    [expected] = find(answer)
    monkeypatch.setattr(artifacts, "blocks", None)
    assert find(answer) == [expected]
    assert (expected.file_name, expected.description) == ("app.py", "Here it is")


@given(st.text(" ab.,;:-#>+=~|(){}'\"/1\t\n\xa0é", max_size=30))
def test_a_text_without_markup_is_itself(text: str) -> None:
    [inline] = MarkdownIt("commonmark").parseInline(text)
    kept = ("\n" if t.type.endswith("break") else t.content for t in inline.children or ())
    assert Block("text", 0, 1, text).plain == "".join(kept).strip()


# Hostile texts

HOSTILE = {
    "open tags": "<artifact ",
    "open elements": '<artifact type="a">',
    "mentions": "a <artifact type=a> b\n",
    "mentions in inline code": "`a`<artifact type=a> b ",
    "mentions with open code": "`<artifact type=a> b\n",
    "mentions after comments": "x <!-- --> <artifact type=a> b\n",
    "open quotes": "<artifact a='",
    "attributes": "<artifact" + " a=b" * 200,
    "elements": "<artifact type=a>x</artifact>",
    "elements in lines": "a ` <artifact type=a>x</artifact> b\n",
    "elements in quotes": "> a\nb <artifact type=a>x c\n",
    "elements in lists": "- a <artifact type=a> b\n",
    "elements in html": "<div>\nx <artifact type=a> b\n",
    "backticks": "`",
    "lines of backticks": "`\n",
    "fences": "```\n",
    "open fences in lists": "- ```\n",
    "documents": "```json\n{}\n```\n",
    "long headings": "# " + "a*b_" * 240 + "\n```json\n{}\n```\n",
    "long info": "```" + "a=" * 500 + "-" * 500 + "\n",
    "deep quotes": ">",
    "lines of deep quotes": "> " * 30 + "\n",
    "deep lists": "- ",
    "lines of deep lists": "- " * 30 + "\n",
    "lists": "- a\n",
    "open drawings": "<svg>\n",
    "open drawings in lists": "- <svg>\n",
    "open pages": "<html>\n",
    "page ends": "<html>\n</html> x\n",
    "declarations": "<?xml\n",
    "comments": "<!-- \n",
    "reasoning": "a\n<think>\n",
    "backslashes": "\\`",
    "brackets": "[\n",
    "blank lines": "\n",
    "blanks": " ",
}
BEGINNINGS = {
    "lazy quote": (">" * 30 + "a\n", "b\n"),
    "heading": ("# " + "a " * 500 + "\n", "```json\n{}\n```\n"),
}
FENCED = {
    "csv": '"', "json": "[", "html": "<!---->", "svg": "<svg>", "jsx": "export default => return (\n",
    "python": "class ", "js": "const a\n\n", "markdown": "# \n", "mermaid": "%%\n---\n", "text": "├ ", "": "a.b-",
    "ts": "((",
}  # fmt: skip


def hostile(name: str, size: int) -> str:
    """A text of that size that would make a careless reader slow; all have something to be found at the end."""
    begin, piece = BEGINNINGS.get(name) or ("", HOSTILE.get(name, ""))
    if name.startswith("fence of "):
        label = name.removeprefix("fence of ")
        begin, piece = f"```{label}\n", FENCED[label]
    return begin + piece * (size // len(piece)) + "\n\n<artifact type=a>b</artifact>\n<svg>\n</svg>"


NAMES = [*HOSTILE, *BEGINNINGS, *(f"fence of {label}" for label in FENCED)]


def calls(text: str) -> int:
    """How many functions are called to find the artifacts of a text."""
    count = 0

    def counted(_frame: FrameType, event: str, _value: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(counted)
    try:
        find(text)
    finally:
        sys.setprofile(None)
    return count


def is_linear(make: Callable[[int], str]) -> bool:
    """Whether twice the text takes no more than about twice the calls."""
    return calls(make(16_000)) <= 2.3 * calls(make(8_000)) + 500


@pytest.mark.parametrize("name", NAMES)
def test_the_work_grows_with_the_length_of_the_text(name: str) -> None:
    assert is_linear(lambda size: hostile(name, size))


def test_work_that_grows_faster_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def search(self: Marks, start: int, limit: int) -> tuple[int, int] | None:
        return min((c for c in self.closings if c[0] >= start and c[1] <= limit), default=None)

    monkeypatch.setattr(Marks, "closing", search)
    assert not is_linear(lambda size: hostile("elements", size))


def seconds(text: str) -> float:
    """Of this process: what others do at the same time does not count."""
    started = time.process_time()
    find(text)
    return time.process_time() - started


def test_a_hostile_text_costs_little_more_than_an_ordinary_one() -> None:
    answers = "\n\n".join(answer_of(path)[0] for path in CORPUS.values() if "cut" not in path.stem)
    ordinary = seconds((answers * (SIZE // len(answers) + 1))[:SIZE])
    spent = {name: seconds(hostile(name, SIZE)) for name in NAMES}
    assert max(spent.values()) < 100 * ordinary, max(spent, key=lambda name: spent[name])


def test_deep_nesting_hides_nothing_that_follows() -> None:
    for deep in ("- " * 500, "> " * 500, "- > " * 300, "1. - " * 300):
        [found] = find(f"{deep}deep\n\nnot deep\n\n```json\n[1]\n```\n")
        assert found.content == "[1]\n"
