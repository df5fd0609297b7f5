"""Dependencies and parameter types that the hand-written routes share."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, HeaderParameter, QueryParameter

from hansard.api.fields import MAX_POSITION
from hansard.api.operations import Services
from hansard.model.runs import RunEvent
from hansard.server import sse
from hansard.server.sessions import Credential, SessionManager
from hansard.services.base import MAX_PAGE

Scoped = NamedDependency[Services]
"""The services for the server's tenant and user; clients cannot choose another."""
Asking = Request[Any, Credential | None, Any]
Keeper = NamedDependency[SessionManager]
EventStream = NamedDependency[sse.EventStream]
Prefix = NamedDependency[str]
"""The path below which a proxy serves the server, without a trailing slash; empty without a proxy."""
PathId = FromPath[str]
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE)]
QueryId = FromQuery[str | None]
Position = Annotated[int, QueryParameter(ge=0, le=MAX_POSITION)]
SomePosition = Annotated[int | None, QueryParameter(ge=0, le=MAX_POSITION)]
SomeNumber = Annotated[int | None, QueryParameter(ge=1, le=MAX_POSITION)]
LastEvent = Annotated[int | None, HeaderParameter(name="Last-Event-ID", ge=0, le=MAX_POSITION)]

EVENTS = ResponseSpec(
    RunEvent,
    media_type=sse.MEDIA_TYPE,
    description="The run's events as they happen, until it ends.",
)
