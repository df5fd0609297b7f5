"""Classification of fences and elements: which kind of artifact they are, if any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from hansard.detection.documents import document_in
from hansard.detection.languages import (
    is_known,
    language_of,
    language_of_file,
    language_of_media,
    media_type_of,
)
from hansard.model.artifacts import ArtifactType

MIN_LINES = 5
"""Lines from which on any fence with code is an artifact."""

_OUTPUTS = {
    "ansi", "console", "diff", "doctest", "irb", "log", "logs", "output", "patch", "pycon", "shell-session",
    "shellsession", "stderr", "stdout", "terminal", "traceback",
}  # fmt: skip
_TYPES: dict[str, ArtifactType] = {
    "css": "css",
    "csv": "csv",
    "html": "html",
    "json": "json",
    "markdown": "markdown",
    "mermaid": "mermaid",
    "svg": "svg",
    "text": "text",
    "tsv": "csv",
}
_BY_NAME: dict[str, ArtifactType] = {
    "code": "code",
    "other": "other",
    "react": "react",
    **{kind: kind for kind in _TYPES.values()},
}


class Kind(NamedTuple):
    """The type, language and media type of an artifact."""

    type: ArtifactType
    language: str
    media_type: str


def of_fence(label: str, content: str, file_name: str | None) -> Kind | None:
    """Return the kind of a fence, or None if it is not an artifact."""
    language = language_of(label)
    if language in _OUTPUTS or _TRANSCRIPT.match(content):
        return None
    if language in {"", "text"} and file_name is not None:
        language = language_of_file(file_name) or language
    document = of_document(language, content)
    if content.strip("\n").count("\n") + 1 < MIN_LINES:
        return document if language or (document and document.type in {"html", "svg"}) else None
    return document or _of_code(language, content)


def of_element(type_name: str, label: str, content: str, file_name: str | None) -> Kind:
    """Return the kind of an element, by its `type` (ours, a media type or a language), `language` or content."""
    language = language_of(label) or language_of_file(file_name or "") or ""
    type_name = type_name.lower().partition(";")[0].strip()
    kind = _BY_NAME.get(type_name.rpartition(".")[2] if "/vnd." in type_name else type_name)
    if kind is not None:
        return _kind(kind, language if kind in {"code", "react", "other"} else kind)
    if "/" in type_name:
        media_language = language_of_media(type_name)
        if media_language is None:
            return Kind("other", language, type_name)
        language = media_language
    elif is_known(type_name):
        language = language_of(type_name)
    document = of_document(language, content)
    return document or _of_code(language, content) or _kind("text", "text")


def of_document(language: str, content: str) -> Kind | None:
    """Return the kind of a complete document in this language, or None if the text is not complete."""
    document = document_in(language, content)
    return _kind(*document) if document else None


def _of_code(language: str, content: str) -> Kind | None:
    if language == "":
        return _kind("code", _interpreter(content)) if _is_code(content) else None
    if language == "text" and _is_drawn(content):
        return None
    return _kind(_TYPES.get(language, "code"), language)


def _kind(kind: ArtifactType, language: str) -> Kind:
    if kind == "react" and language not in {"jsx", "tsx"}:
        language = "tsx" if language == "typescript" else "jsx"
    return Kind(kind, language, media_type_of(language))


# Fences without a language

_TRANSCRIPT = re.compile(
    r"\s*+(?:\$ |>>> |PS [A-Z]:|[A-Z]:\\[^\n>]*+>|[\w.-]++@[\w.-]++:[^\n$#]*+[$#] |Traceback \(most)"
)
_STRONG = re.compile(
    r"\s*+(?:(?:def|class|function|fn|func|struct|enum|interface|impl|package|namespace|using|module|const|let|var"
    r"|return|import|from|export|public|private|protected|static|async|await|pub|type)\s++[\w{*\"'$.(\[]"
    r"|(?:if|elif|for|while|with|except)\b.*:$|(?:else|try|finally):$|(?:if|for|while|switch|catch)\s*+\("
    r"|(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP)\s++\w|#include\b|#!|@\w++(?:\(|$)"
    r"|</?[A-Za-z][^>]*+>|.*[{};]$)"
)
_WEAK = re.compile(
    r"\s*+(?:[\w.$\[\]\"']++\s*+[+*/|&:-]?=\s|[\w.$]++\(.*\)?,?$|[)\]}]++[,)]*+$|.*[(\[,]$)"
)
_REMARK = re.compile(r"\s*+(?:#|//|/\*|\*|--)")
_ENGLISH = re.compile(r"[A-Z]?[a-z',]++(?: [A-Za-z',-]++){3,}[.:?!]?$")


def _is_code(content: str) -> bool:
    """Return whether half of the lines look like code, and at least one is unambiguous."""
    strong = weak = total = 0
    for line in _some_lines(content):
        if _REMARK.match(line) and not line.startswith("#!"):
            continue
        total += 1
        if _ENGLISH.match(line.strip()):
            continue
        if _STRONG.match(line):
            strong += 1
        elif _WEAK.match(line):
            weak += 1
    return strong > 0 and 2 * (strong + weak) >= total


def _is_drawn(content: str) -> bool:
    """Return whether the text draws a file tree or a box."""
    return sum(any(c in line for c in "├└│┌┐╔║") for line in _some_lines(content)) >= 2


def _some_lines(content: str) -> Iterator[str]:
    lines = (line[:200].rstrip() for line in content.split("\n", 400)[:400])
    return (line for line in lines if line)


def _interpreter(content: str) -> str:
    """Return the language of a shebang line such as ``#!/usr/bin/env python3``, or an empty string."""
    first = content.partition("\n")[0][:200]
    words = first.removeprefix("#!").replace("/", " ").split() if first.startswith("#!") else []
    return language_of(words[-1]) if words and is_known(words[-1]) else ""
