"""Deleting and restoring projects, with the projects inside and what becomes of their conversations.

Projects that are deleted together have the same `deleted_at` and are restored together, as are the conversations that
were deleted with them. Where conversations were moved to is remembered until the project is restored or purged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hansard.errors import Conflict
from hansard.model.artifacts import Artifact
from hansard.model.base import Id
from hansard.model.conversations import Conversation
from hansard.model.event_kinds import EventKind
from hansard.model.lifecycle import ACTIVE, Trashable, deletion_time, trashed
from hansard.model.projects import ConversationsOnDelete, Project, ProjectMove
from hansard.services.conversations.changes import (
    change_conversation,
    restore_conversation,
    trash_conversation,
)
from hansard.services.library.nesting import inside
from hansard.storage.base import Change, Reader, Transaction
from hansard.storage.query import Query


async def delete_project(
    tx: Transaction,
    project: Project,
    conversations: ConversationsOnDelete,
    to: Id | None,
    now: datetime,
) -> Project:
    """Move a project and those inside to the trash and return it; its conversations are kept, moved or deleted.

    Raises Conflict if they would be moved to one of these projects.
    """
    inner = [each for each in await inside(tx, project) if each.state == "active"]
    ids = [project.id, *(each.id for each in inner)]
    if to in ids:
        raise Conflict("Conversations cannot be moved to a project that is deleted.", pointer="/to")
    at = await _deletion_time(tx, project.owner_id, ids, now)
    for each in inner:
        await change_project(tx, each, "project.deleted", now, trashed(at))
    if conversations != "keep":
        query = Query(Conversation).where(owner_id=project.owner_id, project_id__in=ids)
        for conversation in await lock_all(tx, query.where(state="active")):
            if conversations == "move":
                await _move(tx, conversation, to, now)
            else:
                await trash_conversation(tx, conversation, now, at)
    return await change_project(tx, project, "project.deleted", now, trashed(at))


async def restore_project(tx: Transaction, project: Project, now: datetime) -> Project:
    """Restore a project, those deleted with it, and their conversations that were moved or deleted; return it.

    If the project around it is not active, it is in none afterwards.
    """
    projects = await deleted_together(tx, project)
    ids = [each.id for each in projects]
    for each in projects[1:]:
        await change_project(tx, each, "project.restored", now, ACTIVE)
    for move in await tx.select(Query(ProjectMove).where(project_id__in=ids)):
        await _move_back(tx, move, now)
    await tx.delete(Query(ProjectMove).where(project_id__in=ids))
    query = Query(Conversation).where(owner_id=project.owner_id, project_id__in=ids)
    deleted = query.where(state="trashed", deleted_at=project.deleted_at)
    for conversation in await lock_all(tx, deleted):
        await restore_conversation(tx, conversation, now)
    parent = await tx.get(Project, project.parent_id) if project.parent_id is not None else None
    parent_id = parent.id if parent is not None and parent.state == "active" else None
    return await change_project(
        tx, project, "project.restored", now, {"parent_id": parent_id, **ACTIVE}
    )


async def deleted_together(tx: Reader, project: Project) -> list[Project]:
    """Return a project in the trash and those inside that were deleted with it."""
    inner = await inside(tx, project)
    together = (project.state, project.deleted_at)
    return [project, *(each for each in inner if (each.state, each.deleted_at) == together)]


async def change_project(
    tx: Transaction, project: Project, kind: EventKind, now: datetime, changes: dict[str, Any]
) -> Project:
    """Change fields of a project, publish it and return it."""
    change = Change(user_id=project.owner_id, kind=kind, subject_id=project.id, at=now)
    await tx.publish(change)
    return await tx.update(Project, project.id, updated_at=now, **changes)


async def _deletion_time(
    tx: Reader, owner_id: str, project_ids: Sequence[Id], now: datetime
) -> datetime:
    """Return the `deleted_at` for projects and the conversations in them, which nothing there has yet."""
    since = {"deleted_at__ge": now}
    trash: list[Trashable] = [
        *await tx.select(Query(Project).where(owner_id=owner_id, **since)),
        *await tx.select(Query(Conversation).where(project_id__in=project_ids, **since)),
        *await tx.select(Query(Artifact).where(project_id__in=project_ids, **since)),
    ]
    return deletion_time(now, [each.deleted_at for each in trash])


async def lock_all(tx: Transaction, query: Query[Conversation]) -> list[Conversation]:
    """Lock the conversations that match a query, and return those that are in the same state and project still."""
    locked: list[Conversation] = []
    for found in await tx.select(query.by("id")):
        now = await tx.get(Conversation, found.id, lock=True)
        if now and (now.state, now.project_id) == (found.state, found.project_id):
            locked.append(now)
    return locked


async def _move(tx: Transaction, conversation: Conversation, to: Id | None, now: datetime) -> None:
    """Move a conversation out of its project, and remember it."""
    assert conversation.project_id is not None  # noqa: S101 - it was found by its project
    move = ProjectMove(
        tenant_id=tx.tenant,
        created_at=now,
        project_id=conversation.project_id,
        conversation_id=conversation.id,
        to_project_id=to,
    )
    await tx.insert(move)
    await change_conversation(tx, conversation, {"project_id": to}, now)


async def _move_back(tx: Transaction, move: ProjectMove, now: datetime) -> None:
    """Move a conversation back to its project, if it is still where it was moved to."""
    conversation = await tx.get(Conversation, move.conversation_id, lock=True)
    if conversation is None or conversation.incomplete:
        return
    if conversation.project_id == move.to_project_id:
        await change_conversation(tx, conversation, {"project_id": move.project_id}, now)
