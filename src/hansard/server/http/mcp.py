"""`/mcp`: the record for agents, over MCP. What it offers is in `hansard.mcp`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from hansard.api.operations import Services
from hansard.database import Database
from hansard.errors import NotFound
from hansard.model.scope import Right
from hansard.server.decoding import BoundedRequest
from hansard.server.fields import Scoped


@post("/mcp", status_code=200, include_in_schema=False)
async def mcp(
    request: BoundedRequest,
    services: Scoped,
    database: NamedDependency[Database],
    write: FromQuery[bool] = False,
) -> Response[bytes]:
    """Answer a request of the Model Context Protocol; with `write`, the tools that write are offered too."""
    try:  # the library takes long to import: on a thread, when it is first needed
        await asyncio.to_thread(import_module, "hansard.mcp.http")
    except ModuleNotFoundError as error:
        raise NotFound(
            "This server has no MCP: it needs `pip install 'hansard-db[mcp]'`."
        ) from error
    from hansard.mcp import http, server  # noqa: PLC0415

    scope = services.scope
    rights = scope.rights & server.rights_for(write=write)
    allowed = database.scope(scope.tenant, scope.user, rights)

    @asynccontextmanager
    async def opened(_: Right) -> AsyncIterator[Services]:
        yield allowed

    body = await request.body()
    told = await http.answer(server.make_server(rights, opened), request.scope, body)
    return Response(told.body, status_code=told.status, headers=told.headers)


ROUTES = (mcp,)
