"""What kind of artifact a fence or an element is, if it is one."""

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

LONG = 5
"""Lines from which on a fence is an artifact, complete or not."""

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
_NAMED: dict[str, ArtifactType] = {
    "code": "code",
    "other": "other",
    "react": "react",
    **{kind: kind for kind in _TYPES.values()},
}


class Kind(NamedTuple):
    type: ArtifactType
    language: str
    media_type: str


def of_fence(label: str, content: str, file_name: str | None) -> Kind | None:
    """What a fence is, or None if it is nothing to keep."""
    language = language_of(label)
    if language in _OUTPUTS or _TRANSCRIPT.match(content):
        return None
    if language in {"", "text"} and file_name is not None:
        language = language_of_file(file_name) or language
    document = of_document(language, content)
    if content.strip("\n").count("\n") + 1 < LONG:
        return document if language or (document and document.type in {"html", "svg"}) else None
    return document or _of_code(language, content)


def of_element(named: str, label: str, content: str, file_name: str | None) -> Kind:
    """What an element is, by its `type` (ours, a media type or a language), else by its `language` or content."""
    language = language_of(label) or language_of_file(file_name or "") or ""
    named = named.lower().partition(";")[0].strip()
    kind = _NAMED.get(named.rpartition(".")[2] if "/vnd." in named else named)
    if kind is not None:
        return _kind(kind, language if kind in {"code", "react", "other"} else kind)
    if "/" in named:
        meant = language_of_media(named)
        if meant is None:
            return Kind("other", language, named)
        language = meant
    elif is_known(named):
        language = language_of(named)
    document = of_document(language, content)
    return document or _of_code(language, content) or _kind("text", "text")


def of_document(language: str, content: str) -> Kind | None:
    """The complete document that a text in this language is, if it is one."""
    found = document_in(language, content)
    return _kind(*found) if found else None


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


# Without a label

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
    """Whether half of the lines look like a program's, and one of them could hardly be anything else."""
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
    """Whether it is a tree of files or a box of lines."""
    return sum(any(c in line for c in "├└│┌┐╔║") for line in _some_lines(content)) >= 2


def _some_lines(content: str) -> Iterator[str]:
    lines = (line[:200].rstrip() for line in content.split("\n", 400)[:400])
    return (line for line in lines if line)


def _interpreter(content: str) -> str:
    """The language that the first line asks for, as in ``#!/usr/bin/env python3``."""
    first = content.partition("\n")[0][:200]
    words = first.removeprefix("#!").replace("/", " ").split() if first.startswith("#!") else []
    return language_of(words[-1]) if words and is_known(words[-1]) else ""
