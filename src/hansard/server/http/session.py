from __future__ import annotations

from typing import Any

from litestar import Request, Response, delete
from litestar.di import NamedDependency

from hansard.server.auth import Credential, Doorkeeper
from hansard.server.gate import cookie
from hansard.server.http.fields import Prefix


@delete("/session", status_code=204)
async def sign_out(
    request: Request[Any, Credential, Any], doorkeeper: NamedDependency[Doorkeeper], prefix: Prefix
) -> Response[None]:
    """Sign this browser out; its streams end. A program that comes with the token stays as it is."""
    doorkeeper.dismiss(request.auth)
    return Response(None, headers={"Set-Cookie": cookie("", prefix, lasts=0)})


ROUTES = (sign_out,)
