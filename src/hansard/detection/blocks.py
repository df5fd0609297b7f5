"""The blocks of an answer: the text parsed as CommonMark, with additional rules.
 ``<artifact …>…</artifact>`` is a block, at the start of a line or within one, and its content is not parsed; neither
is that of a complete HTML or SVG document, including blank lines. Text between ``<think>`` and ``</think>`` and block
quotes contain no artifacts, so quotes are parsed only one level deep.

Rules do not search the text but ask `Marks`, so the cost is linear in the length of any text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, cast

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, html_block
from markdown_it.token import Token

from hansard.detection.markers import Marks

MAX_DEPTH = 40
"""Levels of nesting, two per list; deeper lines are text."""
_EXCERPT = 1000
_MARKUP = re.compile(r"[\\`*_\[\]!<&\0]")
"""What a text contains if it is more than lines."""
_BREAK = re.compile(r" *+\n[ \t]*+")
_VERBATIM = re.compile(r"<(?:[!?]|(?:script|pre|style|textarea)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Block:
    """The lines from `start` to before `end`, as counted by `str.splitlines`."""

    kind: Literal["fence", "element", "document", "heading", "text", "other"]
    start: int
    end: int
    content: str = ""
    info: str = ""
    """The text after the opening fence."""
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    """The attributes of an element."""
    closed: bool = True

    @cached_property
    def plain(self) -> str:
        """The end of a heading or text without Markdown; line breaks are kept."""
        excerpt = self.content[-_EXCERPT:]
        if not _MARKUP.search(excerpt):
            return _BREAK.sub("\n", excerpt).strip()
        [inline] = _INLINE.parseInline(excerpt)
        kept = (_PLAIN.get(t.type, t.content) for t in inline.children or ())
        return "".join(kept).strip()


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks outside of quotes, in order; the blocks of a list are yielded separately."""
    source = text.replace("\r\n", "\n").replace("\r", "\n")
    tokens: list[Token] = []
    _MARKDOWN.block.parse(source, _MARKDOWN, {"marks": Marks(source)}, tokens)
    lines = _lines(text)
    last = source.rstrip().count("\n")
    quoted = 0
    for i, token in enumerate(tokens):
        if not quoted and token.type in _KINDS and token.map is not None:
            start, end = token.map
            yield Block(
                kind="heading" if tokens[i - 1].type == "heading_open" else _KINDS[token.type],
                start=lines[start],
                end=lines[end],
                content=token.content,
                info=token.info,
                attributes=cast("dict[str, str]", token.meta.get("attributes", {})),
                closed=end <= last or _closed(token),
            )
        if token.type in {"blockquote_open", "blockquote_close"}:
            quoted += token.nesting


def _lines(text: str) -> list[int]:
    """Return the `str.splitlines` number of each Markdown line; `splitlines` recognizes more line ends."""
    numbers = [0]
    pieces = text.splitlines(keepends=True)
    numbers += [i for i, piece in enumerate(pieces, start=1) if piece[-1] in "\r\n"]
    if numbers[-1] != len(pieces):
        numbers.append(len(pieces))
    return numbers


def _closed(token: Token) -> bool:
    """Return whether a block at the end of the text has its own end."""
    if token.type != "fence":
        return cast("bool", token.meta.get("closed", True))
    start, end = token.map or (0, 0)
    inside = token.content.count("\n") + (token.content[-1:] not in {"", "\n"})
    return end - start - inside == 2


def _marks(state: StateBlock) -> Marks:
    return cast("Marks", state.env["marks"])


def _begin(state: StateBlock, line: int) -> int:
    return state.bMarks[line] + state.tShift[line]


