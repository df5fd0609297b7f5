"""Positions of the markers in a text that the block rules look for.

Each kind is found once, in one pass, and looked up by bisection. The meaning of a marker depends on its paragraph: a
tag in inline code or in a comment does not count.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections import defaultdict
from typing import NamedTuple

_MAX_TAG = 4096
"""Characters of an opening tag."""

_TAG = re.compile(r"(?<!\\)(\\*+)<artifact(?=[\s>/])", re.IGNORECASE)
_CLOSING = re.compile(r"</artifact\s*+>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""\s++([a-z_:][\w:.-]*+)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'=<>`]++))?""", re.IGNORECASE
)
_TAG_END = re.compile(r"\s*+(/?)>")
_NAMING = ("identifier", "type", "title")

_HIDING = re.compile(r"(?<!\\)(\\*+)(`++|<!--)")
_BLANK_LINE = re.compile(r"\n[ \t]*+(?=\n)")
_DOCUMENT = re.compile(
    r"(?:<\?xml[^>\n]*+>\s*+)?<(?:(!doctype\s++html|html)|svg)(?=[\s>])", re.IGNORECASE
)
_LINE_END = re.compile(r"[ \t]*+(?:\n|\Z)")
_HTML_END = re.compile(r"</html\s*+>", re.IGNORECASE)
_REASONING = re.compile(r"<(/?)(think|thinking|antthinking)>", re.IGNORECASE)
_SVG = re.compile(r"<(/?)svg(?=[\s>/])[^<>]*+>", re.IGNORECASE)


class Tag(NamedTuple):
    """An opening tag: its attributes and its end."""

    attributes: dict[str, str]
    end: int


