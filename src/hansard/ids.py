"""Identifiers: UUIDs everywhere, version 7 if Hansard generates them.

Version 7 starts with the time, so new rows go to the end of every index. A client may choose
any UUID; it is stored in its canonical form (lower case, hyphens).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import uuid_utils

from hansard.errors import InvalidInput

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}")

Clock = Callable[[], datetime]


def new_id() -> str:
    return str(uuid_utils.uuid7())


def now() -> datetime:
    """The current time, UTC, with microseconds."""
    return datetime.now(UTC)


def is_id(value: str) -> bool:
    return _UUID.fullmatch(value) is not None


def check_id(value: str, pointer: str = "/id") -> str:
    """Return the canonical form of a UUID that a client chose. Raises InvalidInput if it is not a UUID."""
    lowered = str(value).lower()
    if not is_id(lowered):
        raise InvalidInput(f"Ids must be UUIDs, for example {new_id()}.", pointer=pointer)
    return lowered


def check_name(value: str, pointer: str) -> str:
    """Return the name of a tenant or user. Raises InvalidInput unless it is 1–128 letters, digits or . _ @ + -."""
    if not _NAME.fullmatch(value):
        raise InvalidInput(
            "Names must have 1 to 128 letters, digits or . _ @ + - and start with a letter or digit.",
            pointer=pointer,
        )
    return value
