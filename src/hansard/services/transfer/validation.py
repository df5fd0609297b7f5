"""Validation of imported records: only records that could have been stored here.

Records in a file claim to have been validated elsewhere, so they are checked again, field by field, by the types of
the tables' columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from hansard.errors import InvalidInput, TooLarge
from hansard.ids import check_id, check_user
from hansard.model.artifacts import Artifact, Revision
from hansard.model.base import Entry
from hansard.model.blobs import Blob, BlobChunk
from hansard.model.checks import (
    DIGEST,
    MAX_TEXT,
    MAX_TITLE,
    check_json,
    check_media_type,
    check_model,
    check_parts,
    check_tags,
    check_text,
    check_time,
    check_title,
)
from hansard.model.collections import Collection
from hansard.model.lifecycle import Trashable, complete_state
from hansard.model.runs import ENDED, Run, RunError
from hansard.model.settings import Setting
from hansard.services.artifacts import collections, validation
from hansard.services.artifacts.extraction import MAX_DESCRIPTION, MAX_NAME
from hansard.services.artifacts.validation import check_note
from hansard.services.blobs import CHUNK, MAX_BLOB
from hansard.services.users.settings import check_setting
from hansard.storage.tables import SCHEMA

E = TypeVar("E", bound=Entry)

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


def admit(record: E) -> E:
    """Return the record in canonical form. Raises InvalidInput or TooLarge with a pointer to the field."""
    changes: dict[str, Any] = {}
    for name, check in _checks(type(record)):
        value = changes.get(name, getattr(record, name))
        if value is not None and (checked := check(name, value)) != value:
            changes[name] = checked
    _check_kind(record)
    if isinstance(record, Trashable):
        changes["state"] = complete_state(record.deleted_at)
    return msgspec.structs.replace(record, **changes) if changes else record


@cache
def _checks(record: type[Entry]) -> list[tuple[str, Callable[[str, Any], Any]]]:
    """Return the names of the fields to check, with their checks."""
    columns = SCHEMA.of(record).columns
    checks = [(column.name, _CHECKS[column.type]) for column in columns if column.type in _CHECKS]
    field_checks = _FIELD_CHECKS.get(record, {})
    return checks + [(name, _ignoring_name(check)) for name, check in field_checks.items()]


def _ignoring_name(check: Callable[[Any], Any]) -> Callable[[str, Any], Any]:
    return lambda _, value: check(value)


_FIELD_CHECKS: dict[type[Entry], Mapping[str, Callable[[Any], Any]]] = {
    Artifact: validation.CHECKS,
    Blob: {"media_type": lambda media_type: check_media_type(media_type, "/media_type")},
    Collection: collections.CHECKS,
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
    least, most = _MINIMA.get(name, 0), _MAXIMA.get(name, 2**53 - 1)
    if not least <= value <= most:
        raise InvalidInput(f"{name} must be between {least} and {most}.", pointer=f"/{name}")
    return value


def _json(name: str, value: Any) -> Any:
    if name == "parts":
        return check_parts(value, "/parts")
    if isinstance(value, RunError):
        check_text(value.code + value.message, f"/{name}/message")
        return value
    return check_json(value, f"/{name}")


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "uuid": lambda name, value: check_id(value, f"/{name}"),
    "digest": _digest,
    "text": _text,
    "int": _number,
    "time": lambda name, value: check_time(value, f"/{name}"),
    "names": lambda name, value: check_tags(value, f"/{name}"),
    "json": _json,
}


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
