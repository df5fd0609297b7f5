"""The scope's user and tenant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hansard.model.checks import MAX_TITLE, check_json, check_model, check_text
from hansard.model.users import Tenant, User
from hansard.providers.options import check_known_options
from hansard.services.base import Checks, Service, checked
from hansard.services.library.rules import check_rules, with_rule_ids
from hansard.storage.base import Transaction

_UNSET = msgspec.UNSET
_CHECKS: Checks = {
    "instructions": lambda text: check_text(text, "/instructions"),
    "model": lambda model: check_model(model, "/model"),
    "options": lambda options: check_known_options(options, "/options"),
    "rules": check_rules,
}


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
        self,
        *,
        name: str | None = None,
        traits: dict[str, Any] | None = None,
        instructions: str | msgspec.UnsetType = _UNSET,
        model: str | msgspec.UnsetType | None = _UNSET,
        options: dict[str, Any] | msgspec.UnsetType = _UNSET,
        rules: Sequence[str] | msgspec.UnsetType = _UNSET,
    ) -> User:
        """Change the given fields of the user.

        `traits` is a JSON object. `instructions`, `model`, `options` and `rules`, by id or name, apply to all
        conversations; `options` replaces all options. Raises InvalidInput for invalid values, NotFound if a rule does
        not exist.
        """
        changes = checked(
            _CHECKS, instructions=instructions, model=model, options=options, rules=rules
        )
        if name is not None:
            changes["name"] = check_text(name, "/name", MAX_TITLE)
        if traits is not None:
            changes["traits"] = check_json(traits, "/traits")

        async def update_user(tx: Transaction) -> User:
            now = self.clock()
            await self.ensure_user(tx, now)
            fields = await with_rule_ids(tx, self.scope.user, changes)
            await tx.publish(self.change("user.updated", self.scope.user, now))
            return await tx.update(User, self.scope.user, updated_at=now, **fields)

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
        self,
        *,
        name: str | None = None,
        instructions: str | None = None,
        model: str | msgspec.UnsetType | None = _UNSET,
        options: dict[str, Any] | msgspec.UnsetType = _UNSET,
        rules: Sequence[str] | msgspec.UnsetType = _UNSET,
    ) -> Tenant:
        """Change the given fields of the tenant.

        `instructions`, `model`, `options` and `rules` apply to all its users; `options` replaces all options. The rules
        are some of the scope's user, by id or name. Raises PermissionDenied without the right `admin`, InvalidInput for
        invalid values, NotFound if a rule does not exist.
        """
        self.require("admin")
        changes = checked(_CHECKS, model=model, options=options, rules=rules)
        if name is not None:
            changes["name"] = check_text(name, "/name", MAX_TITLE)
        if instructions is not None:
            changes["instructions"] = check_text(instructions, "/instructions")

        async def update_tenant(tx: Transaction) -> Tenant:
            now = self.clock()
            await self.ensure_user(tx, now)
            fields = await with_rule_ids(tx, self.scope.user, changes)
            await tx.publish(self.change("tenant.updated", self.scope.tenant, now))
            return await tx.update(Tenant, updated_at=now, **fields)

        return await self.run_write(update_tenant)
