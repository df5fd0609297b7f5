from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from msgspec.structs import asdict

from hansard.database import Services
from hansard.model.shares import Share, ShareRight
from hansard.server.fields import Body, Items, PathId, Scoped
from hansard.server.http.artifacts import ALONE, ANYTHING, Number, attachment
from hansard.server.rate_limit import LinkRateLimiter
from hansard.server.sessions import Credential
from hansard.services.artifacts.shares import Linked, NewLink

Asked = Request[Any, Credential | None, Any]


class NewShare(Body, frozen=True, kw_only=True):
    user_id: str
    right: ShareRight = "read"
    expires_at: datetime | None = None


class NewLinkTo(Body, frozen=True, kw_only=True):
    revision: Number | None = None
    """The one that it shows for ever; without it, the newest."""
    expires_at: datetime | None = None


@post("/artifacts/{artifact_id:str}/shares")
async def share_artifact(services: Scoped, artifact_id: PathId, data: JSONBody[NewShare]) -> Share:
    """Share an artifact with a user of the tenant, to read or to write; it replaces a share with that user."""
    return await services.shares.share(artifact_id, **asdict(data))


@post("/artifacts/{artifact_id:str}/links")
async def link_artifact(
    services: Scoped, artifact_id: PathId, data: JSONBody[NewLinkTo]
) -> NewLink:
    """Make a link to an artifact, which lets read. Its token is told this once."""
    return await services.shares.link(artifact_id, **asdict(data))


@get("/artifacts/{artifact_id:str}/shares")
async def list_shares(services: Scoped, artifact_id: PathId) -> Items[Share]:
    """List the shares of an artifact, links included, that were not revoked.

    Whoever is not its owner is told of what lets them see it.
    """
    return Items([*await services.shares.of(artifact_id)])


@delete("/shares/{share_id:str}", status_code=200)
async def revoke_share(services: Scoped, share_id: PathId) -> Share:
    """End a share or a link, at once."""
    return await services.shares.revoke(share_id)


@get("/links/{token:str}")
async def follow_link(
    request: Asked, services: Scoped, guesses: NamedDependency[LinkRateLimiter], token: PathId
) -> Response[Linked]:
    """See what a link shows. This needs no credential but the token."""
    async with bounded(request, services, guesses, token):
        return Response(await services.shares.follow(token), headers=ALONE)


@get(
    "/links/{token:str}/file",
    responses={200: ResponseSpec(bytes, media_type=ANYTHING, description="The file.")},
)
async def download_linked(
    request: Asked, services: Scoped, guesses: NamedDependency[LinkRateLimiter], token: PathId
) -> Response[bytes]:
    """Download what a link shows as a file. This needs no credential but the token."""
    async with bounded(request, services, guesses, token):
        return attachment(await services.shares.file(token))


@asynccontextmanager
async def bounded(
    request: Asked, services: Services, guesses: LinkRateLimiter, token: str
) -> AsyncIterator[None]:
    """Around the look for a link, which guesses may not have made often.

    Whoever is signed in may err as often as they like, and nobody guesses a token with our checksum; one with a wrong
    checksum is NotFound without a look. So only tokens without a checksum are counted.
    """
    if await services.shares.is_genuine(token) or request.auth is not None:
        yield
        return
    with guesses.bounded(request.client.host if request.client else "", token):
        yield


ROUTES = (share_artifact, link_artifact, list_shares, revoke_share, follow_link, download_linked)
