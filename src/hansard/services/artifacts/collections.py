from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hansard.errors import NotFound, TooLarge
from hansard.ids import check_id, is_id, new_id
from hansard.model.checks import check_text, check_title
from hansard.model.collections import Collection, CollectionItem
from hansard.services.artifacts.access import ArtifactService
from hansard.services.artifacts.extraction import MAX_DESCRIPTION
from hansard.services.base import repeated
from hansard.storage.base import Transaction
from hansard.storage.query import Query

_UNSET = msgspec.UNSET
MAX_COLLECTED = 1_000
"""Artifacts in a collection."""


CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": lambda name: check_title(name, "/name"),
    "description": lambda text: check_text(text, "/description", MAX_DESCRIPTION),
}
"""By field, what may be said there, whether a writer says it or a file."""


class Collections(ArtifactService):
    """Named sets of artifacts; an artifact may be in many, and stays where it is."""

    async def create(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002 - the field's name on every door
        description: str = "",
        project_id: str | None = None,
    ) -> Collection:
        """A new collection. Creating it again with the same id and the same fields returns what is there."""
        now = self.clock()
        made = Collection(
            tenant_id=self.scope.tenant,
            id=new_id() if id is None else check_id(id),
            owner_id=self.scope.user,
            project_id=project_id and project_id.lower(),
            name=CHECKS["name"](name),
            description=CHECKS["description"](description),
            created_at=now,
            updated_at=now,
        )

        async def work(tx: Transaction) -> Collection:
            await self.ensure_user(tx, now)
            await self.check_project(tx, made.project_id)
            there = await tx.get(Collection, made.id)
            if there is not None:
                return repeated(there, made, "project_id", "name", "description")
            await tx.insert(made)
            await tx.publish(self.change("collection.created", made.id, now))
            return made

        return await self.run_write(work)

    async def get(self, collection_id: str) -> Collection:
        return await self.run_read(lambda tx: self.collection(tx, collection_id))

    async def list(
        self, *, project_id: str | None = None, deleted: bool = False
    ) -> list[Collection]:
        """All collections, or those of a project, by name; with `deleted`, those in the trash."""
        query = Query(Collection).where(owner_id=self.scope.user)
        query = query.where(deleted_at__ne=None) if deleted else query.where(deleted_at=None)
        if project_id is not None:
            query = query.where(project_id=check_id(project_id, "/project_id"))
        return await self.run_read(lambda tx: tx.select(query.by("name", "id")))

    async def update(
        self,
        collection_id: str,
        *,
        version: int | None = None,
        name: str | msgspec.UnsetType = _UNSET,
        description: str | msgspec.UnsetType = _UNSET,
        project_id: str | msgspec.UnsetType | None = _UNSET,
    ) -> Collection:
        """Change what is given; with `version`, only if it is still at that version."""
        changes: dict[str, Any] = {}
        if name is not _UNSET:
            changes["name"] = CHECKS["name"](name)
        if description is not _UNSET:
            changes["description"] = CHECKS["description"](description)
        if project_id is not _UNSET:
            changes["project_id"] = project_id and project_id.lower()

        async def work(tx: Transaction) -> Collection:
            found = await self.collection(tx, collection_id)
            await self.check_project(tx, changes.get("project_id"))
            now = self.clock()
            changed = await tx.update(
                Collection, found.id, version=version, updated_at=now, **changes
            )
            await tx.publish(self.change("collection.updated", found.id, now))
            return changed

        return await self.run_write(work)

    async def delete(self, collection_id: str) -> Collection:
        """Into the trash; its artifacts stay where they are."""
        return await self._mark(collection_id, deleted=True)

    async def restore(self, collection_id: str) -> Collection:
        return await self._mark(collection_id, deleted=False)

    async def add(self, collection_id: str, artifact_id: str) -> None:
        """Put an artifact in; again, nothing changes."""

        async def work(tx: Transaction) -> None:
            found = await self.collection(tx, collection_id, lock=True)
            artifact = await self.artifact(tx, artifact_id, "read")
            now = self.clock()
            each = CollectionItem(
                tenant_id=tx.tenant,
                created_at=now,
                collection_id=found.id,
                artifact_id=artifact.id,
            )
            if not await tx.insert(each, absent=True):
                return
            if await tx.count(Query(CollectionItem).where(collection_id=found.id)) > MAX_COLLECTED:
                raise TooLarge(f"A collection has at most {MAX_COLLECTED} artifacts.")
            await tx.publish(self.change("collection.updated", found.id, now))

        await self.run_write(work)

    async def remove(self, collection_id: str, artifact_id: str) -> None:
        """Take an artifact out; NotFound if it is not in."""

        async def work(tx: Transaction) -> None:
            found = await self.collection(tx, collection_id)
            key = artifact_id.lower()
            each = Query(CollectionItem).where(collection_id=found.id, artifact_id=key)
            if not is_id(key) or not await tx.delete(each):
                raise NotFound("There is no such artifact.")
            await tx.publish(self.change("collection.updated", found.id, self.clock()))

        await self.run_write(work)

    async def _mark(self, collection_id: str, *, deleted: bool) -> Collection:
        async def work(tx: Transaction) -> Collection:
            found = await self.collection(tx, collection_id, deleted=not deleted)
            now = self.clock()
            kind = "collection.deleted" if deleted else "collection.restored"
            await tx.publish(self.change(kind, found.id, now))
            at = now if deleted else None
            return await tx.update(Collection, found.id, deleted_at=at, updated_at=now)

        return await self.run_write(work)
