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


def may_be_kept(value: Any) -> bool:
    """Whether it says how many revisions are kept, or for how many days."""
    return type(value) is int and 0 <= value <= MAX_KEPT


def check_setting(name: str) -> str:
    check_text(name, "/name", MAX_NAME)
    if not name.strip():
        raise InvalidInput("A setting has a name.", pointer="/name")
    return name


class Settings(Service):
    """Named values that the user keeps; what Hansard itself goes by must be what it understands."""

    async def list(self) -> list[Setting]:
        query = Query(Setting).where(user_id=self.scope.user).by("name")
        return await self.run_read(lambda tx: tx.select(query))

    async def get(self, name: str) -> Setting:
        check_text(name, "/name", MAX_NAME)
        found = await self.run_read(lambda tx: tx.get(Setting, self.scope.user, name))
        if found is None:
            raise NotFound("There is no such setting.")
        return found

    async def set(self, name: str, value: Any, *, version: int | None = None) -> Setting:
        """Keep a value under a name; with `version`, only in place of that version."""
        check_setting(name)
        checked = check_json(value, "/value")
        if name in (KEEP_REVISIONS, KEEP_DAYS) and not may_be_kept(value):
            raise InvalidInput(
                f"This is a number from 0, for all, to {MAX_KEPT}.", pointer="/value"
            )

        async def work(tx: Transaction) -> Setting:
            now = self.clock()
            await self.ensure_user(tx, now)
            made = Setting(
                tenant_id=tx.tenant,
                user_id=self.scope.user,
                name=name,
                value=checked,
                created_at=now,
                updated_at=now,
            )
            await tx.publish(self.change("setting.updated", name, now))
            if version is None and await tx.insert(made, absent=True):
                return made
            key = (self.scope.user, name)
            return await tx.update(Setting, *key, version=version, value=checked, updated_at=now)

        return await self.run_write(work)

    async def delete(self, name: str) -> None:
        check_text(name, "/name", MAX_NAME)

        async def work(tx: Transaction) -> None:
            now = self.clock()
            if not await tx.delete(Query(Setting).where(user_id=self.scope.user, name=name)):
                raise NotFound("There is no such setting.")
            await tx.publish(self.change("setting.deleted", name, now))

        await self.run_write(work)
