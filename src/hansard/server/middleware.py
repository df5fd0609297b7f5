"""Middleware that authenticates every request and adds security headers to every response.

Any web page can send requests to a local port, under any host name that its owner chooses (DNS rebinding). So the Host
header must be an accepted one, and requests below `/api` and to `/mcp` need a credential: the token, or the cookie of a
session together with the key that the page stores. Browsers send a cookie automatically, and to every port of a host:
so it is valid only with the key, and only from pages of this server. The token in a link's URL is a credential for that
link. Only `/api`, `/mcp` and previews serve user data; preview URLs are signed and expire. CORS is never allowed.

A streamed response is checked while it is sent: when its session ends, the response is aborted.

The path that is checked here is the path that the routes receive, so they cannot interpret it differently.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from hansard.errors import HansardError, NotFound, PermissionDenied, Unauthenticated, Unavailable
from hansard.model.scope import Scope as Principal
from hansard.server.cookies import SessionCookie
from hansard.server.errors import MEDIA_TYPE, WrongHost, refusal
from hansard.server.protocol import CUT
from hansard.server.sessions import Credential, SessionManager

OPEN = frozenset({"/api/v1/healthz", "/api/v1/readyz", "/api/v1/openapi.json", "/api/v1/signin"})
"""Paths of the API that need no credential."""
SOCKET = "/api/v1/ws"
"""The only path of WebSockets."""
MCP = "/mcp"
"""The path of agents."""
_LINK = re.compile("/api/v1/links/[^/]+(/file|/preview)?")
"""Paths that need only the token of the link that they contain."""

_ALWAYS: dict[bytes, bytes] = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
}


_SECURE = {b"strict-transport-security": b"max-age=31536000"}


class Gate:
    """ASGI middleware that authenticates requests and sets their principal: for whom they act.

    Each authenticated request runs within `measured(principal)`, which raises if the user is over a quota.
    """

    def __init__(
        self,
        app: ASGIApp,
        session_manager: SessionManager,
        hosts: Iterable[str],
        cookie: SessionCookie,
        measured: Callable[[Principal], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._measured = measured
        self._app = app
        self._session_manager = session_manager
        self._hosts = frozenset(host.lower() for host in hosts)
        self._cookie = cookie
        self._headers = _ALWAYS | (_SECURE if cookie.secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            return
        answer = _Answer(send, self._headers)
        scope["path"] = self._without_prefix(scope["path"])
        with ExitStack() as stack:
            try:
                credential = scope["auth"] = await self._authenticate(scope)
                principal = scope["user"] = self._session_manager.principal(credential)
                if principal is not None:
                    stack.enter_context(self._measured(principal))
            except HansardError as error:
                await _refuse(error, answer, scope["type"])
                return
            if credential is not None:
                answer.allowed = lambda: self._session_manager.verify(credential)
            await self._call_app(scope, receive, answer)

    async def _call_app(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            await self._app(scope, receive, answer)
        except Exception:
            if not answer.aborted:
                raise
        except asyncio.CancelledError:  # the server shuts down and waits no longer
            if not answer.started:
                await _refuse(Unavailable("The server is shutting down."), answer, scope["type"])
        cut: Any = (scope.get("extensions") or {}).get(CUT)
        if answer.aborted and cut:
            cut["now"]()

    def _without_prefix(self, path: str) -> str:
        """Return the path for the routes; the proxy may or may not have removed the prefix."""
        path = re.sub("/+", "/", f"/{path}")
        inside = path.removeprefix(self._cookie.prefix)
        return inside or "/" if inside[:1] in ("", "/") else path

    async def _authenticate(self, scope: Scope) -> Credential | None:
        """Return the credential of a request; None if it has none and needs none.

        Raises WrongHost if the Host header is not accepted, Unauthenticated if a credential is missing or invalid,
        PermissionDenied if the request comes from another origin, NotFound for a WebSocket at another path.
        """
        headers = _headers(scope)
        self._check_host(headers.get("host", ""))
        path = scope["path"]
        private = _is_private(path)
        credential = await self._valid_credential(headers) if private else None
        if credential is None and private and not is_open(path):
            raise Unauthenticated(
                "Send the header `Authorization: Bearer` with this server's token."
            )
        if credential and credential.kind == "session":
            _check_site(headers)
            if scope.get("method") not in ("GET", "HEAD"):
                _check_origin(headers)
        if path.rstrip("/") == MCP and "origin" in headers:  # as the protocol demands
            _check_origin(headers)
        if scope["type"] == "websocket" and scope["path"].rstrip("/") != SOCKET:
            raise NotFound("There is nothing at this URL.")
        return credential

    async def _valid_credential(self, headers: dict[str, str]) -> Credential | None:
        """Return the valid credential of a request. If it has an Authorization header, cookies are ignored."""
        if authorization := headers.get("authorization"):
            scheme, _, token = authorization.partition(" ")
            credential = Credential("token", token.strip())
            valid = scheme.lower() == "bearer" and await self._session_manager.verify(credential)
            return credential if valid else None
        for credential in self._cookie.sent(headers):
            if await self._session_manager.verify(credential):
                return credential
        return None

    def _check_host(self, host: str) -> None:
        name = host.lower()
        if name not in self._hosts and _without_port(name) not in self._hosts:
            raise WrongHost("To accept requests for this host, add its name to allowed_hosts.")


class _Aborted(Exception):
    """The client may not receive the rest of a response."""


class _Answer:
    """An ASGI `send` that adds the common headers, and aborts a stream when it is no longer `allowed`."""

    def __init__(self, send: Send, headers: dict[bytes, bytes]) -> None:
        self._send = send
        self._headers = headers
        self.allowed: Callable[[], Awaitable[bool]] | None = None
        self.started = False
        self.aborted = False
        self._pieces = 0

    async def __call__(self, message: Message) -> None:
        self.started = True
        if message["type"] == "http.response.body" and message.get("body"):
            await self._check(more=message.get("more_body", False))
        if (
            message["type"] == "http.response.start"
            or message["type"] == "websocket.http.response.start"
        ):
            names = {name.lower() for name, _ in message["headers"]}
            common = [(name, value) for name, value in self._headers.items() if name not in names]
            message["headers"] = [*message["headers"], *common]
        await self._send(message)

    async def _check(self, *, more: bool) -> None:
        """Abort a streamed response if the client may not receive the next piece.

        A response in one piece needs no check: its request was authenticated just before.
        """
        self._pieces += 1
        streamed = more or self._pieces > 1
        if streamed and self.allowed is not None and not await self.allowed():
            self.aborted = True
            raise _Aborted


def local_hosts(port: int) -> list[str]:
    """Return the Host headers by which a server on this machine is reached."""
    names = ["localhost", "127.0.0.1", "[::1]"]
    return [f"{name}:{port}" for name in names] + (names if port == 80 else [])


def is_open(path: str) -> bool:
    """Whether a path of the API needs no credential."""
    return path in OPEN or _LINK.fullmatch(path) is not None


def _is_private(path: str) -> bool:
    """Whether a path serves user data to those who have a credential."""
    return f"{path}/".startswith(("/api/", f"{MCP}/"))


def _check_site(headers: dict[str, str]) -> None:
    """Reject requests of other origins; pages of other ports count as the same site."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise PermissionDenied("Requests from pages of another origin are not allowed.")


