"""Identifiers: UUIDs everywhere, version 7 when Hansard makes them.

Version 7 begins with the time, so new rows land at the end of every index. A client may choose
any UUID; it is kept in its canonical form (lower case, hyphens).
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
    """The canonical form of a UUID chosen by a client; raises InvalidInput."""
    lowered = str(value).lower()
    if not is_id(lowered):
        raise InvalidInput("An id must be a UUID such as " + new_id() + ".", pointer=pointer)
    return lowered


def check_name(value: str, pointer: str) -> str:
    """A tenant's or user's name: 1–128 letters, digits or . _ @ + -; raises InvalidInput."""
    if not _NAME.fullmatch(value):
        raise InvalidInput(
            "A name has 1 to 128 letters, digits or . _ @ + - and starts with a letter or digit.",
            pointer=pointer,
        )
    return value
