"""The ASGI application: all routes, behind the middleware that authenticates each request and names its principal."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Response, Router, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import Scope as AsgiScope
from msgspec.structs import replace

from hansard.api.operations import Services
from hansard.database import LOCAL_TENANT, LOCAL_USER, Database
from hansard.model.scope import Scope
from hansard.server import errors, openapi, preview, sse, static
from hansard.server.cookies import SessionCookie
from hansard.server.decoding import MAX_BODY, BoundedRequest
from hansard.server.http import health, mcp
from hansard.server.http.routes import routes
from hansard.server.middleware import Gate
from hansard.server.rate_limit import LinkRateLimiter
from hansard.server.sessions import SessionManager
from hansard.server.sse import Shutdown
from hansard.server.websocket.route import open_socket

MAX_PRINCIPALS = 1_000
"""Principals whose services are kept from one request to the next."""


def make_api(
    database: Database,
    *,
    session_manager: SessionManager,
    closing: Shutdown,
    cookie: SessionCookie = SessionCookie(),  # noqa: B008 - frozen
    web: Path = static.WEB,
) -> Litestar:
    """Build the routes. They do not authenticate: only `Gate` may call them."""
    values: dict[str, Any] = {
        "database": database,
        "session_manager": session_manager,
        "closing": closing,
        "prefix": cookie.prefix,
        "session_cookie": cookie,
        "files": static.Files(web, cookie.prefix),
        "guesses": LinkRateLimiter(),
    }
    dependencies = {name: _provide(value) for name, value in values.items()}
    anonymous = replace(session_manager.scope, rights=frozenset(("read",)))
    dependencies["services"] = _provide_services(database, anonymous)
    nouns = routes()
    outside = [*health.ROUTES, *mcp.ROUTES, *preview.ROUTES, *static.ROUTES]
    return Litestar(
        [Router(openapi.PREFIX, route_handlers=[*nouns, open_socket, _document]), *outside],
        dependencies=dependencies | {"line": Provide(sse.line, sync_to_thread=False)},
        exception_handlers={Exception: errors.handle},
        request_class=BoundedRequest,
        state=State({"meters": database.meters, "order": [route.fn.__name__ for route in nouns]}),
        request_max_body_size=MAX_BODY,
        openapi_config=None,
        logging_config=None,
    )


def make_app(
    database: Database,
    *,
    token: str,
    hosts: Iterable[str],
    tenant: str = LOCAL_TENANT,
    user: str = LOCAL_USER,
    closing: Shutdown | None = None,
    prefix: str = "",
    secure: bool = False,
    web: Path = static.WEB,
) -> Gate:
    """Build an ASGI application that serves an open database to clients with `token`.

    `hosts` are the accepted values of the Host header. `prefix` is the path below which a proxy serves the application,
    such as `/hansard`; `secure` says that browsers use only https; `web` is the folder of the built chat app.
    """
    cookie = SessionCookie(prefix, secure)
    session_manager = SessionManager(token, database.scope(tenant=tenant, user=user).sessions)
    api = make_api(
        database,
        session_manager=session_manager,
        closing=closing or Shutdown(),
        cookie=cookie,
        web=web,
    )
    return Gate(
        api,
        session_manager,
        hosts,
        cookie,
        lambda principal: database.meters.connection(principal.user),
    )


@get("/openapi.json", include_in_schema=False)
async def _document(request: BoundedRequest) -> Response[bytes]:
    state = request.app.state
    if "document" not in state:
        state.document = msgspec.json.encode(openapi.describe(request.app))
    return Response(state.document, media_type="application/json")


def _provide_services(database: Database, anonymous: Scope) -> Provide:
    """Provide the services of the request's principal; `anonymous` are the rights of open paths, such as links."""

    @lru_cache(MAX_PRINCIPALS)
    def services_of(principal: Scope) -> Services:
        return database.scope(principal.tenant, principal.user, principal.rights)

    def services(scope: AsgiScope) -> Services:
        return services_of(scope.get("user") or anonymous)

    return Provide(services, sync_to_thread=False)


def _provide(value: Any) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)
