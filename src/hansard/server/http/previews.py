from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from hansard.server import preview
from hansard.server.fields import Body, PathId, Prefix, Scoped
from hansard.server.http.artifacts import Number
from hansard.server.http.shares import Asked, bounded
from hansard.server.rate_limit import LinkRateLimiter
from hansard.server.sessions import SessionManager


class NewPreview(Body, frozen=True, kw_only=True):
    revision: Number | None = None
    """The newest, if none is named."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Where an artifact runs, for whoever has the address; no cookie and no token is asked for there."""

    url: str
    """A page for a tab of its own."""
    frame_url: str
    """The document alone, for an `<iframe sandbox="allow-scripts">` on a page of this server."""
    expires_at: datetime


@post("/artifacts/{artifact_id:str}/preview")
async def preview_artifact(
    request: Asked,
    services: Scoped,
    session_manager: NamedDependency[SessionManager],
    prefix: Prefix,
    artifact_id: PathId,
    data: JSONBody[NewPreview],
) -> Preview:
    """Get an address at which an artifact runs, in a sandbox, for some minutes, or until who asks signs out.

    There are previews of html, svg, react and mermaid.
    """
    sight = await services.previews.sight(artifact_id, data.revision)
    session = session_manager.session_of(request.auth) or ""
    return _address(preview.Ticket(sight=sight, session=session), session_manager, prefix)


@post("/links/{token:str}/preview")
async def preview_link(
    request: Asked,
    services: Scoped,
    guesses: NamedDependency[LinkRateLimiter],
    session_manager: NamedDependency[SessionManager],
    prefix: Prefix,
    token: PathId,
) -> Preview:
    """Get an address at which what a link shows runs, as long as the link is good.

    This needs no credential but the token.
    """
    async with bounded(request, services, guesses, token):
        sight = await services.previews.sight_of_link(token)
    return _address(preview.Ticket(sight=sight), session_manager, prefix)


def _address(ticket: preview.Ticket, session_manager: SessionManager, prefix: str) -> Preview:
    seal = session_manager.seal(msgspec.json.encode(ticket), preview.LASTS)
    url = f"{prefix}/preview/{seal.text}"
    return Preview(url=url, frame_url=f"{url}/frame", expires_at=seal.expires_at)


ROUTES = (preview_artifact, preview_link)
