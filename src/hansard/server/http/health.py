"""Whether the server is alive, and whether it can do its work. Both can be asked without a credential."""

from __future__ import annotations

from typing import Literal

import msgspec
from litestar import get

from hansard import __version__
from hansard.server.http.fields import Scoped


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    status: Literal["ok"] = "ok"
    version: str = __version__


@get(["/healthz", "/api/v1/healthz"])
async def check_alive() -> Alive:
    """Say whether the process lives."""
    return Alive()


@get(["/readyz", "/api/v1/readyz"])
async def check_ready(services: Scoped) -> Alive:
    """Say whether a read reaches the database."""
    await services.conversations.latest()
    return Alive()


ROUTES = (check_alive, check_ready)
