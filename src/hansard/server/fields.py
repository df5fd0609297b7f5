"""What the routes have in common: how they are given their services, and what stands in addresses and answers."""

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
"""The services, opened for whom the server is for; nothing that a client sends chooses that."""
Prefix = NamedDependency[str]
"""The path below which a proxy shows the server, without a slash at its end; empty without one."""
PathId = FromPath[str]
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE)]
SomeLimit = Annotated[int | None, QueryParameter(ge=1, le=MAX_PAGE)]
Cursor = FromQuery[str | None]
QueryId = FromQuery[str | None]
Flag = FromQuery[bool | None]
Words = Annotated[str | None, QueryParameter(pattern=TEXT, max_length=1_000)]
Moment = Annotated[str | None, QueryParameter(format="date-time")]
"""A time with its zone."""
Position = Annotated[int, QueryParameter(ge=0, le=MAX_POSITION)]
SomePosition = Annotated[int | None, QueryParameter(ge=0, le=MAX_POSITION)]
LastEvent = Annotated[int | None, HeaderParameter(name="Last-Event-ID", ge=0, le=MAX_POSITION)]

Version = Annotated[int, msgspec.Meta(ge=1, le=MAX_POSITION)]
"""The version a change is meant for: if the record is at another, it is refused."""


class Items(msgspec.Struct, Generic[T], frozen=True):
    """A whole list."""

    items: list[T]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request may say; a field that is not known is an error."""


def moment(text: str | None, pointer: str) -> datetime | None:
    """The time that a parameter says."""
    if text is None:
        return None
    try:
        return check_time(msgspec.convert(text, datetime), pointer)
    except msgspec.ValidationError as error:
        raise InvalidInput("A time is like 2026-11-21T09:00:00Z.", pointer=pointer) from error
