"""The user and the tenant of the server."""

from __future__ import annotations

from typing import Any

from litestar import get, patch
from litestar.params import JSONBody
from msgspec.structs import asdict

from hansard.model.users import Tenant, User
from hansard.server.fields import Body, Scoped


class UserChanges(Body, frozen=True, kw_only=True):
    """Fields that are omitted or null stay unchanged."""

    name: str | None = None
    traits: dict[str, Any] | None = None


class TenantChanges(Body, frozen=True, kw_only=True):
    """Fields that are omitted or null stay unchanged."""

    name: str | None = None
    instructions: str | None = None


@get("/me")
async def get_me(services: Scoped) -> User:
    """Get the user of this server."""
    return await services.users.me()


@patch("/me")
async def update_me(services: Scoped, data: JSONBody[UserChanges]) -> User:
    """Change the user's name or traits."""
    return await services.users.update_me(**asdict(data))


@get("/tenant")
async def get_tenant(services: Scoped) -> Tenant:
    """Get the tenant of this server."""
    return await services.users.tenant()


@patch("/tenant")
async def update_tenant(services: Scoped, data: JSONBody[TenantChanges]) -> Tenant:
    """Change the tenant's name or instructions, which apply to all its users."""
    return await services.users.update_tenant(**asdict(data))


ROUTES = (get_me, update_me, get_tenant, update_tenant)
