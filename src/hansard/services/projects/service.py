"""Projects: nested folders of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import msgspec

from hansard.context.projects import MAX_NESTING, outward
from hansard.errors import Conflict, InvalidInput
from hansard.model.checks import check_model, check_one, check_tags, check_text, check_title
from hansard.model.projects import ConversationsOnDelete, Project, ProjectDefaults
from hansard.providers.options import check_known_options
from hansard.services.base import Checks, Service, checked
from hansard.services.library.rules import check_rules, with_rule_ids
from hansard.services.library.tags import ensure_tags
from hansard.services.projects.defaults import read_defaults
from hansard.services.projects.purge import mark_purging, purge_projects
from hansard.services.projects.trash import delete_project, restore_project
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

_UNSET = msgspec.UNSET
_FATES: tuple[ConversationsOnDelete, ...] = get_args(ConversationsOnDelete)
_CHECKS: Checks = {
    "name": lambda name: check_title(name, "/name"),
    "parent_id": lambda parent_id: parent_id and parent_id.lower(),
    "instructions": lambda text: check_text(text, "/instructions"),
    "model": lambda model: check_model(model, "/model"),
    "options": lambda options: check_known_options(options, "/options"),
    "rules": check_rules,
    "tags": lambda tags: check_tags(tags, "/tags"),
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
        options: dict[str, Any] | None = None,
        rules: Sequence[str] = (),
        tags: Sequence[str] = (),
    ) -> Project:
        """Create a project.

        `instructions` are added to the system prompt of its conversations; `model`, in the form provider/model, and
        `options` are their defaults. `rules`, by id or name, apply to their prompts, and new ones get the `tags`. `id`
        makes the request repeatable: a repeated request returns the existing project. Raises InvalidInput for invalid
        fields, NotFound if the parent or a rule does not exist, Conflict if it is nested too deeply, AlreadyExists if
        the id exists with other fields.
        """
        fields = checked(
            _CHECKS,
            name=name,
            parent_id=parent_id,
            instructions=instructions,
            model=model,
            options=options or {},
            rules=rules,
            tags=tags,
        )
        stamp = self.stamp(id, self.clock())

        async def insert_project(tx: Transaction) -> Project:
            project = Project(**stamp, **await with_rule_ids(tx, self.scope.user, fields))
            if project.parent_id is not None:
                await self._check_nesting(tx, project.id, project.parent_id)
            created = await self.insert_once(tx, project, "project.created", *fields)
            await ensure_tags(tx, self, project.tags)
            return created

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
        options: dict[str, Any] | msgspec.UnsetType = _UNSET,
        rules: Sequence[str] | msgspec.UnsetType = _UNSET,
        tags: Sequence[str] | msgspec.UnsetType = _UNSET,
    ) -> Project:
        """Change the given fields; with `version`, only if that is still the project's version.

        `options` replaces all options. Raises InvalidInput for invalid fields, NotFound if the project, parent or a
        rule does not exist, Conflict if the project would be inside itself or nested too deeply, VersionConflict if the
        version is another.
        """
        fields = checked(
            _CHECKS,
            name=name,
            parent_id=parent_id,
            instructions=instructions,
            model=model,
            options=options,
            rules=rules,
            tags=tags,
        )

        async def update_project(tx: Transaction) -> Project:
            project = await self.project(tx, project_id)
            changes = await with_rule_ids(tx, self.scope.user, fields)
            await ensure_tags(tx, self, changes.get("tags", ()))
            if changes.get("parent_id") is not None:
                await self._check_nesting(tx, project.id, changes["parent_id"])
            return await self.change_fields(tx, project, "project.updated", changes, version)

        return await self.run_write(update_project)

    async def delete(
        self,
        project_id: str,
        *,
        conversations: ConversationsOnDelete = "keep",
        to: str | None = None,
    ) -> Project:
        """Move a project and the projects inside to the trash.

        Their conversations stay, out of the project (`keep`); are moved to the project `to`, or out of all projects
        without it (`move`); or are moved to the trash with it (`delete`). Raises NotFound if either project does not
        exist, InvalidInput if `to` is given and they are not moved, Conflict if `to` is deleted too, TooLarge if more
        projects and conversations change than one operation may publish.
        """
        fate = check_one(conversations, _FATES, "/conversations")
        if to is not None and fate != "move":
            raise InvalidInput("Only `move` has a project to move to.", pointer="/to")

        async def trash(tx: Transaction) -> Project:
            project = await self._get_owned(tx, Project, project_id, lock=True)
            target = None
            if to is not None:
                target = (await self._get_owned(tx, Project, to, "write", pointer="/to")).id
            return await delete_project(tx, project, fate, target, self.clock())

        return await self.run_write(trash)

    async def restore(self, project_id: str) -> Project:
        """Restore a project from the trash, with the projects that were deleted with it.

        Conversations that were moved when it was deleted are moved back from where they were moved to, and those that
        were deleted with it are restored. If the project around it is in the trash, it is in none afterwards.

        Raises NotFound if it is not in the trash, TooLarge if more records change than one operation may publish.
        """

        async def restore(tx: Transaction) -> Project:
            project = await self._get_owned(tx, Project, project_id, deleted=True, lock=True)
            return await restore_project(tx, project, self.clock())

        return await self.run_write(restore)

    async def purge(self, project_id: str) -> None:
        """Permanently remove a project in the trash, with the projects that were deleted with it.

        Conversations, artifacts and collections in them stay where they are, in no project. Raises NotFound if it is
        not in the trash.
        """
        now = self.clock()

        async def mark(tx: Transaction) -> list[str]:
            project = await self._get_owned(tx, Project, project_id, deleted=True, lock=True)
            return await mark_purging(tx, project, now)

        project_ids = await self.run_write(mark)
        await purge_projects(self._storage, self.scope.tenant, project_ids, now)

    async def defaults(self, project_id: str) -> ProjectDefaults:
        """Return what holds for conversations in a project, and whether tenant, user or which project sets it.

        Raises NotFound if the project does not exist.
        """

        async def read(tx: Reader) -> ProjectDefaults:
            return await read_defaults(tx, await self.project(tx, project_id, "read"))

        return await self.run_read(read)

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
