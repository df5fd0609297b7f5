"""Preview URLs of artifacts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import post
from litestar.params import JSONBody

from hansard.api.fields import LIMITS
from hansard.api.operation import Body
from hansard.server import preview
from hansard.server.fields import Asking, Keeper, PathId, Prefix, Scoped
from hansard.server.http.shares import Guesses, bounded
from hansard.server.sessions import SessionManager


class NewPreview(Body, frozen=True, kw_only=True):
    revision: Annotated[int, LIMITS["revision"]] | None = None
    """The revision to show; null for the newest."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """URLs at which an artifact runs; they need no cookie or token."""

    url: str
    """A page for a separate tab."""
    frame_url: str
    """Only the document, for an `<iframe sandbox="allow-scripts">` on a page of this server."""
    expires_at: datetime


@post("/artifacts/{artifact_id:str}/preview")
async def preview_artifact(
    request: Asking,
    services: Scoped,
    session_manager: Keeper,
    prefix: Prefix,
    artifact_id: PathId,
    data: JSONBody[NewPreview],
) -> Preview:
    """Get a URL at which an artifact runs in a sandbox; it expires after some minutes, or when the user signs out.

    Previews exist for html, svg, react and mermaid.
    """
    target = await services.previews.get_target(artifact_id, data.revision)
    session = session_manager.session_of(request.auth) or ""
    return _sign_url(preview.Ticket(target=target, session=session), session_manager, prefix)


@post("/links/{token:str}/preview")
async def preview_link(
    request: Asking,
    services: Scoped,
    guesses: Guesses,
    session_manager: Keeper,
    prefix: Prefix,
    token: PathId,
) -> Preview:
    """Get a URL at which the artifact of a link runs in a sandbox, while the link is valid.

    This needs no credential other than the link's token.
    """
    async with bounded(request, services, guesses, token):
        target = await services.previews.get_link_target(token)
    return _sign_url(preview.Ticket(target=target), session_manager, prefix)


def _sign_url(ticket: preview.Ticket, session_manager: SessionManager, prefix: str) -> Preview:
    seal = session_manager.seal(msgspec.json.encode(ticket), preview.LASTS)
    url = f"{prefix}/preview/{seal.text}"
    return Preview(url=url, frame_url=f"{url}/frame", expires_at=seal.expires_at)


ROUTES = (preview_artifact, preview_link)
