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
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
MAX_USER_ID = 256
"""Characters."""

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


def check_tenant(value: str, pointer: str) -> str:
    """Return a tenant's id. Raises InvalidInput unless it is 1–128 letters, digits or . _ @ + -."""
    if not _NAME.fullmatch(value):
        raise InvalidInput(
            "Tenant ids must have 1 to 128 letters, digits or . _ @ + - and start with a letter or digit.",
            pointer=pointer,
        )
    return value


def check_user(value: str, pointer: str) -> str:
    """Return a user's id, as an identity provider gives it. Raises InvalidInput unless it is 1–256 characters of text.

    Control characters and lone surrogates are not text.
    """
    if not 1 <= len(value) <= MAX_USER_ID or _NO_TEXT.search(value):
        raise InvalidInput(
            f"User ids must have 1 to {MAX_USER_ID} characters and no control characters.",
            pointer=pointer,
        )
    return value
