"""Complete documents: texts that are usable as they are, such as a page, a drawing, a component or a table.

Completeness is decided by cheap patterns in one pass; only JSON and CSV are parsed. No group in the patterns is
possessive, because Python before 3.11.5 handles those incorrectly.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import msgspec

from hansard.model.artifacts import ArtifactType

_LEAD = re.compile(
    r"\s*+(?:<!--(?:[^-]|-(?!->))*-->\s*+|<\?[^>]*+>\s*+|<!doctype\s++svg[^>]*+>\s*+)*",
    re.IGNORECASE,
)
_SVG = re.compile(r"<svg[\s>]", re.IGNORECASE)
_JSX = re.compile(r"(?:\breturn|=>)\s*+\(?+\s*+<(?:[A-Za-z]|>)")
_COMPONENT = re.compile(r"\bexport\s++default\b|\b(?:function|const|class)\s++[A-Z]")
_DIAGRAM = re.compile(r"(?:\s*+(?:%%[^\n]*+\n|---\n(?:(?!---)[^\n]*+\n)*---\n))*\s*+([\w-]++)")
_DIAGRAMS = {
    "architecture-beta", "block", "block-beta", "c4component", "c4container", "c4context", "c4deployment",
    "c4dynamic", "classdiagram", "classdiagram-v2", "erdiagram", "flowchart", "flowchart-elk", "gantt", "gitgraph",
    "graph", "journey", "kanban", "mindmap", "packet", "packet-beta", "pie", "quadrantchart", "radar-beta",
    "requirementdiagram", "sankey", "sankey-beta", "sequencediagram", "statediagram", "statediagram-v2", "timeline",
    "treemap-beta", "xychart", "xychart-beta", "zenuml",
}  # fmt: skip
_EVIDENT_DIAGRAM = re.compile(
    r"\s*+(?:(?:sequence|class|state|er)Diagram\b|gitGraph\b|(?:graph|flowchart)\s++(?:TB|TD|BT|RL|LR)\b)"
)
_HEADING = re.compile(r"\s*+#{1,6}[ \t]++\S[^\n]*+\n\s*+\S")
_EVIDENT_MARKDOWN = re.compile(r"# [^\n]++\n\n(?:[^\n]*+\n)*?## ")


def _is_html(content: str) -> bool:
    start = _LEAD.match(content)
    head = content[start.end() if start else 0 :].lower()
    if not re.match(r"<(?:!doctype\s++html|html)[\s>]", head):
        return False
    return "</html" in head or (head.startswith("<!") and "<html" not in head)


def _is_svg(content: str) -> bool:
    start = _LEAD.match(content)
    head = content[start.end() if start else 0 :].rstrip().lower()
    return bool(_SVG.match(head)) and head.endswith("</svg>") and _is_one_root(head)


def _is_one_root(svg: str) -> bool:
    depth = 0
    for match in re.finditer(r"<(/?)svg(?=[\s>/])[^<>]*+>", svg):
        depth += 0 if match[0].endswith("/>") else -1 if match[1] else 1
        if depth <= 0:
            return match.end() == len(svg)
    return False


def _is_react(content: str) -> bool:
    closes = "</" in content or "/>" in content
    return closes and bool(_COMPONENT.search(content)) and bool(_JSX.search(content))


def _is_mermaid(content: str) -> bool:
    match = _DIAGRAM.match(content)
    return match is not None and match[1].lower() in _DIAGRAMS


def _is_json(content: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(content), dict | list)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False


def _is_csv(content: str) -> bool:
    return any(_is_table(content, delimiter) for delimiter in ",;\t")


def _is_table(content: str, delimiter: str) -> bool:
    try:
        rows = [len(row) for row in csv.reader(io.StringIO(content), delimiter=delimiter) if row]
    except csv.Error:
        return False
    return len(rows) >= 2 and rows[0] >= 2 and len(set(rows)) == 1


def _is_markdown(content: str) -> bool:
    return _HEADING.match(content) is not None


_Document = tuple[ArtifactType, str, Callable[[str], bool]]
_HTML: _Document = ("html", "html", _is_html)
_DRAWING: _Document = ("svg", "svg", _is_svg)
_MARKUP = (_HTML, _DRAWING)
_DOCUMENTS: dict[str, tuple[_Document, ...]] = {
    "html": _MARKUP,
    "xml": _MARKUP,
    "svg": (_DRAWING,),
    "jsx": (("react", "jsx", _is_react),),
    "tsx": (("react", "tsx", _is_react),),
    "javascript": (("react", "jsx", _is_react),),
    "typescript": (("react", "tsx", _is_react),),
    "mermaid": (("mermaid", "mermaid", _is_mermaid),),
    "csv": (("csv", "csv", _is_csv),),
    "tsv": (("csv", "tsv", _is_csv),),
    "json": (("json", "json", _is_json),),
    "markdown": (("markdown", "markdown", _is_markdown),),
    "": (
        *_MARKUP,
        ("json", "json", _is_json),
        ("mermaid", "mermaid", lambda content: _EVIDENT_DIAGRAM.match(content) is not None),
        ("markdown", "markdown", lambda content: _EVIDENT_MARKDOWN.match(content) is not None),
        ("react", "jsx", _is_react),
    ),
}


def document_in(language: str, content: str) -> tuple[ArtifactType, str] | None:
    """Return the type and language of a complete document in a language, or None; without a language, ""."""
    for document_type, document_language, is_complete in _DOCUMENTS.get(language, ()):
        if is_complete(content):
            return document_type, document_language
    return None
