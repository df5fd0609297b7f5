"""Dependencies, parameter types and response types that the routes share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, HeaderParameter, QueryParameter

from hansard.database import Services
from hansard.errors import InvalidInput
from hansard.model.checks import check_time
from hansard.services.base import MAX_PAGE

T = TypeVar("T")

TEXT = r"^[^\x00]*$"
DAY = r"^\d{4}-\d\d-\d\d$"
MAX_POSITION = 2**63 - 1

Scoped = NamedDependency[Services]
"""The services for the server's tenant and user; clients cannot choose another."""
Prefix = NamedDependency[str]
"""The path below which a proxy serves the server, without a trailing slash; empty without a proxy."""
PathId = FromPath[str]
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE)]
SomeLimit = Annotated[int | None, QueryParameter(ge=1, le=MAX_PAGE)]
Cursor = FromQuery[str | None]
QueryId = FromQuery[str | None]
Flag = FromQuery[bool | None]
Words = Annotated[str | None, QueryParameter(pattern=TEXT, max_length=1_000)]
Moment = Annotated[str | None, QueryParameter(format="date-time")]
"""A timestamp with a UTC offset."""
Position = Annotated[int, QueryParameter(ge=0, le=MAX_POSITION)]
SomePosition = Annotated[int | None, QueryParameter(ge=0, le=MAX_POSITION)]
LastEvent = Annotated[int | None, HeaderParameter(name="Last-Event-ID", ge=0, le=MAX_POSITION)]

Version = Annotated[int, msgspec.Meta(ge=1, le=MAX_POSITION)]
"""The expected version of the record; if it has another one, the request fails with a conflict."""


class Items(msgspec.Struct, Generic[T], frozen=True):
    """A complete list."""

    items: list[T]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request body; unknown fields are errors."""


def moment(text: str | None, pointer: str) -> datetime | None:
    """Parse a timestamp. Raises InvalidInput if it is invalid or has no UTC offset."""
    if text is None:
        return None
    try:
        return check_time(msgspec.convert(text, datetime), pointer)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            "Timestamps have the form 2026-11-21T09:00:00Z.", pointer=pointer
        ) from error
