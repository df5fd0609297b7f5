"""Cursors: the position in a list, valid for that list only."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec

from hansard.errors import BadCursor
from hansard.model.pages import Page

T = TypeVar("T")

IdText = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]

Position = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]


def encode_cursor(listing: Any, values: Sequence[Any]) -> str:
    """Return the cursor after these sort values, in the list that `listing` describes."""
    text = msgspec.json.encode([_digest(listing), *values])
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def decode_cursor(listing: Any, cursor: str, types: Sequence[Any]) -> tuple[Any, ...]:
    """Return the sort values of a cursor, with these types. Raises BadCursor if it is invalid or another list's."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        digest, *values = msgspec.json.decode(text, type=tuple[(str, *types)])
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise BadCursor(pointer="/cursor") from error
    zones = {value.tzinfo for value in values if isinstance(value, datetime)}
    if digest != _digest(listing) or not zones <= {UTC}:
        raise BadCursor(pointer="/cursor")
    return tuple(values)


def page_of(listing: Any, rows: list[T], limit: int, *order: str) -> Page[T]:
    """Return a page of the first `limit` rows, ordered by these fields; a further row means that more follow."""
    items = rows[:limit]
    last = [getattr(items[-1], name) for name in order] if len(rows) > limit else None
    return Page(items, None if last is None else encode_cursor(listing, last))


def _digest(listing: Any) -> str:
    encoded = msgspec.json.encode(listing, order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:8]
