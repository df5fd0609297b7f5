"""Collections: named sets of artifacts."""

from __future__ import annotations

import msgspec

from hansard.errors import NotFound, TooLarge
from hansard.ids import check_id, is_id
from hansard.model.checks import check_text, check_title
from hansard.model.collections import Collection, CollectionItem
from hansard.services.artifacts.access import ArtifactService
from hansard.services.artifacts.extraction import MAX_DESCRIPTION
from hansard.services.base import Checks, checked
from hansard.storage.base import Transaction
from hansard.storage.query import Query

_UNSET = msgspec.UNSET
MAX_ITEMS = 1_000
"""Artifacts in a collection."""


CHECKS: Checks = {
    "name": lambda name: check_title(name, "/name"),
    "description": lambda text: check_text(text, "/description", MAX_DESCRIPTION),
    "project_id": lambda project_id: project_id and project_id.lower(),
}
"""Validators by field, for requests and imported files."""


class Collections(ArtifactService):
    """Named sets of artifacts. An artifact can be in many collections and stays in its conversation."""

    async def create(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002 - the API's name for the field
        description: str = "",
        project_id: str | None = None,
    ) -> Collection:
        """Create a collection.

        `id` makes the request repeatable: a repeated request returns the existing collection. Raises NotFound if the
        project does not exist, AlreadyExists if the id exists with other fields.
        """
        fields = checked(CHECKS, name=name, description=description, project_id=project_id)
        collection = Collection(**self.stamp(id, self.clock()), **fields)

        async def insert_collection(tx: Transaction) -> Collection:
            await self.check_project(tx, collection.project_id)
            return await self.insert_once(tx, collection, "collection.created", *fields)

        return await self.run_write(insert_collection)

    async def get(self, collection_id: str) -> Collection:
        """Return a collection. Raises NotFound if it does not exist."""
        return await self.run_read(lambda tx: self.collection(tx, collection_id, "read"))

    async def list(
        self, *, project_id: str | None = None, deleted: bool = False
    ) -> list[Collection]:
        """Return all collections, or those of a project, by name; with `deleted`, those in the trash."""
        state = "trashed" if deleted else "active"
        query = Query(Collection).where(owner_id=self.scope.user, state=state)
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
        """Change the given fields; with `version`, only if that is still the collection's version.

        Raises NotFound if the collection or project does not exist, VersionConflict if the version is another.
        """
        changes = checked(CHECKS, name=name, description=description, project_id=project_id)

        async def update_collection(tx: Transaction) -> Collection:
            collection = await self.collection(tx, collection_id)
            await self.check_project(tx, changes.get("project_id"))
            return await self.change_fields(tx, collection, "collection.updated", changes, version)

        return await self.run_write(update_collection)

    async def delete(self, collection_id: str) -> Collection:
        """Move a collection to the trash; its artifacts are not deleted."""
        return await self.set_deleted(Collection, collection_id, "collection.deleted", deleted=True)

    async def restore(self, collection_id: str) -> Collection:
        """Restore a collection from the trash. Raises NotFound if it is not in the trash."""
        return await self.set_deleted(
            Collection, collection_id, "collection.restored", deleted=False
        )

    async def add(self, collection_id: str, artifact_id: str) -> None:
        """Add an artifact to a collection; does nothing if it is in it already.

        Raises NotFound if either does not exist, TooLarge if the collection is full.
        """

        async def insert_item(tx: Transaction) -> None:
            collection = await self.collection(tx, collection_id, "write", lock=True)
            artifact = await self.artifact(tx, artifact_id, "read")
            now = self.clock()
            item = CollectionItem(
                tenant_id=tx.tenant,
                created_at=now,
                collection_id=collection.id,
                artifact_id=artifact.id,
            )
            if not await tx.insert(item, absent=True):
                return
            if await tx.count(Query(CollectionItem).where(collection_id=collection.id)) > MAX_ITEMS:
                raise TooLarge(f"A collection has at most {MAX_ITEMS} artifacts.")
            await tx.publish(self.change("collection.updated", collection.id, now))

        await self.run_write(insert_item)

    async def remove(self, collection_id: str, artifact_id: str) -> None:
        """Remove an artifact from a collection. Raises NotFound if it is not in it."""

        async def delete_item(tx: Transaction) -> None:
            collection = await self.collection(tx, collection_id, "write")
            key = artifact_id.lower()
            item = Query(CollectionItem).where(collection_id=collection.id, artifact_id=key)
            if not is_id(key) or not await tx.delete(item):
                raise NotFound("There is no such artifact.")
            await tx.publish(self.change("collection.updated", collection.id, self.clock()))

        await self.run_write(delete_item)
