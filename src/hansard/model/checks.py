"""Input validation, done once before anything is stored, so that every back end accepts the same values.

Text: no NUL, no lone surrogates (SQLite, PostgreSQL and JSON would each treat them differently). JSON: only standard
JSON without NaN or Infinity, limited in depth and size. Every error names the invalid field by a JSON pointer.
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
"""Messages in one append."""
MAX_TITLE = 500
MAX_MODEL = 200
"""Characters of a model's full name."""
MAX_MEDIA_TYPE = 200
MAX_TEXT = 100_000
"""Characters of instructions and similar texts."""
MAX_METADATA_BYTES = 64 * 1024
MAX_TAGS = 100
MAX_TAG = 100
"""Characters of one tag."""
MAX_NAMES = 500
"""Names in a list, such as the tools of an agent."""
MAX_DEPTH = 64
MAX_NODES = 100_000
MAX_DIGITS = 40
MIN_YEAR = 1970
MAX_YEAR = 2200

T = TypeVar("T")

_INVALID = re.compile("[\0\ud800-\udfff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_PRINTABLE = re.compile("[ -~]*")
DIGEST = re.compile("[0-9a-f]{64}")
"""A SHA-256 in hexadecimal."""


def is_a(value: Any, kind: type | tuple[type, ...]) -> bool:
    """Whether a value has its declared type; callers may pass anything."""
    return isinstance(value, kind)


def check_one(value: T, choices: Sequence[T], pointer: str) -> T:
    """Return the value. Raises InvalidInput if it is not one of `choices`."""
    if value not in choices:
        names = ", ".join(map(str, choices))
        raise InvalidInput(f"The value must be one of {names}.", pointer=pointer)
    return value


def check_text(text: str, pointer: str, limit: int = MAX_TEXT) -> str:
    """Return the text.

    Raises InvalidInput if it is not text or has NUL or lone surrogates, TooLarge if it is over `limit` characters.
    """
    if not is_a(text, str):
        raise InvalidInput("The value must be text.", pointer=pointer)
    if len(text) > limit:
        raise TooLarge(f"Text must not exceed {limit} characters.", pointer=pointer)
    if not text.isascii() or "\0" in text:
        invalid = _INVALID.search(text)
        if invalid:
            name = "NUL" if invalid.group() == "\0" else "a lone surrogate"
            raise InvalidInput(
                f"Text must not contain {name} (character {invalid.start()}).", pointer=pointer
            )
    return text


def clean_text(text: str) -> str:
    """Return the text with surrogate pairs joined, and NUL and lone surrogates replaced by U+FFFD."""
    if _INVALID.search(text) is None:
        return text
    return _INVALID.sub("\ufffd", _PAIR.sub(_character, text))


def _character(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")


def check_json(value: Any, pointer: str, limit: int = MAX_METADATA_BYTES) -> Any:
    """Return the value as plain lists and dictionaries.

    Raises InvalidInput if it is not JSON or nested too deeply, TooLarge if its text is over `limit` bytes.
    """
    return _JsonCheck(limit).check(value, pointer, 0)


class _JsonCheck:
    """Checks a value recursively, and counts its nodes and its bytes of text."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.nodes = 0

    def check(self, value: Any, pointer: str, depth: int) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise InvalidInput(
                f"JSON must not be nested deeper than {MAX_DEPTH} levels.", pointer=pointer
            )
        if self.nodes > MAX_NODES or self.size > self.limit:
            raise TooLarge(
                f"JSON must not exceed {MAX_NODES} values or {self.limit} bytes of text.",
                pointer=pointer,
            )
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            self.size += len(value.encode("utf-8", "surrogatepass"))
            return check_text(value, pointer, self.limit)
        if isinstance(value, int):
            if abs(value) >= 10**MAX_DIGITS:
                raise InvalidInput(f"Numbers must not exceed {MAX_DIGITS} digits.", pointer=pointer)
            return value
        if isinstance(value, float):
            if not math.isfinite(value):
                raise InvalidInput("JSON must not contain NaN or Infinity.", pointer=pointer)
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
                    raise InvalidInput("The keys of a JSON object must be text.", pointer=pointer)
                self.size += len(key)
                check_text(key, pointer, self.limit)
                checked[key] = self.check(item, f"{pointer}/{_escape(key)}", depth + 1)
            return checked
        raise InvalidInput(
            f"Values of type {type(value).__name__} are not allowed in JSON.", pointer=pointer
        )


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def check_parts(parts: Sequence[Part], pointer: str) -> Parts:
    """Return the parts of one message.

    Raises InvalidInput if a part is invalid or there is none, TooLarge if there are too many parts or bytes.
    """
    if not is_a(parts, (list, tuple)):
        raise InvalidInput("Parts must be a list.", pointer=pointer)
    if not parts:
        raise InvalidInput("Messages need at least one part.", pointer=pointer)
    if len(parts) > MAX_PARTS:
        raise TooLarge(f"Messages must not exceed {MAX_PARTS} parts.", pointer=pointer)
    checked = tuple(_check_part(part, f"{pointer}/{i}") for i, part in enumerate(parts))
    if len(msgspec.json.encode(checked)) > MAX_MESSAGE_BYTES:
        raise TooLarge(f"Messages must not exceed {MAX_MESSAGE_BYTES} bytes.", pointer=pointer)
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
                raise InvalidInput(
                    "The value must be true or false.", pointer=f"{pointer}/is_error"
                )
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
            if not DIGEST.fullmatch(check_text(part.blob, f"{pointer}/blob")):
                raise InvalidInput(
                    "Blobs are named by their SHA-256: 64 hex digits in lower case.",
                    pointer=f"{pointer}/blob",
                )
            check_media_type(part.media_type, f"{pointer}/media_type")
            _check_optional(part.name, f"{pointer}/name")
        case _:
            raise InvalidInput("The value must be a message part.", pointer=pointer)
    return part


def _check_object(value: JsonObject, pointer: str) -> JsonObject:
    if not is_a(value, dict):
        raise InvalidInput("The value must be a JSON object.", pointer=pointer)
    return check_json(value, pointer)


def _check_optional(text: str | None, pointer: str, limit: int = MAX_TEXT) -> None:
    if text is not None:
        check_text(text, pointer, limit)


def check_tags(tags: Sequence[str], pointer: str) -> tuple[str, ...]:
    """Return the tags without duplicates, in order.

    Raises InvalidInput if a tag is blank or not text, TooLarge if there are too many tags or one is too long.
    """
    if len(tags) > MAX_TAGS:
        raise TooLarge(f"There may be at most {MAX_TAGS} tags.", pointer=pointer)
    for i, tag in enumerate(tags):
        check_text(tag, f"{pointer}/{i}", MAX_TAG)
        if not tag.strip():
            raise InvalidInput("Tags must not be blank.", pointer=f"{pointer}/{i}")
    return tuple(dict.fromkeys(tags))


def check_names(names: Sequence[str], pointer: str) -> tuple[str, ...]:
    """Return names, each once. Raises InvalidInput if one is blank, TooLarge if there are too many or too long ones."""
    if len(names) > MAX_NAMES:
        raise TooLarge(f"There may be at most {MAX_NAMES} names.", pointer=pointer)
    for i, name in enumerate(names):
        if not check_text(name, f"{pointer}/{i}", MAX_MODEL).strip():
            raise InvalidInput("Names must not be blank.", pointer=f"{pointer}/{i}")
    return tuple(dict.fromkeys(names))


def check_model(model: str | None, pointer: str) -> str | None:
    """Return a model's full name. Raises InvalidInput if it does not have the form `provider/model`.

    Whether the model exists is checked when it is used.
    """
    if model is not None:
        check_text(model, pointer, MAX_MODEL)
        provider, slash, name = model.partition("/")
        if not (provider and slash and name):
            raise InvalidInput("Model names have the form provider/model.", pointer=pointer)
    return model


def check_media_type(media_type: str, pointer: str) -> str:
    """Return a media type such as `text/html`. Raises InvalidInput if it is invalid.

    It is sent in a header unchanged, so it must be one line of printable ASCII.
    """
    check_text(media_type, pointer, MAX_MEDIA_TYPE)
    kind, slash, name = media_type.partition("/")
    if not (slash and kind.strip() and name.strip()) or not _PRINTABLE.fullmatch(media_type):
        raise InvalidInput(
            "Media types have the form type/subtype, for example text/html.", pointer=pointer
        )
    return media_type


def check_title(title: str, pointer: str = "/title") -> str:
    """Return a title or name. Raises InvalidInput if it is blank, TooLarge if it is over `MAX_TITLE` characters."""
    if not title.strip():
        raise InvalidInput("Names must not be blank.", pointer=pointer)
    return check_text(title, pointer, MAX_TITLE)


def check_time(at: datetime, pointer: str) -> datetime:
    """Return the time in UTC. Raises InvalidInput if it has no UTC offset or is not in the years 1970 to 2200."""
    if not is_a(at, datetime):
        raise InvalidInput("The value must be a timestamp.", pointer=pointer)
    if at.tzinfo is None:
        raise InvalidInput("Timestamps need a UTC offset, for example Z.", pointer=pointer)
    try:
        utc = at.astimezone(UTC)
    except OverflowError:
        utc = at
    if not MIN_YEAR <= utc.year <= MAX_YEAR:
        raise InvalidInput(
            f"Timestamps must be in the years {MIN_YEAR} to {MAX_YEAR}.", pointer=pointer
        )
    return utc
