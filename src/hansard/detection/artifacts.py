"""Detection of the artifacts in the text of an answer: what a reader may want to keep, show or edit.

These are artifacts:

- an ``<artifact …>`` element that has an `identifier`, a `type` or a `title`;
- fenced code of five lines or more;
- a complete document of any length: HTML or SVG, in a fence or directly in the text, and React, Mermaid, CSV, JSON
  or Markdown in a fence with that language.

These are not, because they are pasted for reading and not to be kept:

- program output: fences called `console`, `output`, `log`, `diff` and the like, and any that begin with a prompt or a
  traceback;
- `text` that draws a tree or a box; other `text` of five lines or more is a draft, such as a letter;
- a fence without a language, unless its content is evidently HTML, SVG, JSON, Mermaid, Markdown, React or code, or a
  file name determines the language;
- indented code, which is code in CommonMark, but models indent by accident, especially in lists;
- anything in a quote, in inline code, in a comment, in reasoning, or in another artifact;
- an element without content, or one that is opened within a sentence and never closed.

Detection is a pure function with a cost linear in the length of the text.
"""

from __future__ import annotations

import msgspec

from hansard.detection.blocks import Block, blocks
from hansard.detection.classify import Kind, of_document, of_element, of_fence
from hansard.detection.naming import Above, file_in, is_file, label_of, title_of
from hansard.detection.prefilter import is_likely
from hansard.detection.simple import simple_blocks
from hansard.model.artifacts import ArtifactType


class DetectionResult(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact in a text, from line `start` to before line `end` of `str.splitlines`."""

    type: ArtifactType
    language: str
    """In lower case, as written after a fence; "" if unknown."""
    media_type: str
    title: str
    """One line of 1 to 200 characters."""
    description: str
    identifier: str | None
    """Its name within the conversation: the element's identifier, else the file name with its path."""
    file_name: str | None
    content: str
    """Without fence and tags; lines end with a line feed."""
    closed: bool
    """False if the text ends before the artifact does."""
    start: int
    end: int


def find(text: str) -> list[DetectionResult]:
    """Return the artifacts of a text, in order; two may have the same identifier."""
    if not is_likely(text):
        return []
    artifacts: list[DetectionResult] = []
    above = Above()
    simple = simple_blocks(text)
    for block in blocks(text) if simple is None else simple:
        artifact = _artifact(block, above)
        if artifact is not None:
            artifacts.append(artifact)
        above = above.followed_by(block)
    return artifacts


def _artifact(block: Block, above: Above) -> DetectionResult | None:
    if block.kind == "fence":
        label = label_of(block.info)
        name = label.file_name or file_in(block.content, label.language) or above.file_name()
        kind = of_fence(label.language, block.content, name)
        return kind and _result(block, above, kind, name, title=label.title)
    if block.kind == "document":
        kind = of_document("html", block.content)
        return kind and _result(block, above, kind, above.file_name())
    if block.kind == "element" and block.content.strip():
        return _of_element(block, above)
    return None


def _of_element(block: Block, above: Above) -> DetectionResult:
    attributes = block.attributes
    names = (attributes.get(key, "") for key in ("filename", "file", "identifier", "title"))
    name = next(filter(is_file, names), None) or file_in(
        block.content, attributes.get("language", "")
    )
    kind = of_element(
        attributes.get("type", ""), attributes.get("language", ""), block.content, name
    )
    return _result(
        block,
        above,
        kind,
        name,
        title=attributes.get("title", ""),
        description=attributes.get("description", ""),
        identifier=" ".join(attributes.get("identifier", "").split()) or None,
    )


def _result(
    block: Block,
    above: Above,
    kind: Kind,
    file_name: str | None,
    *,
    title: str = "",
    description: str = "",
    identifier: str | None = None,
) -> DetectionResult:
    return DetectionResult(
        type=kind.type,
        language=kind.language,
        media_type=kind.media_type,
        title=title_of(title, file_name, kind, block.content, above),
        description=description or above.sentence(),
        identifier=identifier or file_name,
        file_name=file_name,
        content=block.content,
        closed=block.closed,
        start=block.start,
        end=block.end,
    )
