"""Titles and file names of artifacts: from themselves, from a file name, or from the text before them.

A word is a file name only if its extension is known: "app.py" and "Dockerfile" are names, "example.com", "Node.js" and
"3.11" are not.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hansard.detection.blocks import Block
from hansard.detection.classify import Kind
from hansard.detection.languages import display_name, is_known, language_of_file

MAX_TITLE = 200
_MAX_NAME = 255
_MAX_DESCRIPTION = 500
_MAX_SENTENCE = 80
_MAX_INFO = 1000
_HEAD = 20_000
"""Characters of a content that are searched for a name."""

_PAIR = re.compile(r"""(?<![\w-])([\w-]++)\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s,}"']++)""")
_LABEL = re.compile(r"[A-Za-z][\w+#.-]*+")
_PATH = re.compile(r"[\w@.+()\[\]$~/\\-]++")
_PRODUCTS = re.compile(
    r"(?:alpine|angular|backbone|chart|d3|ember|express|next|node|nuxt|p5|react|solid|three|vue)\.js"
)
_NUMBER = re.compile(r"#?\d{1,3}[.):]?")
_FILLER_WORDS = {
    "a", "and", "as", "called", "create", "file", "file:", "filename", "filename:", "it", "named", "new", "path",
    "save", "script", "step", "the", "this", "to", "write",
}  # fmt: skip
_PREAMBLE = re.compile(r"\s*+(?:#![^\n]*+|<[!?][a-z][^>\n]*+>|['\"]use \w++['\"];?)", re.IGNORECASE)
_COMMENT = re.compile(
    r"""\s*+(\#|//|/\*\*?+|--|<!--|;|%|\"{3})[ \t]*+(?:file(?:name)?:[ \t]*+)?([\w@.+()\[\]$~/\\-]++)"""
    r"""[ \t]*+(?:$|\*/|-->|\"{3}|[-–—(:])""",
    re.IGNORECASE | re.MULTILINE,
)
_TAGS_ONLY = {"html", "markdown", "svg", "xml"}
_NO_HASHES = {
    "c", "cpp", "csharp", "css", "dart", "go", "java", "javascript", "json", "jsx", "kotlin", "rust", "scss", "sql",
    "swift", "tsx", "typescript",
}  # fmt: skip

_TITLE = re.compile(r"<title\b[^<>]*+>([^<]*+)</title", re.IGNORECASE)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]++(\S[^\n]*+)", re.MULTILINE)
_COMPONENT = re.compile(
    r"\bexport\s++default\s++(?:async\s++)?(?:function\s++|class\s++)?([A-Z]\w*+)"
)
_SYMBOL = re.compile(
    r"^[ \t]*+(?:(?:abstract|async|data|declare|default|export|final|internal|open|override|partial|private|protected"
    r"|pub|public|sealed|static|unsafe|virtual)[ \t]++)*"
    r"(?:(?:class|def|defmodule|enum|fn|fun|func|function|interface|module|object|record|struct|trait|type)[ \t]++"
    r"(?:\([^()\n]{0,100}+\)[ \t]*+)?([A-Za-z_$][\w$]*+)"
    r"(?=[ \t]*+(?:[({:<;=\[]|$|(?:do|extends|implements|interface|struct|where)\b))"
    r"|(?:const|let|var)[ \t]++([A-Za-z_$][\w$]*+)[^=\n]{0,200}+=[ \t]*+(?:async[ \t]*+)?"
    r"(?:function\b|class\b|\([^()\n]{0,200}+\)[^=\n]{0,80}+=>|[\w$]++[ \t]*+=>)"
    r"|(?i:create[ \t]++(?:or[ \t]++replace[ \t]++)?(?:function|procedure|table|trigger|view)[ \t]++"
    r"(?:if[ \t]++not[ \t]++exists[ \t]++)?[`\"\[]?+([\w.]++)))",
    re.MULTILINE,
)
_GENERIC_NAMES = {"__init__", "constructor", "init", "main", "setup"}
_SENTENCES = re.compile(r"(?<=[.!?])\s++|(?<=[。！？])")


class Label(NamedTuple):
    """The content of the info line of a fence."""

    language: str = ""
    file_name: str | None = None
    title: str = ""


