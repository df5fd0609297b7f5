"""Changes of whole conversations, with what follows them: artifacts, counters and the feed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.event_kinds import EventKind
from hansard.model.lifecycle import ACTIVE, deletion_time, trashed
from hansard.model.projects import Project
from hansard.services.artifacts import lifecycle
from hansard.services.conversations.purge import (
    conversation_change,
    conversation_counters,
    recount,
)
from hansard.storage.base import Transaction


async def change_conversation(
    tx: Transaction,
    conversation: Conversation,
    changes: dict[str, Any],
    now: datetime,
    version: int | None = None,
) -> Conversation:
    """Change fields of a conversation and return it. Raises VersionConflict if its version is not `version`."""
    updated = await tx.update(
        Conversation, conversation.id, version=version, updated_at=now, **changes
    )
    if updated.project_id != conversation.project_id:
        await recount(tx, conversation, -1)
        await recount(tx, updated, 1)
    if (updated.project_id, updated.expires_at) != (
        conversation.project_id,
        conversation.expires_at,
    ):
        await lifecycle.update_from_conversation(tx, updated)
    await tx.publish(conversation_change(conversation, "conversation.updated", now))
    return updated


async def trash_conversation(
    tx: Transaction, conversation: Conversation, now: datetime, at: datetime | None = None
) -> Conversation:
    """Move a conversation and its artifacts to the trash and return it; `at` is a `deleted_at` that is not in use."""
    in_conversation = {"conversation_id": conversation.id}
    if at is None:
        key = conversation.project_id
        project = await tx.get(Project, key) if key is not None else None
        used = await lifecycle.deletions(tx, now, **in_conversation)
        at = deletion_time(now, [*used, project.deleted_at if project else None])
    await lifecycle.delete(tx, at, now, **in_conversation)
    return await set_state(tx, conversation, "conversation.deleted", now, trashed(at))


async def restore_conversation(
    tx: Transaction, conversation: Conversation, now: datetime
) -> Conversation:
    """Restore a conversation, and the artifacts that were moved to the trash with it, and return it."""
    await lifecycle.restore(tx, conversation.deleted_at, now, conversation_id=conversation.id)
    return await set_state(tx, conversation, "conversation.restored", now, ACTIVE)


async def set_state(
    tx: Transaction,
    conversation: Conversation,
    kind: EventKind,
    now: datetime,
    changes: dict[str, Any],
) -> Conversation:
    """Change the state of a conversation and return it."""
    updated = await tx.update(Conversation, conversation.id, updated_at=now, **changes)
    await tx.publish(conversation_change(conversation, kind, now))
    return updated


async def insert_conversation(
    tx: Transaction, conversation: Conversation, now: datetime
) -> Conversation:
    """Store a new conversation with its main branch, and publish it."""
    main = Branch(
        tenant_id=conversation.tenant_id,
        id=conversation.branch,
        conversation_id=conversation.id,
        name="main",
        created_at=now,
        updated_at=now,
    )
    await tx.insert(conversation)
    await tx.insert(main)
    await tx.increment(conversation_counters(conversation))
    await tx.publish(conversation_change(conversation, "conversation.created", now))
    return conversation
