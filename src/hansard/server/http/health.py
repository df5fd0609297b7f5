"""Health checks: whether the server is alive, and whether it is ready. They need no credential."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec

from hansard import __version__
from hansard.database import Database
from hansard.model.health import Fault, Health
from hansard.server.fields import Scoped

Whole = NamedDependency[Database]


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    status: Literal["ok"] = "ok"
    version: str = __version__


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the database can be read and written, and why not."""

    status: Literal["ok", "unavailable"]
    version: str = __version__
    faults: tuple[Fault, ...]
    health: Health | None
    """The state of the database; null for requests without a credential."""


@get(["/healthz", "/api/v1/healthz"])
async def check_alive() -> Alive:
    """Check whether the process is alive."""
    return Alive()


@get(["/readyz", "/api/v1/readyz"], responses={503: ResponseSpec(Ready, description="Not ready.")})
async def check_ready(
    request: Request[Any, Any, Any], services: Scoped, database: Whole
) -> Response[Ready]:
    """Check whether the database can be read and written; 503 with the `faults` if not."""
    signed_in = request.auth is not None
    health = await database.health(runs=signed_in)
    if health.writable:
        await services.conversations.latest()
    ready = Ready(
        status="ok" if health.writable else "unavailable",
        faults=health.faults,
        health=health if signed_in else None,
    )
    return Response(ready, status_code=200 if health.writable else 503)


ROUTES = (check_alive, check_ready)