def _check_origin(headers: dict[str, str]) -> None:
    origin = headers.get("origin")
    if origin is None:
        same_origin = headers.get("sec-fetch-site") in ("same-origin", "none")
    else:
        same_origin = origin.partition("://")[2].lower() == headers.get("host", "").lower()
    if not same_origin:
        raise PermissionDenied("Requests from pages of another origin are not allowed.")


def _headers(scope: Scope) -> dict[str, str]:
    """Return the headers by lower-case name; repeated headers are joined with semicolons."""
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        headers[name] = f"{headers[name]};{text}" if name in headers else text
    return headers


def _without_port(host: str) -> str:
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host


async def _refuse(error: HansardError, send: Send, kind: str) -> None:
    """Send a problem document as the response to a request or to a WebSocket's handshake."""
    answer = refusal(error)
    headers = {"content-type": MEDIA_TYPE, "content-length": str(len(answer.body))}
    prefix = "http" if kind == "http" else "websocket.http"
    start: Any = {
        "type": f"{prefix}.response.start",
        "status": answer.status,
        "headers": [
            (n.lower().encode(), v.encode()) for n, v in (headers | answer.headers).items()
        ],
    }
    body: Any = {"type": f"{prefix}.response.body", "body": answer.body, "more_body": False}
    await send(start)
    await send(body)
