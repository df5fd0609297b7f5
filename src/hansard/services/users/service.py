"""The scope's user and tenant."""

from __future__ import annotations

from typing import Any

from hansard.model.checks import MAX_TITLE, check_json, check_text
from hansard.model.users import Tenant, User
from hansard.services.base import Service
from hansard.storage.base import Transaction


class Users(Service):
    """The scope's user and tenant."""

    async def me(self) -> User:
        """Return the scope's user, creating it if needed."""

        async def get_user(tx: Transaction) -> User:
            await self.ensure_user(tx, self.clock())
            user = await tx.get(User, self.scope.user)
            assert user is not None  # noqa: S101 - created above
            return user

        return await self.run_write(get_user)

    async def update_me(
        self, *, name: str | None = None, traits: dict[str, Any] | None = None
    ) -> User:
        """Change the user's name or traits, a JSON object. Raises InvalidInput for invalid values."""
        changes: dict[str, Any] = {}
        if name is not None:
            changes["name"] = check_text(name, "/name", MAX_TITLE)
        if traits is not None:
            changes["traits"] = check_json(traits, "/traits")

        async def update_user(tx: Transaction) -> User:
            now = self.clock()
            await self.ensure_user(tx, now)
            await tx.publish(self.change("user.updated", self.scope.user, now))
            return await tx.update(User, self.scope.user, updated_at=now, **changes)

        return await self.run_write(update_user)

    async def tenant(self) -> Tenant:
        """Return the scope's tenant, creating it if needed."""

        async def get_tenant(tx: Transaction) -> Tenant:
            await self.ensure_user(tx, self.clock())
            tenant = await tx.get(Tenant)
            assert tenant is not None  # noqa: S101 - created above
            return tenant

        return await self.run_write(get_tenant)

    async def update_tenant(
        self, *, name: str | None = None, instructions: str | None = None
    ) -> Tenant:
        """Change the tenant's name or the instructions for all its users.

        Raises PermissionDenied without the right `admin`.
        """
        self.require("admin")
        changes: dict[str, Any] = {}
        if name is not None:
            changes["name"] = check_text(name, "/name", MAX_TITLE)
        if instructions is not None:
            changes["instructions"] = check_text(instructions, "/instructions")

        async def update_tenant(tx: Transaction) -> Tenant:
            now = self.clock()
            await self.ensure_user(tx, now)
            await tx.publish(self.change("tenant.updated", self.scope.tenant, now))
            return await tx.update(Tenant, updated_at=now, **changes)

        return await self.run_write(update_tenant)
