"""Shares and links of artifacts."""

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
    """The revision that the link always shows; null for the newest."""
    expires_at: datetime | None = None


@post("/artifacts/{artifact_id:str}/shares")
async def share_artifact(services: Scoped, artifact_id: PathId, data: JSONBody[NewShare]) -> Share:
    """Share an artifact with a user of the tenant, with the right to read or write; replaces an earlier share."""
    return await services.shares.share(artifact_id, **asdict(data))


@post("/artifacts/{artifact_id:str}/links")
async def link_artifact(
    services: Scoped, artifact_id: PathId, data: JSONBody[NewLinkTo]
) -> NewLink:
    """Create a read-only link to an artifact. Only this response contains its token."""
    return await services.shares.link(artifact_id, **asdict(data))


@get("/artifacts/{artifact_id:str}/shares")
async def list_shares(services: Scoped, artifact_id: PathId) -> Items[Share]:
    """List the shares of an artifact that were not revoked, including links.

    Non-owners see only the shares that grant them access.
    """
    return Items([*await services.shares.of(artifact_id)])


@delete("/shares/{share_id:str}", status_code=200)
async def revoke_share(services: Scoped, share_id: PathId) -> Share:
    """Revoke a share or a link; it stops working at once."""
    return await services.shares.revoke(share_id)


@get("/links/{token:str}")
async def follow_link(
    request: Asked, services: Scoped, guesses: NamedDependency[LinkRateLimiter], token: PathId
) -> Response[Linked]:
    """Get the artifact of a link. This needs no credential other than the link's token."""
    async with bounded(request, services, guesses, token):
        return Response(await services.shares.follow(token), headers=ALONE)


@get(
    "/links/{token:str}/file",
    responses={200: ResponseSpec(bytes, media_type=ANYTHING, description="The file.")},
)
async def download_linked(
    request: Asked, services: Scoped, guesses: NamedDependency[LinkRateLimiter], token: PathId
) -> Response[bytes]:
    """Download the artifact of a link as a file. This needs no credential other than the link's token."""
    async with bounded(request, services, guesses, token):
        return attachment(await services.shares.file(token))


@asynccontextmanager
async def bounded(
    request: Asked, services: Services, guesses: LinkRateLimiter, token: str
) -> AsyncIterator[None]:
    """A context for looking up a link that limits guesses of tokens.

    Requests with a credential are not limited. Tokens with a valid checksum cannot be guessed, and those with an
    invalid one raise NotFound without a query. So only old tokens without a checksum count.
    """
    if await services.shares.is_genuine(token) or request.auth is not None:
        yield
        return
    with guesses.bounded(request.client.host if request.client else "", token):
        yield


ROUTES = (share_artifact, link_artifact, list_shares, revoke_share, follow_link, download_linked)
