from __future__ import annotations

from typing import Any

import msgspec

from hansard.errors import Conflict
from hansard.ids import check_id, new_id
from hansard.model.checks import MAX_TITLE, check_model, check_text
from hansard.model.projects import Project
from hansard.services.base import Service, return_if_identical
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

_UNSET = msgspec.UNSET
MAX_NESTING = 32


class Projects(Service):
    """Folders of conversations, which nest."""

    async def create(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002 - the field's name on every door
        parent_id: str | None = None,
        instructions: str = "",
        model: str | None = None,
    ) -> Project:
        """A new project. Creating it again with the same id and the same fields returns what is there."""
        now = self.clock()
        made = Project(
            tenant_id=self.scope.tenant,
            id=new_id() if id is None else check_id(id),
            owner_id=self.scope.user,
            parent_id=parent_id and parent_id.lower(),
            name=check_text(name, "/name", MAX_TITLE),
            instructions=check_text(instructions, "/instructions"),
            model=check_model(model, "/model"),
            created_at=now,
            updated_at=now,
        )

        async def work(tx: Transaction) -> Project:
            await self.ensure_user(tx, now)
            if made.parent_id is not None:
                await self._check_nesting(tx, made.id, made.parent_id)
            there = await tx.get(Project, made.id)
            if there is not None:
                return return_if_identical(
                    there, made, "parent_id", "name", "instructions", "model"
                )
            await tx.insert(made)
            await tx.publish(self.change("project.created", made.id, now))
            return made

        return await self.run_write(work)

    async def get(self, project_id: str) -> Project:
        return await self.run_read(lambda tx: self.project(tx, project_id))

    async def list(self, *, deleted: bool = False) -> list[Project]:
        """All projects, by name; with `deleted`, those in the trash."""
        query = Query(Project).where(owner_id=self.scope.user)
        query = query.where(deleted_at__ne=None) if deleted else query.where(deleted_at=None)
        return await self.run_read(lambda tx: tx.select(query.by("name", "id")))

    async def update(
        self,
        project_id: str,
        *,
        version: int | None = None,
        name: str | msgspec.UnsetType = _UNSET,
        parent_id: str | msgspec.UnsetType | None = _UNSET,
        instructions: str | msgspec.UnsetType = _UNSET,
        model: str | msgspec.UnsetType | None = _UNSET,
    ) -> Project:
        """Change what is given; with `version`, only if it is still at that version."""
        changes: dict[str, Any] = {}
        if name is not _UNSET:
            changes["name"] = check_text(name, "/name", MAX_TITLE)
        if instructions is not _UNSET:
            changes["instructions"] = check_text(instructions, "/instructions")
        if model is not _UNSET:
            changes["model"] = check_model(model, "/model")
        if parent_id is not _UNSET:
            changes["parent_id"] = parent_id and parent_id.lower()

        async def work(tx: Transaction) -> Project:
            found = await self.project(tx, project_id)
            if changes.get("parent_id") is not None:
                await self._check_nesting(tx, found.id, changes["parent_id"])
            now = self.clock()
            changed = await tx.update(Project, found.id, version=version, updated_at=now, **changes)
            await tx.publish(self.change("project.updated", found.id, now))
            return changed

        return await self.run_write(work)

    async def delete(self, project_id: str) -> Project:
        """Into the trash; its conversations and inner projects stay where they are."""
        return await self._mark(project_id, deleted=True)

    async def restore(self, project_id: str) -> Project:
        return await self._mark(project_id, deleted=False)

    async def _mark(self, project_id: str, *, deleted: bool) -> Project:
        async def work(tx: Transaction) -> Project:
            found = await self.project(tx, project_id, deleted=not deleted)
            now = self.clock()
            kind = "project.deleted" if deleted else "project.restored"
            await tx.publish(self.change(kind, found.id, now))
            at = now if deleted else None
            return await tx.update(Project, found.id, deleted_at=at, updated_at=now)

        return await self.run_write(work)

    async def _check_nesting(self, tx: Reader, project_id: str, parent_id: str) -> None:
        """Refuse a parent that is foreign, is the project itself, or is inside it."""
        outer = [parent.id for parent in await outward(tx, await self.project(tx, parent_id))]
        if project_id in outer or len(outer) >= MAX_NESTING:
            raise Conflict("A project cannot be inside itself, or too deep.", pointer="/parent_id")


async def outward(tx: Reader, project: Project) -> list[Project]:
    """A project and those around it, the outermost last."""
    found = [project]
    while project.parent_id is not None and len(found) <= MAX_NESTING:
        parent = await tx.get(Project, project.parent_id)
        if parent is None:
            break
        project = parent
        found.append(project)
    return found
