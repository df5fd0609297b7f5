"""Projects: nested folders of conversations."""

from __future__ import annotations

import msgspec

from hansard.errors import Conflict
from hansard.model.checks import MAX_TITLE, check_model, check_text
from hansard.model.projects import Project
from hansard.services.base import Checks, Service, checked
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

_UNSET = msgspec.UNSET
MAX_NESTING = 32
_CHECKS: Checks = {
    "name": lambda name: check_text(name, "/name", MAX_TITLE),
    "parent_id": lambda parent_id: parent_id and parent_id.lower(),
    "instructions": lambda text: check_text(text, "/instructions"),
    "model": lambda model: check_model(model, "/model"),
}


class Projects(Service):
    """Folders of conversations, which can be nested."""

    async def create(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002 - the API's name for the field
        parent_id: str | None = None,
        instructions: str = "",
        model: str | None = None,
    ) -> Project:
        """Create a project.

        `instructions` are added to the system prompt of its conversations; `model` is their default, in the form
        provider/model. `id` makes the request repeatable: a repeated request returns the existing project. Raises
        NotFound if the parent does not exist, Conflict if it is nested too deeply, AlreadyExists if the id exists
        with other fields.
        """
        fields = checked(
            _CHECKS, name=name, parent_id=parent_id, instructions=instructions, model=model
        )
        project = Project(**self.stamp(id, self.clock()), **fields)

        async def insert_project(tx: Transaction) -> Project:
            if project.parent_id is not None:
                await self._check_nesting(tx, project.id, project.parent_id)
            return await self.insert_once(tx, project, "project.created", *fields)

        return await self.run_write(insert_project)

    async def get(self, project_id: str) -> Project:
        """Return a project. Raises NotFound if it does not exist."""
        return await self.run_read(lambda tx: self.project(tx, project_id, "read"))

    async def list(self, *, deleted: bool = False) -> list[Project]:
        """Return all projects by name; with `deleted`, those in the trash."""
        state = "trashed" if deleted else "active"
        query = Query(Project).where(owner_id=self.scope.user, state=state)
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
        """Change the given fields; with `version`, only if that is still the project's version.

        Raises NotFound if the project or parent does not exist, Conflict if the project would be inside itself or
        nested too deeply, VersionConflict if the version is another.
        """
        changes = checked(
            _CHECKS, name=name, parent_id=parent_id, instructions=instructions, model=model
        )

        async def update_project(tx: Transaction) -> Project:
            project = await self.project(tx, project_id)
            if changes.get("parent_id") is not None:
                await self._check_nesting(tx, project.id, changes["parent_id"])
            return await self.change_fields(tx, project, "project.updated", changes, version)

        return await self.run_write(update_project)

    async def delete(self, project_id: str) -> Project:
        """Move a project to the trash; its conversations and inner projects are not deleted."""
        return await self.set_deleted(Project, project_id, "project.deleted", deleted=True)

    async def restore(self, project_id: str) -> Project:
        """Restore a project from the trash. Raises NotFound if it is not in the trash."""
        return await self.set_deleted(Project, project_id, "project.restored", deleted=False)

    async def _check_nesting(self, tx: Reader, project_id: str, parent_id: str) -> None:
        """Raises NotFound if the parent does not exist, Conflict if it is the project or inside it, or too deep."""
        outer_ids = [
            parent.id for parent in await outward(tx, await self.project(tx, parent_id, "write"))
        ]
        if project_id in outer_ids or len(outer_ids) >= MAX_NESTING:
            raise Conflict(
                f"Projects must not contain themselves or nest deeper than {MAX_NESTING}.",
                pointer="/parent_id",
            )


async def outward(tx: Reader, project: Project) -> list[Project]:
    """Return a project and the projects around it, the outermost last."""
    projects = [project]
    while project.parent_id is not None and len(projects) <= MAX_NESTING:
        parent = await tx.get(Project, project.parent_id)
        if parent is None:
            break
        project = parent
        projects.append(project)
    return projects
