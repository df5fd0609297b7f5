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
from typing import Any, TypeVar, cast

import msgspec

from hansard.errors import InvalidInput, TooLarge
from hansard.model.base import JsonObject
from hansard.model.parts import (
    Data,
    Error,
    File,
    Image,
    Part,
    Parts,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)

MAX_MESSAGE_BYTES = 1024 * 1024
MAX_PARTS = 1_000
MAX_MESSAGES = 1_000
"""In one append."""
MAX_TITLE = 500
MAX_MODEL = 200
"""Characters of a model's full name."""
MAX_MEDIA_TYPE = 200
MAX_TEXT = 100_000
"""Characters of instructions and the like."""
MAX_METADATA_BYTES = 64 * 1024
MAX_TAGS = 100
MAX_DEPTH = 64
MAX_NODES = 100_000
MAX_DIGITS = 40

T = TypeVar("T")

_BAD = re.compile("[\0\ud800-\udfff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_PRINTABLE = re.compile("[ -~]*")
_DIGEST = re.compile("[0-9a-f]{64}")


def is_a(value: Any, kind: type | tuple[type, ...]) -> bool:
    """Whether a value has the type that it is declared to have: a caller may hand in anything."""
    return isinstance(value, kind)


def check_one(value: T, known: Sequence[T], pointer: str) -> T:
    """The value itself, if it is one of those known; raises InvalidInput."""
    if value not in known:
        names = ", ".join(map(str, known))
        raise InvalidInput(f"This is one of {names}.", pointer=pointer)
    return value


def check_text(text: str, pointer: str, limit: int = MAX_TEXT) -> str:
    """The text itself; raises InvalidInput or TooLarge."""
    if not is_a(text, str):
        raise InvalidInput("This is not text.", pointer=pointer)
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


def clean_text(said: str) -> str:
    """What was said, with what is not text in it replaced; two halves of a character are one."""
    if _BAD.search(said) is None:
        return said
    return _BAD.sub("\ufffd", _PAIR.sub(_character, said))


def _character(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")


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
    if not is_a(parts, (list, tuple)):
        raise InvalidInput("Parts are a list.", pointer=pointer)
    if not parts:
        raise InvalidInput("A message needs at least one part.", pointer=pointer)
    if len(parts) > MAX_PARTS:
        raise TooLarge(f"A message has at most {MAX_PARTS} parts.", pointer=pointer)
    checked = tuple(_check_part(part, f"{pointer}/{i}") for i, part in enumerate(parts))
    if len(msgspec.json.encode(checked)) > MAX_MESSAGE_BYTES:
        raise TooLarge(f"A message has at most {MAX_MESSAGE_BYTES} bytes.", pointer=pointer)
    return checked


def _check_part(part: Any, pointer: str) -> Part:
    match part:
        case Text(text):
            check_text(text, f"{pointer}/text", MAX_MESSAGE_BYTES)
        case Reasoning(text, signature):
            check_text(text, f"{pointer}/text", MAX_MESSAGE_BYTES)
            _check_optional(signature, f"{pointer}/signature", MAX_MESSAGE_BYTES)
        case ToolCall(call_id, name, arguments):
            check_text(call_id, f"{pointer}/call_id")
            check_text(name, f"{pointer}/name")
            checked = check_json(arguments, f"{pointer}/arguments", MAX_MESSAGE_BYTES)
            return ToolCall(call_id, name, checked)
        case ToolResult(call_id, output, is_error):
            check_text(call_id, f"{pointer}/call_id")
            if not is_a(is_error, bool):
                raise InvalidInput("This is true or false.", pointer=f"{pointer}/is_error")
            checked = check_json(output, f"{pointer}/output", MAX_MESSAGE_BYTES)
            return ToolResult(call_id, checked, is_error)
        case Data(data, name):
            _check_optional(name, f"{pointer}/name")
            return Data(check_json(data, f"{pointer}/data", MAX_MESSAGE_BYTES), name)
        case Error(code, message, details):
            check_text(code, f"{pointer}/code")
            check_text(message, f"{pointer}/message")
            return Error(code, message, _check_object(details, f"{pointer}/details"))
        case Image() | File():
            if not _DIGEST.fullmatch(check_text(part.blob, f"{pointer}/blob")):
                raise InvalidInput("A blob is named by its SHA-256.", pointer=f"{pointer}/blob")
            check_media_type(part.media_type, f"{pointer}/media_type")
            _check_optional(part.name, f"{pointer}/name")
        case _:
            raise InvalidInput("This is not a part.", pointer=pointer)
    return part


def _check_object(value: JsonObject, pointer: str) -> JsonObject:
    if not is_a(value, dict):
        raise InvalidInput("This is a JSON object.", pointer=pointer)
    return check_json(value, pointer)


def _check_optional(text: str | None, pointer: str, limit: int = MAX_TEXT) -> None:
    if text is not None:
        check_text(text, pointer, limit)


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
        check_text(model, pointer, MAX_MODEL)
        provider, slash, name = model.partition("/")
        if not (provider and slash and name):
            raise InvalidInput("A model is named provider/model.", pointer=pointer)
    return model


def check_media_type(media_type: str, pointer: str) -> str:
    """A media type, which becomes a header as it is: one printable line of ASCII, such as `text/html`."""
    check_text(media_type, pointer, MAX_MEDIA_TYPE)
    kind, slash, name = media_type.partition("/")
    if not (slash and kind.strip() and name.strip()) or not _PRINTABLE.fullmatch(media_type):
        raise InvalidInput("A media type is like text/html.", pointer=pointer)
    return media_type


def check_title(title: str, pointer: str = "/title") -> str:
    """What something is called, which is not nothing."""
    if not title.strip():
        raise InvalidInput("A name is not blank.", pointer=pointer)
    return check_text(title, pointer, MAX_TITLE)


def check_time(at: datetime, pointer: str) -> datetime:
    """A time with a zone, in UTC."""
    if not is_a(at, datetime):
        raise InvalidInput("This is not a time.", pointer=pointer)
    if at.tzinfo is None:
        raise InvalidInput("A time needs its zone, such as Z.", pointer=pointer)
    try:
        there = at.astimezone(UTC)
    except OverflowError:
        there = at
    if not 1970 <= there.year <= 2200:
        raise InvalidInput("A time is between the years 1970 and 2200.", pointer=pointer)
    return there
