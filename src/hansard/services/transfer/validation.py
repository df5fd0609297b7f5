"""Validation of imported records: only records that could have been stored here.

Records in a file claim to have been validated elsewhere, so they are checked again, field by field, by the types of
the tables' columns.

The values of a column are checked together where that is cheap: `_ARE_RIGHT` has functions that return whether values
are all valid and canonical beyond doubt. Only if they are not, the values are checked one by one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Values
from datetime import UTC, datetime
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, cast

import msgspec

from hansard.context.variables import check_variables
from hansard.errors import InvalidInput, TooLarge
from hansard.formats.jsonl import MAX_LINE
from hansard.ids import check_id, check_user
from hansard.model.agents import Agent
from hansard.model.api_keys import ApiKey
from hansard.model.artifacts import Artifact, Revision
from hansard.model.base import Entry
from hansard.model.blobs import Blob, BlobChunk
from hansard.model.checks import (
    DIGEST,
    MAX_MESSAGE_BYTES,
    MAX_TEXT,
    MAX_TITLE,
    MAX_YEAR,
    MIN_YEAR,
    check_json,
    check_media_type,
    check_model,
    check_names,
    check_parts,
    check_tags,
    check_text,
    check_time,
    check_title,
)
from hansard.model.collections import Collection
from hansard.model.lifecycle import Trashable, complete_state
from hansard.model.parts import Parts, Text
from hansard.model.prompts import Prompt, PromptRevision
from hansard.model.providers import ProviderConfig
from hansard.model.rules import Rule
from hansard.model.runs import ENDED, Run, RunError
from hansard.model.settings import Setting
from hansard.model.tags import Tag
from hansard.services.artifacts import collections, validation
from hansard.services.artifacts.extraction import MAX_DESCRIPTION, MAX_NAME
from hansard.services.artifacts.validation import check_note
from hansard.services.blobs import CHUNK, MAX_BLOB
from hansard.services.library import agents, prompts, rules, tags
from hansard.services.library.prompts import check_follow_ups
from hansard.services.providers import api_keys
from hansard.services.providers import service as providers
from hansard.services.users.settings import check_setting
from hansard.storage.tables import SCHEMA

E = TypeVar("E", bound=Entry)
Check = Callable[[str, Any], Any]
"""Returns the canonical form of a field's value, given the field's name, or raises."""

INVALID = (InvalidInput, msgspec.MsgspecError, RecursionError, UnicodeError)
"""What checks raise."""
_IDS = re.compile("(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})*")
_DIGESTS = re.compile("[0-9a-f]*")
_WIDEST = 6
"""Bytes of a character in JSON, at most."""

_MAX_LENGTHS = {
    "title": MAX_TITLE,
    "name": MAX_TITLE,
    "description": MAX_DESCRIPTION,
    "identifier": MAX_NAME,
    "file_name": MAX_NAME,
    "language": 100,
    "media_type": 200,
}
_MINIMA = {"fork_seq": -1, "head_seq": -1, "value": -1, "version": 1, "revision": 1}
_MAXIMA = {"value": 1}


def admit_all(records: Sequence[Entry]) -> tuple[list[Entry], Exception | None]:
    """Return the records before the first invalid one, in canonical form, and the error of that one."""
    by_kind: defaultdict[type[Entry], list[Entry]] = defaultdict(list)
    for record in records:
        by_kind[type(record)].append(record)
    doubtful = {kind for kind, alike in by_kind.items() if not _are_canonical(kind, alike)}
    if not doubtful:
        return list(records), None
    admitted: list[Entry] = []
    for record in records:
        try:
            admitted.append(admit(record) if type(record) in doubtful else record)
        except INVALID as error:
            return admitted, error
    return admitted, None


def _are_canonical(kind: type[Entry], records: Sequence[Any]) -> bool:
    """Return whether `admit` would return each of the records of a type as it is."""
    try:
        for name, check, are_right in _checks(kind):
            given = [value for value in map(attrgetter(name), records) if value is not None]
            if not given or (are_right is not None and are_right(name, given)):
                continue
            if any(check(name, value) != value for value in given):
                return False
        if kind in _LIMITED:
            for record in records:
                _check_kind(record)
    except INVALID:
        return False
    return not issubclass(kind, Trashable) or all(
        record.state == complete_state(record.deleted_at) for record in records
    )


def admit(record: E) -> E:
    """Return the record in canonical form. Raises InvalidInput or TooLarge with a pointer to the field."""
    changes: dict[str, Any] = {}
    for name, check, _ in _checks(type(record)):
        value = changes.get(name, getattr(record, name))
        if value is not None and (checked := check(name, value)) != value:
            changes[name] = checked
    _check_kind(record)
    if isinstance(record, Trashable):
        changes["state"] = complete_state(record.deleted_at)
    return msgspec.structs.replace(record, **changes) if changes else record


@cache
def _checks(record: type[Entry]) -> list[tuple[str, Check, AreRight | None]]:
    """Return the names of the fields to check, each with its check and what tells at once that values are right."""
    columns = SCHEMA.of(record).columns
    checks = [
        (column.name, _CHECKS[column.type], _ARE_RIGHT.get(column.type))
        for column in columns
        if column.type in _CHECKS
    ]
    field_checks = _FIELD_CHECKS.get(record, {})
    return checks + [(name, _ignoring_name(check), None) for name, check in field_checks.items()]


def _ignoring_name(check: Callable[[Any], Any]) -> Check:
    return lambda _, value: check(value)


def _disabled(_: bool) -> bool:
    """An imported provider waits until its user has looked where it sends prompts to."""
    return False


_FIELD_CHECKS: dict[type[Entry], Mapping[str, Callable[[Any], Any]]] = {
    Artifact: validation.CHECKS,
    Blob: {"media_type": lambda media_type: check_media_type(media_type, "/media_type")},
    Agent: agents.CHECKS,
    Collection: collections.CHECKS,
    ApiKey: api_keys.CHECKS,
    ProviderConfig: {**providers.CHECKS, "enabled": _disabled},
    Prompt: prompts.CHECKS,
    PromptRevision: {"variables": lambda variables: check_variables(variables, "/variables")},
    Rule: rules.CHECKS,
    Tag: tags.CHECKS,
    Revision: {
        "title": check_title,
        "note": check_note,
        "author": lambda author: check_user(author, "/author"),
    },
    Setting: {"name": check_setting},
}
"""Additional checks by field, the same as for requests."""


def _text(name: str, value: str) -> str | None:
    pointer = f"/{name}"
    if name == "model":
        return check_model(value, pointer)
    return check_text(value, pointer, _MAX_LENGTHS.get(name, MAX_TEXT))


def _digest(name: str, value: str) -> str:
    if not DIGEST.fullmatch(value):
        raise InvalidInput(
            "Blobs must be identified by their SHA-256 in lower-case hexadecimal.",
            pointer=f"/{name}",
        )
    return value


def _number(name: str, value: int) -> int:
    least, most = _range(name)
    if not least <= value <= most:
        raise InvalidInput(f"{name} must be between {least} and {most}.", pointer=f"/{name}")
    return value


def _range(name: str) -> tuple[int, int]:
    return _MINIMA.get(name, 0), _MAXIMA.get(name, 2**53 - 1)


def _json(name: str, value: Any) -> Any:
    if name == "parts":
        return check_parts(value, "/parts")
    if isinstance(value, RunError):
        check_text(value.code + value.message, f"/{name}/message")
        return value
    if isinstance(value, msgspec.Struct | tuple):  # of a type of its own, as `decode` made it
        check_json(msgspec.to_builtins(value), f"/{name}", MAX_LINE)
        return cast("Any", value)
    return check_json(value, f"/{name}")


def _names(name: str, value: Sequence[str]) -> tuple[str, ...]:
    pointer = f"/{name}"
    if name == "follow_ups":
        return check_follow_ups(value, pointer)
    return check_tags(value, pointer) if name == "tags" else check_names(value, pointer)


_CHECKS: dict[str, Check] = {
    "uuid": lambda name, value: check_id(value, f"/{name}"),
    "digest": _digest,
    "text": _text,
    "int": _number,
    "time": lambda name, value: check_time(value, f"/{name}"),
    "names": _names,
    "json": _json,
}


AreRight = Callable[[str, Values[Any]], bool]


def _are_ids(_: str, values: Values[str]) -> bool:
    return set(map(len, values)) == {36} and _IDS.fullmatch("".join(values)) is not None


def _are_digests(_: str, values: Values[str]) -> bool:
    return set(map(len, values)) == {64} and _DIGESTS.fullmatch("".join(values)) is not None


def _are_texts(name: str, values: Values[str]) -> bool:
    distinct = set(values)
    limit = _MAX_LENGTHS.get(name, MAX_TEXT)
    return name != "model" and max(map(len, distinct)) <= limit and _is_clean("".join(distinct))


def _is_clean(text: str) -> bool:
    """Return whether a text has no NUL. Raises UnicodeError if it has a lone surrogate."""
    return "\0" not in text and (text.isascii() or bool(text.encode()))


def _are_numbers(name: str, values: Values[int]) -> bool:
    least, most = _range(name)
    return least <= min(values) and max(values) <= most


def _are_times(_: str, values: Values[datetime]) -> bool:
    return all(at.tzinfo is UTC and MIN_YEAR <= at.year <= MAX_YEAR for at in values)


def _are_plain(name: str, values: Values[Any]) -> bool:
    """Return whether all values are empty objects, or for `parts` one text each, which is not too long."""
    if name != "parts":
        return all(value == {} for value in values)
    texts = [parts[0].text for parts in values if _is_text(parts)]
    if len(texts) < len(values):
        return False
    most = max(map(len, texts)) * _WIDEST + len(_ONE_TEXT)
    return most <= MAX_MESSAGE_BYTES and _is_clean("".join(texts))


def _is_text(parts: Parts) -> bool:
    return len(parts) == 1 and type(parts[0]) is Text


_ONE_TEXT = msgspec.json.encode((Text(""),))
_ARE_RIGHT: dict[str, AreRight] = {
    "uuid": _are_ids,
    "digest": _are_digests,
    "text": _are_texts,
    "int": _are_numbers,
    "time": _are_times,
    "json": _are_plain,
}
_LIMITED = {Run, Blob, BlobChunk}
"""The kinds of records with checks of their own."""


def _check_kind(record: Entry) -> None:
    """Checks for single kinds of records."""
    if isinstance(record, Run) and record.status not in ENDED:
        raise InvalidInput("Runs in a file must have ended.", pointer="/status")
    if isinstance(record, Blob) and not record.size:
        raise InvalidInput("Blobs must not be empty.", pointer="/size")
    if isinstance(record, Blob) and record.size > MAX_BLOB:
        raise TooLarge(f"Blobs must not exceed {MAX_BLOB} bytes.", pointer="/size")
    if isinstance(record, BlobChunk) and len(record.data) > CHUNK:
        raise TooLarge(f"Chunks of a blob must not exceed {CHUNK} bytes.", pointer="/data")
