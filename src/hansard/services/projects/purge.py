"""Permanent removal of projects, in batches, so that no write transaction takes long.

The projects first get the state `purging`, so that they can neither be seen nor restored. Then everything that refers
to them is taken out of them, and finally they are removed. `finish_project_purges` completes what was interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hansard.model.artifacts import Artifact
from hansard.model.base import Id
from hansard.model.collections import Collection
from hansard.model.conversations import Conversation
from hansard.model.projects import Project
from hansard.services.conversations.changes import change_conversation
from hansard.services.library.base import kind_of
from hansard.services.projects.trash import change_project, deleted_together, lock_all
from hansard.storage.base import Change, Reader, Storage, Transaction
from hansard.storage.ownership import remove
from hansard.storage.query import Query

BATCH = 100
"""Records that are taken out of projects in one transaction."""


async def mark_purging(tx: Transaction, project: Project, now: datetime) -> list[Id]:
    """Mark a project in the trash and those deleted with it, so that they cannot be restored; return their ids."""
    projects = await deleted_together(tx, project)
    for each in projects:
        await change_project(tx, each, "project.purged", now, {"state": "purging"})
    return [each.id for each in projects]


async def purge_projects(
    storage: Storage, tenant: str, project_ids: Sequence[Id], now: datetime
) -> None:
    """Remove projects in the state `purging`, and take everything out of them.

    A project with a conversation that is being imported or purged is left to `finish_project_purges`.
    """

    async def batch(tx: Transaction) -> bool:
        if await _empty_some(tx, project_ids, now):
            return True
        occupied = Query(Conversation).where(project_id__in=project_ids)
        if not await tx.count(occupied):
            await remove(tx, Query(Project).where(id__in=project_ids, state="purging"))
        return False

    while await storage.write(tenant, batch):
        pass
    await storage.erase()


async def finish_project_purges(storage: Storage, tenant: str, now: datetime) -> None:
    """Complete interrupted purges of projects."""

    async def select_purging(tx: Reader) -> list[Project]:
        return await tx.select(Query(Project).where(state="purging").by("id"))

    projects = await storage.read(tenant, select_purging)
    if projects:
        await purge_projects(storage, tenant, [project.id for project in projects], now)


async def _empty_some(tx: Transaction, project_ids: Sequence[Id], now: datetime) -> bool:
    """Take a batch of records out of projects; return False if there are none."""
    held = {"project_id__in": project_ids}
    conversations = Query(Conversation).where(**held, state__in=["active", "trashed"])
    found = await lock_all(tx, conversations.page(BATCH))
    for conversation in found:
        await change_conversation(tx, conversation, {"project_id": None}, now)
    if found:
        return True
    standalone = Query(Artifact).where(**held, conversation_id=None)
    artifacts = await tx.select(standalone.by("id").page(BATCH))
    for artifact in artifacts:
        await tx.update(Artifact, artifact.id, project_id=None)
    collections = await tx.select(Query(Collection).where(**held).by("id").page(BATCH))
    inner = Query(Project).where(parent_id__in=project_ids)
    projects = await tx.select(inner.by("id").page(BATCH))
    for record, field in (
        *((c, "project_id") for c in collections),
        *((p, "parent_id") for p in projects),
    ):
        await tx.update(type(record), record.id, updated_at=now, **{field: None})
        if record.state == "active":
            await tx.publish(_updated(record, now))
    return bool(artifacts or collections or projects)


def _updated(record: Collection | Project, now: datetime) -> Change:
    return Change(
        user_id=record.owner_id, kind=kind_of(record, "updated"), subject_id=record.id, at=now
    )