class Above(NamedTuple):
    """The context of a block: the nearest heading that is not a file name, and the two blocks before it."""

    heading: Block | None = None
    second: Block | None = None
    last: Block | None = None

    def followed_by(self, block: Block) -> Above:
        heads = block.kind == "heading" and not _named_file(block.plain)
        return Above(block if heads else self.heading, self.last, block)

    def file_name(self) -> str | None:
        """Return the file name in the line before the block, or None."""
        if self.last is None or self.last.kind not in {"heading", "text"}:
            return None
        return _named_file(self.last.plain.rpartition("\n")[2])

    def sentence(self) -> str:
        """Return the sentence that introduces the block: the last one before it that is not just a file name."""
        for block in (self.last, self.second):
            if block is None or block.kind not in {"heading", "text"} or _is_table(block):
                return ""
            lines = block.plain.split("\n")
            lines = lines[:-1] if _named_file(lines[-1]) else lines
            if lines and block.kind == "heading":
                return ""
            if lines:
                sentences = _SENTENCES.split(" ".join(lines).rstrip())
                last = next(filter(None, reversed(sentences)), "")
                return _one_line(last, _MAX_DESCRIPTION).rstrip(":： ")
        return ""


def label_of(info: str) -> Label:
    """Such as ``python app.py``, ``js:src/app.js``, ``python title="app.py"`` or ``{.python file=app.py}``."""
    info = info.strip()[:_MAX_INFO]
    attributes = {key.lower(): value.strip("\"'") for key, value in _PAIR.findall(info)}
    first, *words = re.sub(r"[{},]", " ", _PAIR.sub(" ", info)).split() or [""]
    language, colon, path = first.lstrip(".").removeprefix("language-").partition(":")
    names = [path] if colon and is_file(path) else []
    if is_file(language) and not is_known(language):
        language, names = "", [first]
    names += [
        attributes.pop(key)
        for key in ("file", "filename", "filepath", "path")
        if attributes.get(key)
    ]
    titles = [attributes[key] for key in ("title", "name") if attributes.get(key)]
    files = names + [word for word in (*titles, *words) if is_file(word)]
    return Label(
        language=language.lower() if _LABEL.fullmatch(language) else "",
        file_name=_one_line(files[0], _MAX_NAME) if files else None,
        title=next((title for title in titles if not is_file(title)), ""),
    )


def is_file(word: str) -> bool:
    return (
        len(word) <= _MAX_NAME
        and _PATH.fullmatch(word) is not None
        and language_of_file(word) is not None
        and not _PRODUCTS.fullmatch(word.lower())
    )


def file_in(content: str, language: str) -> str | None:
    """Return the file name in the first comment of a content, if at most a preamble precedes it, or None."""
    preamble = _PREAMBLE.match(content, 0, _MAX_INFO)
    for start in (0, preamble.end() if preamble else 0):
        match = _COMMENT.match(content, start, start + _MAX_INFO)
        if match and is_file(match[2]):
            only_tags, no_hash = language in _TAGS_ONLY, language in _NO_HASHES
            if not (only_tags and match[1] != "<!--") and not (no_hash and match[1] == "#"):
                return match[2]
    return None


def title_of(explicit: str, file_name: str | None, kind: Kind, content: str, above: Above) -> str:
    """Return the first non-empty candidate for a title; never empty."""
    heading = above.heading.plain if above.heading else ""
    candidates = (
        lambda: explicit,
        lambda: file_name or "",
        lambda: _own_name(kind, content[:_HEAD]),
        lambda: heading,
        lambda: _cut(above.sentence()),
    )
    titles = (_one_line(candidate(), MAX_TITLE) for candidate in candidates)
    return next(filter(None, titles), display_name(kind.language or kind.type))


def _own_name(kind: Kind, content: str) -> str:
    if kind.type in {"html", "svg"}:
        match = _TITLE.search(content)
        return match[1] if match else ""
    if kind.type == "markdown":
        match = _HEADING.search(content)
        return Block("heading", 0, 0, match[1].rstrip("# \t")).plain if match else ""
    if kind.type not in {"code", "react"}:
        return ""
    match = _COMPONENT.search(content) if kind.language in {"jsx", "tsx"} else None
    if match:
        return match[1]
    names = (next(filter(None, match.groups())) for match in _SYMBOL.finditer(content))
    return next((name for name in names if name not in _GENERIC_NAMES), "")


def _is_table(block: Block) -> bool:
    return block.content.startswith("|")


def _named_file(line: str) -> str | None:
    """Return the file that a line names if it has nothing else, as ``app.py:`` or ``2. File: src/app.py (new)``."""
    for i, word in enumerate(words := line.split()[:12]):
        bare = word.strip(",:\"'")
        if is_file(bare):
            rest = words[i + 1 : i + 2]
            return bare if not rest or rest[0][0] in "-–—(:" else None
        if word.lower() not in _FILLER_WORDS and not _NUMBER.fullmatch(word):
            return None
    return None


def _cut(sentence: str) -> str:
    if len(sentence) <= _MAX_SENTENCE:
        return sentence
    head = sentence[:_MAX_SENTENCE]
    return (head.rpartition(" ")[0] or head).rstrip(" ,;:-–—") + "…"


def _one_line(text: str, limit: int) -> str:
    line = " ".join(text[: 4 * limit].split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
