"""The user of a scope, and its tenant."""

from __future__ import annotations

from typing import Any

from hansard.model.checks import MAX_TITLE, check_json, check_text
from hansard.model.tenants import Tenant, User
from hansard.services.base import Service
from hansard.storage.base import Transaction


class People(Service):
    async def me(self) -> User:
        """The scope's user, who is entered into the record if need be."""

        async def work(tx: Transaction) -> User:
            await self.ensure_user(tx, self.clock())
            found = await tx.get(User, self.scope.user)
            assert found is not None  # noqa: S101 - entered above
            return found

        return await self.run_write(work)

    async def update_me(
        self, *, name: str | None = None, traits: dict[str, Any] | None = None
    ) -> User:
        changes: dict[str, Any] = {}
        if name is not None:
            changes["name"] = check_text(name, "/name", MAX_TITLE)
        if traits is not None:
            changes["traits"] = check_json(traits, "/traits")

        async def work(tx: Transaction) -> User:
            now = self.clock()
            await self.ensure_user(tx, now)
            await tx.publish(self.change("user.updated", self.scope.user, now))
            return await tx.update(User, self.scope.user, updated_at=now, **changes)

        return await self.run_write(work)

    async def tenant(self) -> Tenant:
        async def work(tx: Transaction) -> Tenant:
            await self.ensure_user(tx, self.clock())
            found = await tx.get(Tenant)
            assert found is not None  # noqa: S101 - entered above
            return found

        return await self.run_write(work)

    async def update_tenant(
        self, *, name: str | None = None, instructions: str | None = None
    ) -> Tenant:
        """Change what holds for everybody in the tenant; needs the right `admin`."""
        self.require("admin")
        changes: dict[str, Any] = {}
        if name is not None:
            changes["name"] = check_text(name, "/name", MAX_TITLE)
        if instructions is not None:
            changes["instructions"] = check_text(instructions, "/instructions")

        async def work(tx: Transaction) -> Tenant:
            now = self.clock()
            await self.ensure_user(tx, now)
            await tx.publish(self.change("tenant.updated", self.scope.tenant, now))
            return await tx.update(Tenant, updated_at=now, **changes)

        return await self.run_write(work)
