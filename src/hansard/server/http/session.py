"""Sign-in and sessions of browsers."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from msgspec.structs import asdict

from hansard.api.envelopes import Count, Items
from hansard.api.operation import Body
from hansard.model.scope import Right
from hansard.server.cookies import SessionCookie
from hansard.server.fields import Asking, Keeper, PathId, Scoped
from hansard.server.user_agents import browser_of
from hansard.services.users.sessions import SignedIn

Cookie = NamedDependency[SessionCookie]


class SignIn(Body, frozen=True, kw_only=True):
    code: Annotated[str, msgspec.Meta(max_length=500)]
    """The `code` parameter of a sign-in link."""


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a request acts."""

    tenant: str
    user: str
    rights: list[Right]


class Key(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    """The key that the page must send as `Hansard-Key` with every request; the cookie alone is not enough."""


class BrowserSession(SignedIn, frozen=True, kw_only=True):
    current: bool
    """Whether this is the session of the request."""


@post("/signin")
async def sign_in(
    request: Asking, session_manager: Keeper, session_cookie: Cookie, data: JSONBody[SignIn]
) -> Response[Key]:
    """Sign this browser in with the one-time code of a link. This needs no other credential.

    The response sets the session cookie and contains the key that must be sent with it.
    """
    browser = browser_of(request.headers.get("User-Agent", ""))
    session, value = await session_manager.create_session(data.code, browser)
    headers = {"Set-Cookie": session_cookie.header(value)}
    return Response(Key(key=session.key), status_code=201, headers=headers)


@delete("/session", status_code=204)
async def sign_out(
    request: Asking, services: Scoped, session_manager: Keeper, session_cookie: Cookie
) -> Response[None]:
    """Sign this browser out and end its streams. With the token as the credential, this has no effect."""
    own = session_manager.session_of(request.auth)
    if own is not None:
        await services.sessions.end(own)
        session_manager.forget()
    return Response(None, headers={"Set-Cookie": session_cookie.header("", lasts=0)})


@get("/scope")
async def get_scope(services: Scoped) -> Principal:
    """Get the tenant, the user and the rights of the request's credential."""
    scope = services.scope
    return Principal(tenant=scope.tenant, user=scope.user, rights=sorted(scope.rights))


@get("/sessions")
async def list_sessions(
    request: Asking, services: Scoped, session_manager: Keeper
) -> Items[BrowserSession]:
    """List the browsers that are signed in, the most recently used first."""
    own = session_manager.session_of(request.auth)
    sessions = await services.sessions.list()
    return Items(items=[BrowserSession(**asdict(s), current=s.id == own) for s in sessions])


@delete("/sessions/{session_id:str}", status_code=204)
async def end_session(services: Scoped, session_manager: Keeper, session_id: PathId) -> None:
    """Sign a browser out and end its streams; other servers of the database follow within two seconds."""
    await services.sessions.end(session_id)
    session_manager.forget()


@delete("/sessions", status_code=200)
async def end_sessions(
    request: Asking, services: Scoped, session_manager: Keeper, others: FromQuery[bool] = False
) -> Count:
    """Sign out all browsers; with `others`, all except this one."""
    own = session_manager.session_of(request.auth) if others else None
    count = await services.sessions.end_all(but=own)
    session_manager.forget()
    return Count(count=count)


ROUTES = (get_scope, sign_in, sign_out, list_sessions, end_session, end_sessions)
