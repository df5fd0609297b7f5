"""The tags in the text of a template, looked at before the Liquid library parses it.

The expressions with which the library takes a template apart need time that grows with the square of some lengths: of
tags without an end, of blanks in a tag, of brackets. Such templates are refused here, in one pass over the text.
"""

from __future__ import annotations

import re

from hansard.errors import InvalidInput

MAX_TAG = 10_000
"""Characters of one tag."""
MAX_BLANKS = 100
"""Blanks in a row in a tag."""
MAX_BRACKETS = 100
"""Opening brackets in a tag."""

_OPENING = re.compile(r"\{\{|\{%")
_BLANKS = re.compile(rf"\s{{{MAX_BLANKS + 1}}}")
_NAMED = re.compile(r"-?\s*(#|\w)")
_VERBATIM = re.compile(r"-?\s*(raw|doc)\s*-?")
_ENDS = {name: re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}") for name in ("raw", "doc")}


def refusal(body: str, index: int, message: str, pointer: str) -> InvalidInput:
    """Return the error for what is wrong at a character of the template; -1 is the last one."""
    line = body.count("\n", 0, index) + 1
    return InvalidInput(f"Line {line}: {message}", pointer=pointer, line=line)


def check_tags(body: str, pointer: str) -> None:
    """Raises InvalidInput if a tag has no end or no content, or is over a limit."""
    at = 0
    while opening := _OPENING.search(body, at):
        start, at = opening.start(), opening.end()
        closing = "}}" if opening[0] == "{{" else "%}"
        end = body.find(closing, at)
        if end < 0:
            raise refusal(body, start, f"{opening[0]} has no {closing} after it.", pointer)
        fault = _fault(body[at:end], opening[0])
        if fault:
            raise refusal(body, start, fault, pointer)
        verbatim = _VERBATIM.fullmatch(body, at, end) if closing == "%}" else None
        at = end + 2
        if verbatim:
            ending = _ENDS[verbatim[1]].search(body, at)
            if ending is None:
                message = f"{verbatim[1]} has no end{verbatim[1]} after it."
                raise refusal(body, start, message, pointer)
            at = ending.end()


def _fault(content: str, opening: str) -> str | None:
    """Return what is wrong with the content of one tag; None if nothing."""
    if len(content) > MAX_TAG:
        return f"a tag must not exceed {MAX_TAG} characters."
    if _BLANKS.search(content):
        return f"a tag must not have more than {MAX_BLANKS} blanks in a row."
    if content.count("(") + content.count("[") > MAX_BRACKETS:
        return f"a tag must not have more than {MAX_BRACKETS} opening brackets."
    if opening == "{%" and not _NAMED.match(content):
        return "the name of a tag must follow {%."
    if opening == "{{" and not content.strip().strip("-").strip():
        return "what is to be printed must follow {{."
    return None
