"""What a link to an artifact shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec

from hansard.api.operations import Services
from hansard.server.fields import Asking, PathId, Scoped
from hansard.server.http.artifacts import ALONE, ANYTHING, attachment
from hansard.server.rate_limit import LinkRateLimiter
from hansard.services.artifacts.shares import Linked

Guesses = NamedDependency[LinkRateLimiter]


@get("/links/{token:str}")
async def follow_link(
    request: Asking, services: Scoped, guesses: Guesses, token: PathId
) -> Response[Linked]:
    """Get the artifact of a link. This needs no credential other than the link's token."""
    async with bounded(request, services, guesses, token):
        return Response(await services.shares.follow(token), headers=ALONE)


@get(
    "/links/{token:str}/file",
    responses={200: ResponseSpec(bytes, media_type=ANYTHING, description="The file.")},
)
async def download_linked(
    request: Asking, services: Scoped, guesses: Guesses, token: PathId
) -> Response[bytes]:
    """Download the artifact of a link as a file. This needs no credential other than the link's token."""
    async with bounded(request, services, guesses, token):
        return attachment(await services.shares.file(token))


@asynccontextmanager
async def bounded(
    request: Asking, services: Services, guesses: LinkRateLimiter, token: str
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


ROUTES = (follow_link, download_linked)
