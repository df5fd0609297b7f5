"""What may enter the record, checked once at the door, so that every back end agrees.

Text: no NUL, no lone surrogates (SQLite, PostgreSQL and JSON would each treat them differently). JSON: what
JSON has and nothing else, no NaN or Infinity, not too deep, not too much. Every refusal says where, by JSON
pointer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import msgspec

from hansard.errors import InvalidInput, TooLarge
from hansard.model.parts import Data, Error, Part, Parts, Reasoning, Text, ToolCall, ToolResult

MAX_MESSAGE_BYTES = 1024 * 1024
MAX_PARTS = 1_000
MAX_MESSAGES = 1_000
"""In one append."""
MAX_TITLE = 500
MAX_TEXT = 100_000
"""Characters of instructions and the like."""
MAX_METADATA_BYTES = 64 * 1024
MAX_TAGS = 100
MAX_DEPTH = 64
MAX_NODES = 100_000
MAX_DIGITS = 40

_BAD = re.compile("[\0\ud800-\udfff]")


def check_text(text: str, pointer: str, limit: int = MAX_TEXT) -> str:
    """The text itself; raises InvalidInput or TooLarge."""
    if len(text) > limit:
        raise TooLarge(f"This is longer than {limit} characters.", pointer=pointer)
    if not text.isascii() or "\0" in text:
        bad = _BAD.search(text)
        if bad:
            what = "NUL" if bad.group() == "\0" else "half a surrogate pair"
            raise InvalidInput(
                f"Character {bad.start()} is {what}, which is not text.", pointer=pointer
            )
    return text


def check_json(value: Any, pointer: str, limit: int = MAX_METADATA_BYTES) -> Any:
    """The value in plain lists and dictionaries; raises InvalidInput or TooLarge."""
    return _Json(limit).check(value, pointer, 0)


class _Json:
    """A walk through a value that counts what it meets."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.nodes = 0

    def check(self, value: Any, pointer: str, depth: int) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise InvalidInput(f"JSON may be {MAX_DEPTH} levels deep.", pointer=pointer)
        if self.nodes > MAX_NODES or self.size > self.limit:
            raise TooLarge("This is too much JSON.", pointer=pointer)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            self.size += len(value.encode("utf-8", "surrogatepass"))
            return check_text(value, pointer, self.limit)
        if isinstance(value, int):
            if abs(value) >= 10**MAX_DIGITS:
                raise InvalidInput(f"A number has at most {MAX_DIGITS} digits.", pointer=pointer)
            return value
        if isinstance(value, float):
            if not math.isfinite(value):
                raise InvalidInput("NaN and Infinity are not JSON.", pointer=pointer)
            return value
        return self._container(value, pointer, depth)

    def _container(self, value: Any, pointer: str, depth: int) -> Any:
        if isinstance(value, list | tuple):
            items = cast("Sequence[Any]", value)
            return [self.check(v, f"{pointer}/{i}", depth + 1) for i, v in enumerate(items)]
        if isinstance(value, dict):
            fields = cast("dict[Any, Any]", value)
            checked: dict[str, Any] = {}
            for key, item in fields.items():
                if not isinstance(key, str):
                    raise InvalidInput("A JSON object's keys are text.", pointer=pointer)
                self.size += len(key)
                check_text(key, pointer, self.limit)
                checked[key] = self.check(item, f"{pointer}/{_escape(key)}", depth + 1)
            return checked
        raise InvalidInput(f"A {type(value).__name__} is not JSON.", pointer=pointer)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def check_parts(parts: Sequence[Part], pointer: str) -> Parts:
    """The parts of one message; raises InvalidInput or TooLarge."""
    if not parts:
        raise InvalidInput("A message needs at least one part.", pointer=pointer)
    if len(parts) > MAX_PARTS:
        raise TooLarge(f"A message has at most {MAX_PARTS} parts.", pointer=pointer)
    checked = tuple(_check_part(part, f"{pointer}/{i}") for i, part in enumerate(parts))
    if len(msgspec.json.encode(checked)) > MAX_MESSAGE_BYTES:
        raise TooLarge(f"A message has at most {MAX_MESSAGE_BYTES} bytes.", pointer=pointer)
    return checked


def _check_part(part: Part, pointer: str) -> Part:
    match part:
        case Text(text) | Reasoning(text):
            check_text(text, f"{pointer}/text", MAX_MESSAGE_BYTES)
            return part
        case ToolCall(call_id, name, arguments):
            check_text(call_id + name, f"{pointer}/name")
            checked = check_json(arguments, f"{pointer}/arguments", MAX_MESSAGE_BYTES)
            return ToolCall(call_id, name, checked)
        case ToolResult(call_id, output, is_error):
            check_text(call_id, f"{pointer}/call_id")
            checked = check_json(output, f"{pointer}/output", MAX_MESSAGE_BYTES)
            return ToolResult(call_id, checked, is_error)
        case Data(data, name):
            check_text(name or "", f"{pointer}/name")
            return Data(check_json(data, f"{pointer}/data", MAX_MESSAGE_BYTES), name)
        case Error(code, message):
            check_text(code + message, f"{pointer}/message")
            return part
        case _:
            if not re.fullmatch("[0-9a-f]{64}", part.blob):
                raise InvalidInput("A blob is named by its SHA-256.", pointer=f"{pointer}/blob")
            check_text(part.media_type + (part.name or ""), f"{pointer}/name")
            return part


def check_tags(tags: Sequence[str], pointer: str) -> tuple[str, ...]:
    """Tags without repetition, in the order given."""
    if len(tags) > MAX_TAGS:
        raise TooLarge(f"There may be {MAX_TAGS} tags.", pointer=pointer)
    for i, tag in enumerate(tags):
        check_text(tag, f"{pointer}/{i}", 100)
        if not tag.strip():
            raise InvalidInput("A tag is not blank.", pointer=f"{pointer}/{i}")
    return tuple(dict.fromkeys(tags))


def check_model(model: str | None, pointer: str) -> str | None:
    """A model's full name, `provider/model`; whether it exists is asked when it is used."""
    if model is not None:
        check_text(model, pointer, 200)
        provider, slash, name = model.partition("/")
        if not (provider and slash and name):
            raise InvalidInput("A model is named provider/model.", pointer=pointer)
    return model


def check_time(at: datetime, pointer: str) -> datetime:
    """A time with a zone, in UTC."""
    if at.tzinfo is None:
        raise InvalidInput("A time needs its zone, such as Z.", pointer=pointer)
    if not 1970 <= at.year <= 2200:
        raise InvalidInput("A time is between the years 1970 and 2200.", pointer=pointer)
    return at.astimezone(UTC)