def _element(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """The rule for elements, and for other text on the lines of their tags."""
    if state.is_code_block(line):
        return False
    marks, limit = _marks(state), state.eMarks[end_line - 1]
    position, last = _begin(state, line), line
    paragraph = _begin(state, state.line) if silent else position
    match = marks.element(paragraph, position, state.eMarks[line], limit)
    if match is None or silent:
        return match is not None
    while match is not None:
        tag, opening = match
        _text(state, position, tag, last)
        closing = marks.closing(opening.end, limit)
        inside, position = closing or (limit + 1, limit)
        first, last = last, bisect_left(state.eMarks, position)
        token = state.push("element", "", 0)
        token.map = [first, last + 1]
        token.content = _content(marks.source[opening.end : inside], state.blkIndent)
        token.meta = {"attributes": opening.attributes, "closed": closing is not None}
        match = marks.element(position, position, state.eMarks[last], limit)
    _text(state, position, state.eMarks[last], last)
    state.line = last + 1
    return True


def _content(raw: str, indent: int) -> str:
    """Return the text between two tags, as whole lines if the tags are on lines of their own."""
    first, newline, rest = raw.partition("\n")
    body = rest if newline and not first.strip() else raw
    head, newline, last = body.rpartition("\n")
    body = head + newline if not last.strip() else body
    return re.sub(rf"^ {{1,{indent}}}", "", body, flags=re.MULTILINE) if indent else body


def _text(state: StateBlock, start: int, end: int, line: int) -> None:
    """Add text before or after an element as a paragraph."""
    content = state.src[start:end].strip()
    if content:
        state.push("paragraph_open", "p", 1).map = [line, line + 1]
        token = state.push("inline", "", 0)
        token.map, token.content, token.children = [line, line + 1], content, []
        state.push("paragraph_close", "p", -1)


def _document(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """The rule for HTML and SVG documents in the text."""
    if state.is_code_block(line):
        return False
    start = _begin(state, line)
    end = _marks(state).document(start, state.eMarks[end_line - 1])
    if end is None or silent:
        return end is not None
    state.line = bisect_left(state.eMarks, end) + 1
    token = state.push("document", "", 0)
    token.map = [line, state.line]
    token.content = _content(state.src[start:end] + "\n", state.blkIndent)
    return True


def _reasoning(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """The rule for the reasoning of a model before its answer."""
    if state.is_code_block(line):
        return False
    end = _marks(state).reasoning(_begin(state, line), state.eMarks[end_line - 1])
    if end is None or silent:
        return end is not None
    state.line = bisect_left(state.eMarks, end) + 1
    state.push("reasoning", "", 0).map = [line, state.line]
    return True


def _html(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """The rule for other HTML: an element ends it, unless its content is not HTML."""
    if not html_block(state, line, end_line, silent):
        return False
    if not silent and not _VERBATIM.match(state.src, _begin(state, line)):
        token, state.line = state.tokens[-1], line
        _, end = token.map or (line, line + 1)
        inner = (i for i in range(line + 1, end) if _element(state, i, end_line, silent=True))
        state.line = next(inner, end)
        token.map = [line, state.line]
    return True


def _quote(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """The rule for block quotes: a nested one is text, since neither contains artifacts."""
    marks = _marks(state)
    if silent:
        return blockquote(state, line, end_line, silent)
    if marks.quoting:
        return False
    marks.quoting = True
    try:
        return blockquote(state, line, end_line, silent)
    finally:
        marks.quoting = False


def _deep(state: StateBlock, line: int, _end_line: int, silent: bool) -> bool:
    """The rule for deep nesting: treat the line as text, so that following text is not lost."""
    if silent or state.level < MAX_DEPTH:
        return False
    _text(state, _begin(state, line), state.eMarks[line], line)
    state.line = line + 1
    return True


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"maxNesting": MAX_DEPTH + 10})
    rules = markdown.block.ruler
    rules.disable("reference")  # link definitions are treated as text
    rules.before("code", "deep", _deep)
    rules.at("blockquote", _quote, {"alt": ["paragraph", "blockquote", "list"]})
    rules.before("html_block", "reasoning", _reasoning, {"alt": ["paragraph", "blockquote"]})
    rules.before("html_block", "element", _element, {"alt": ["paragraph", "blockquote"]})
    rules.before("html_block", "document", _document, {"alt": ["paragraph", "blockquote"]})
    rules.at("html_block", _html, {"alt": ["paragraph", "blockquote"]})
    return markdown


_KINDS: dict[str, Literal["fence", "element", "document", "text", "other"]] = {
    "fence": "fence",
    "element": "element",
    "document": "document",
    "inline": "text",
    "html_block": "other",
    "reasoning": "other",
    "code_block": "other",
    "hr": "other",
    "blockquote_open": "other",
}
_PLAIN = {"softbreak": "\n", "hardbreak": "\n", "html_inline": ""}
_MARKDOWN = _markdown()
_INLINE = MarkdownIt("commonmark")
