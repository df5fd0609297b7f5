"""Settings: named JSON values of a user."""

from __future__ import annotations

from typing import Any

from hansard.errors import InvalidInput, NotFound
from hansard.model.checks import check_json, check_text
from hansard.model.settings import Setting
from hansard.services.base import Service
from hansard.services.options import MAX_KEPT
from hansard.storage.base import Transaction
from hansard.storage.query import Query

MAX_NAME = 200
KEEP_REVISIONS, KEEP_DAYS = "artifacts.keep_revisions", "artifacts.keep_days"


def is_retention_value(value: Any) -> bool:
    """Return whether a value is a valid number of revisions or days to keep."""
    return type(value) is int and 0 <= value <= MAX_KEPT


def check_setting(name: str) -> str:
    """Return a setting's name. Raises InvalidInput if it is blank or too long."""
    check_text(name, "/name", MAX_NAME)
    if not name.strip():
        raise InvalidInput("The name of a setting must not be blank.", pointer="/name")
    return name


class Settings(Service):
    """Named values of the user; those that Hansard itself uses are validated."""

    async def list(self) -> list[Setting]:
        """Return all settings by name."""
        query = Query(Setting).where(user_id=self.scope.user).by("name")
        return await self.run_read(lambda tx: tx.select(query))

    async def get(self, name: str) -> Setting:
        """Return a setting. Raises NotFound if it does not exist."""
        check_text(name, "/name", MAX_NAME)
        setting = await self.run_read(lambda tx: tx.get(Setting, self.scope.user, name))
        if setting is None:
            raise NotFound("There is no such setting.")
        return setting

    async def set(self, name: str, value: Any, *, version: int | None = None) -> Setting:
        """Store a JSON value under a name; with `version`, only if that is still the setting's version.

        Raises InvalidInput for an invalid name or value, VersionConflict if the version is another.
        """
        check_setting(name)
        checked = check_json(value, "/value")
        if name in (KEEP_REVISIONS, KEEP_DAYS) and not is_retention_value(value):
            raise InvalidInput(
                f"The value must be an integer from 0 (keep all) to {MAX_KEPT}.", pointer="/value"
            )

        async def upsert_setting(tx: Transaction) -> Setting:
            now = self.clock()
            await self.ensure_user(tx, now)
            setting = Setting(
                tenant_id=tx.tenant,
                user_id=self.scope.user,
                name=name,
                value=checked,
                created_at=now,
                updated_at=now,
            )
            await tx.publish(self.change("setting.updated", name, now))
            if version is None and await tx.insert(setting, absent=True):
                return setting
            key = (self.scope.user, name)
            return await tx.update(Setting, *key, version=version, value=checked, updated_at=now)

        return await self.run_write(upsert_setting)

    async def delete(self, name: str) -> None:
        """Delete a setting. Raises NotFound if it does not exist."""
        check_text(name, "/name", MAX_NAME)

        async def delete_setting(tx: Transaction) -> None:
            now = self.clock()
            if not await tx.delete(Query(Setting).where(user_id=self.scope.user, name=name)):
                raise NotFound("There is no such setting.")
            await tx.publish(self.change("setting.deleted", name, now))

        await self.run_write(delete_setting)
