"""The gate: what every request passes before anything looks at it, and every response after.

Any web page can send requests to a local port, and can give that port a name of its own. So a request must call the
server by a name that it knows, and must bring a credential for all that is below `/api`: the token, or the cookie of a
session with the key that the page keeps beside it. Browsers send a cookie by themselves, and to every port of a host:
without the key it is no credential, and with it the request must come from a page of ours. A link is its own
credential. What is not below `/api` holds nothing of anybody's, but for previews: their addresses were given by the
API, are signed and are soon over. No other origin is ever allowed to read an answer.

What is sent in pieces is sent for as long as the client may have it: an answer that is under way when its session ends
is cut off, like one that failed.

The path that is judged here is the one that is handed on, so nothing behind the gate can read it otherwise.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from hansard.errors import HansardError, NotFound, PermissionDenied, Unauthenticated, Unavailable
from hansard.server.cookies import SessionCookie
from hansard.server.errors import MEDIA_TYPE, WrongHost, refusal
from hansard.server.protocol import CUT
from hansard.server.sessions import Credential, SessionManager

OPEN = frozenset({"/api/v1/healthz", "/api/v1/readyz", "/api/v1/openapi.json", "/api/v1/signin"})
"""What can be seen of the API without a credential."""
SOCKET = "/api/v1/ws"
"""The one address of WebSockets."""
_LINK = re.compile("/api/v1/links/[^/]+(/file|/preview)?")
"""What somebody shared with whoever has this address."""

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
    """An ASGI application around another.

    Around each request of somebody who is known stands `measured`, which refuses what is over a quota.
    """

    def __init__(
        self,
        app: ASGIApp,
        session_manager: SessionManager,
        hosts: Iterable[str],
        cookie: SessionCookie,
        measured: Callable[[], AbstractContextManager[None]] = nullcontext,
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
        scope["path"] = self._inside(scope["path"])
        with ExitStack() as held:
            try:
                known = scope["auth"] = await self._check(scope)
                if known is not None:
                    held.enter_context(self._measured())
            except HansardError as error:
                await _refuse(error, answer, scope["type"])
                return
            if known is not None:
                answer.allowed = lambda: self._session_manager.verify(known)
            await self._hand_on(scope, receive, answer)

    async def _hand_on(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            await self._app(scope, receive, answer)
        except Exception:
            if not answer.cut:
                raise
        except asyncio.CancelledError:  # the server waits no longer
            if not answer.begun:
                await _refuse(Unavailable("The server stops."), answer, scope["type"])
        cut: Any = (scope.get("extensions") or {}).get(CUT)
        if answer.cut and cut:
            cut["now"]()

    def _inside(self, path: str) -> str:
        """The path as the routes know it, whether the proxy left the prefix out or not."""
        path = re.sub("/+", "/", f"/{path}")
        inside = path.removeprefix(self._cookie.prefix)
        return inside or "/" if inside[:1] in ("", "/") else path

    async def _check(self, scope: Scope) -> Credential | None:
        """What the client is known by, if it is; raises what it is refused with."""
        headers = _headers(scope)
        self._check_host(headers.get("host", ""))
        path = scope["path"]
        known = await self._known(headers) if _is_of_the_api(path) else None
        if known is None and _is_of_the_api(path) and not is_open(path):
            raise Unauthenticated(
                "Send the header `Authorization: Bearer` with this server's token."
            )
        if known and known.kind == "session":
            _check_site(headers)
            if scope.get("method") not in ("GET", "HEAD"):
                _check_origin(headers)
        if scope["type"] == "websocket" and scope["path"].rstrip("/") != SOCKET:
            raise NotFound("There is nothing at this address.")
        return known

    async def _known(self, headers: dict[str, str]) -> Credential | None:
        """What a request brings that is good; what is sent on purpose stands for itself, right or wrong."""
        if authorization := headers.get("authorization"):
            scheme, _, token = authorization.partition(" ")
            given = Credential("token", token.strip())
            known = scheme.lower() == "bearer" and await self._session_manager.verify(given)
            return given if known else None
        for given in self._cookie.sent(headers):
            if await self._session_manager.verify(given):
                return given
        return None

    def _check_host(self, host: str) -> None:
        name = host.lower()
        if name not in self._hosts and _without_port(name) not in self._hosts:
            raise WrongHost("Name this server's host in allowed_hosts if it is to be called by it.")


class _Cut(Exception):
    """The client may have no more of an answer."""


class _Answer:
    """What is sent to the client, with the headers that every response has, for as long as it is `allowed`."""

    def __init__(self, send: Send, headers: dict[bytes, bytes]) -> None:
        self._send = send
        self._headers = headers
        self.allowed: Callable[[], Awaitable[bool]] | None = None
        self.begun = False
        self.cut = False
        self._pieces = 0

    async def __call__(self, message: Message) -> None:
        self.begun = True
        if message["type"] == "http.response.body" and message.get("body"):
            await self._check(more=message.get("more_body", False))
        if (
            message["type"] == "http.response.start"
            or message["type"] == "websocket.http.response.start"
        ):
            given = {name.lower() for name, _ in message["headers"]}
            more = [(name, value) for name, value in self._headers.items() if name not in given]
            message["headers"] = [*message["headers"], *more]
        await self._send(message)

    async def _check(self, *, more: bool) -> None:
        """Cut an answer in pieces off if its client may not have the next one; a whole one was asked for just now."""
        self._pieces += 1
        streamed = more or self._pieces > 1
        if streamed and self.allowed is not None and not await self.allowed():
            self.cut = True
            raise _Cut


def local_hosts(port: int) -> list[str]:
    """What a server on this machine is called by."""
    names = ["localhost", "127.0.0.1", "[::1]"]
    return [f"{name}:{port}" for name in names] + (names if port == 80 else [])


def is_open(path: str) -> bool:
    """Whether something of the API can be seen without a credential."""
    return path in OPEN or _LINK.fullmatch(path) is not None


def _is_of_the_api(path: str) -> bool:
    return f"{path}/".startswith("/api/")


def _check_site(headers: dict[str, str]) -> None:
    """Pages of other ports are of the same site, and not ours."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise PermissionDenied("A page of another origin may not do that.")


def _check_origin(headers: dict[str, str]) -> None:
    origin = headers.get("origin")
    if origin is None:
        ours = headers.get("sec-fetch-site") in ("same-origin", "none")
    else:
        ours = origin.partition("://")[2].lower() == headers.get("host", "").lower()
    if not ours:
        raise PermissionDenied("A page of another origin may not do that.")


def _headers(scope: Scope) -> dict[str, str]:
    """Headers by lower-case name; several of one name become one, as if they had been sent so."""
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        found[name] = f"{found[name]};{text}" if name in found else text
    return found


def _without_port(host: str) -> str:
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host


async def _refuse(error: HansardError, send: Send, kind: str) -> None:
    """Answer with a problem, to a WebSocket's handshake as well."""
    answer = refusal(error)
    headers = {"content-type": MEDIA_TYPE, "content-length": str(len(answer.body))}
    place = "http" if kind == "http" else "websocket.http"
    start: Any = {
        "type": f"{place}.response.start",
        "status": answer.status,
        "headers": [
            (n.lower().encode(), v.encode()) for n, v in (headers | answer.headers).items()
        ],
    }
    body: Any = {"type": f"{place}.response.body", "body": answer.body, "more_body": False}
    await send(start)
    await send(body)
