"""Values that do not have the declared type: the error, with a JSON pointer."""

from __future__ import annotations

import re

import msgspec

from hansard.errors import InvalidInput

_WHERE = re.compile(r" - at `\$(.*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[\.\.\.\]")
_FIELD = re.compile(r"(?:unknown|required) field `(.*)`$")


def invalid(error: msgspec.ValidationError) -> InvalidInput:
    """Convert msgspec's error, whose message ends with the path of the invalid value."""
    text = str(error)
    where = _WHERE.search(text)
    message = text[: where.start()] if where else text
    steps = _STEP.finditer(where[1]) if where else ()
    path = [step[1] or step[2] for step in steps if step[1] or step[2]]
    if field := _FIELD.search(message):
        path.append(field[1])
    pointer = "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path)
    return InvalidInput(f"{message}.", pointer=pointer)