class Marks:
    """The positions of markers in a text."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tags = [m.start() + len(m[1]) for m in _TAG.finditer(source) if len(m[1]) % 2 == 0]
        self.closings = [m.span() for m in _CLOSING.finditer(source)] if self.tags else []
        self._pages = [m.end() for m in _HTML_END.finditer(source)]
        self._drawings = _drawings(source)
        self._thoughts = [(m.start(), m[1], m.end()) for m in _REASONING.finditer(source)]
        self.quoting = False
        """Whether a block quote is being read."""
        self._accepted: set[int] = set()
        self._blank = [m.start() for m in _BLANK_LINE.finditer(source)] if self.tags else []
        self._hiding, self._ends = _hiding(source) if self.tags else ([], {})
        self._seen = (-1, 0)
        """A paragraph, and the position up to which it has no inline code or comment."""

    def element(self, paragraph: int, start: int, end: int, limit: int) -> tuple[int, Tag] | None:
        """Return the first opening tag in a range with its position; its element must end before `limit`."""
        for i in range(bisect_left(self.tags, start), bisect_left(self.tags, end)):
            tag = self.tags[i]
            if tag not in self._accepted and self._hidden(paragraph, tag):
                continue
            opening = self._opening(tag)
            if opening is None or not self._has_end(start, tag, opening, limit):
                continue
            self._accepted.add(tag)
            return tag, opening
        return None

    def closing(self, start: int, limit: int) -> tuple[int, int] | None:
        """Return the range of the next closing tag, or None."""
        i = bisect_left(self.closings, (start, 0))
        return self.closings[i] if i < len(self.closings) and self.closings[i][1] <= limit else None

    def document(self, start: int, limit: int) -> int | None:
        """Return the end of the HTML or SVG document that begins at `start` and ends a line, or None."""
        match = _DOCUMENT.match(self.source, start)
        if match is None:
            return None
        i = bisect_left(self._pages, match.end())
        page = self._pages[i] if match[1] and i < len(self._pages) else None
        end = page or self._drawings.get(match.end() - len("<svg"))
        if end is None or end > limit or not _LINE_END.match(self.source, end):
            return None
        return end

    def reasoning(self, start: int, limit: int) -> int | None:
        """Return the end of the reasoning that begins at `start`; it may be unclosed only at the start of the text."""
        i = bisect_left(self._thoughts, (start, ""))
        if i == len(self._thoughts) or self._thoughts[i][:2] != (start, ""):
            return None
        if i + 1 < len(self._thoughts) and self._thoughts[i + 1][1]:
            return min(self._thoughts[i + 1][2], limit)
        return limit if not self.source[:start].strip() else None

    def _has_end(self, start: int, tag: int, opening: Tag, limit: int) -> bool:
        """Return whether an element is closed or cut off; within a sentence it must be closed before the next one."""
        before = self.source[max(start, tag - _MAX_TAG) : tag]
        if not before.strip() or _LINE_END.match(self.source, opening.end):
            return True
        closing = self.closing(opening.end, limit)
        following = bisect_left(self.tags, opening.end)
        if closing is None or following == len(self.tags):
            return closing is not None
        return closing[0] < self.tags[following]

    def _opening(self, tag: int) -> Tag | None:
        """Return the tag if an attribute names an artifact: XML can have elements with this name too."""
        limit = tag + _MAX_TAG
        position = tag + len("<artifact")
        attributes: dict[str, str] = {}
        while match := _ATTRIBUTE.match(self.source, position, limit):
            value = match[2] or ""
            bare = value[1:-1] if value[:1] in {'"', "'"} else value
            attributes.setdefault(match[1].lower(), html.unescape(bare).strip())
            position = match.end()
        end = _TAG_END.match(self.source, position, limit)
        if end is None or end[1] or not any(attributes.get(name) for name in _NAMING):
            return None
        return Tag(attributes, end.end())

    def _hidden(self, paragraph: int, tag: int) -> bool:
        """Return whether a tag is in inline code or a comment of the paragraph that begins at `paragraph`."""
        known, seen = self._seen
        position = seen if known == paragraph and seen < tag else paragraph
        i = bisect_left(self._hiding, (position, ""))
        while i < len(self._hiding) and self._hiding[i][0] < tag:
            start, mark = self._hiding[i]
            self._seen = (paragraph, start)
            end = self._end(start + len(mark), mark)
            if end > tag:
                return True
            i = bisect_left(self._hiding, (max(end, start + len(mark)), ""))
        return False

    def _end(self, start: int, mark: str) -> int:
        """Return the end of the inline code or comment whose text begins at `start`; 0 if it has none.

        A blank line ends a paragraph, and so inline code, but not a comment.
        """
        comment = mark == "<!--"
        i = bisect_left(self._blank, start)
        limit = self._blank[i] if i < len(self._blank) and not comment else len(self.source)
        ends = self._ends.get(mark, [])
        i = bisect_left(ends, start + min(len(mark), len("-->")))
        exists = i < len(ends) and ends[i] <= limit
        return ends[i] if exists else limit * comment


def _hiding(source: str) -> tuple[list[tuple[int, str]], dict[str, list[int]]]:
    """Return the beginnings of inline code and comments, and the possible ends of each kind."""
    begins: list[tuple[int, str]] = []
    ends: dict[str, list[int]] = defaultdict(list)
    for match in _HIDING.finditer(source):
        escapes, mark = match.groups()
        start, escaped = match.start(2), len(escapes) % 2
        if mark[0] == "`":
            ends[mark].append(match.end())
            mark = mark[escaped:]
        elif escaped:
            continue
        if mark:
            begins.append((start + escaped, mark))
    ends["<!--"] = [match.end() for match in re.finditer("-->", source)]
    return begins, ends


def _drawings(source: str) -> dict[int, int]:
    """Return the end of each SVG element by its beginning."""
    ends: dict[int, int] = {}
    starts: list[int] = []
    for match in _SVG.finditer(source):
        if match[0].endswith("/>"):
            continue
        if not match[1]:
            starts.append(match.start())
        elif starts:
            ends[starts.pop()] = match.end()
    return ends
