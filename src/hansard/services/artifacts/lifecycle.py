"""Moving, trashing, restoring and purging artifacts together with their conversations, branches and messages.

Artifacts that are trashed with a conversation or branch have the same `deleted_at` and are restored with it. An
artifact whose first message stays outlives later messages that revised it. When those are purged, their revisions
go too; if that removes the newest one, the newest that is left is added again as a new revision. If none is left,
because older ones were not kept, the artifact is purged as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hansard.model.artifacts import Artifact, Revision
from hansard.model.conversations import Conversation
from hansard.model.event_kinds import EventKind
from hansard.model.lifecycle import ACTIVE, trashed
from hansard.model.messages import Message
from hansard.services.artifacts.contents import collect, content_of, packed_as, unpack
from hansard.services.artifacts.events import publish, publish_to_others
from hansard.services.artifacts.revisions import Provenance, revise
from hansard.services.walks import pages, within
from hansard.storage.base import Transaction
from hansard.storage.ownership import remove
from hansard.storage.query import Query

BATCH = 500


async def update_from_conversation(tx: Transaction, conversation: Conversation) -> None:
    """Copy a conversation's project and expiry to its artifacts, after they changed."""
    fields: dict[str, Any] = {
        "project_id": conversation.project_id,
        "temporary": conversation.expires_at is not None,
    }
    for artifact in await tx.select(Query(Artifact).where(conversation_id=conversation.id)):
        if any(getattr(artifact, name) != value for name, value in fields.items()):
            await tx.update(Artifact, artifact.id, **fields)


async def delete(tx: Transaction, at: datetime, now: datetime, **filters: Any) -> None:
    """Move artifacts to the trash with the record they were created in, with its `deleted_at`."""
    query = Query(Artifact).where(state="active", **filters)
    await _set_state(tx, query, trashed(at), now, "artifact.deleted")


async def deletions(tx: Transaction, since: datetime, **filters: Any) -> list[datetime | None]:
    """Return the `deleted_at` of those of these artifacts that were trashed at a time or later."""
    trashed = await tx.select(Query(Artifact).where(deleted_at__ge=since, **filters))
    return [artifact.deleted_at for artifact in trashed]


async def restore(
    tx: Transaction, trashed_at: datetime | None, now: datetime, **filters: Any
) -> None:
    """Restore the artifacts that were trashed at `trashed_at`, with the record they were created in."""
    query = Query(Artifact).where(state="trashed", deleted_at=trashed_at, **filters)
    await _set_state(tx, query, ACTIVE, now, "artifact.restored")


async def mark_purging(tx: Transaction, now: datetime, **filters: Any) -> None:
    """Mark artifacts so that they can neither be seen nor restored."""
    artifacts = await tx.select(Query(Artifact).where(**filters))
    for artifact in artifacts:
        await tx.update(Artifact, artifact.id, state="purging")
    visible = [artifact for artifact in artifacts if artifact.state == "active"]
    await publish_to_others(tx, visible, "artifact.deleted", now)


async def _set_state(
    tx: Transaction,
    query: Query[Artifact],
    changes: dict[str, Any],
    now: datetime,
    kind: EventKind,
) -> None:
    """Publish to other users only: the owner gets an entry for the enclosing record."""
    artifacts = await tx.select(query)
    for artifact in artifacts:
        await tx.update(Artifact, artifact.id, **changes)
    await publish_to_others(tx, artifacts, kind, now)


async def move(tx: Transaction, old: str, new: str) -> None:
    """Move the artifacts of messages that were moved from branch `old` to branch `new`."""
    async for artifacts in pages(within(tx), Query(Artifact).where(branch=old).by("id"), BATCH):
        ids = sorted({artifact.message_id for artifact in artifacts if artifact.message_id})
        moved = await tx.select(Query(Message).where(id__in=ids, branch=new))
        moved_ids = {message.id for message in moved}
        for artifact in artifacts:
            if artifact.message_id in moved_ids:
                await tx.update(Artifact, artifact.id, branch=new)


# Permanently


async def purge_some(tx: Transaction, **filters: Any) -> bool:
    """Remove a batch of artifacts; return False if there were none."""
    artifacts = await tx.select(Query(Artifact).where(**filters).page(BATCH))
    for artifact in artifacts:
        await purge(tx, artifact)
    return bool(artifacts)


async def purge(tx: Transaction, artifact: Artifact) -> None:
    """Remove an artifact with everything that belongs to it."""
    revisions = Query(Revision).where(artifact_id=artifact.id)
    digests = [revision.digest for revision in await tx.select(revisions)]
    await remove(tx, Query(Artifact).where(id=artifact.id))
    await collect(tx, digests)


async def purge_extracted(tx: Transaction, message_ids: Sequence[str]) -> None:
    """Remove what was extracted from messages that are purged."""
    query = Query(Revision).where(message_id__in=list(message_ids))
    revisions = await tx.select(query)
    for artifact_id in sorted({revision.artifact_id for revision in revisions}):
        artifact = await tx.get(Artifact, artifact_id, lock=True)
        if artifact is None or artifact.message_id in message_ids:
            continue
        if any((r.artifact_id, r.number) == (artifact_id, artifact.revision) for r in revisions):
            await _repeat_newest(tx, artifact, message_ids)
    created = Query(Artifact).where(message_id__in=list(message_ids))
    for artifact in await tx.select(created.where(id__in=[r.artifact_id for r in revisions])):
        await purge(tx, artifact)
    await tx.delete(query)
    await _count_removed(tx, revisions)
    await collect(tx, [revision.digest for revision in revisions])


async def _count_removed(tx: Transaction, revisions: Sequence[Revision]) -> None:
    """Add to the number of removed revisions of the remaining artifacts."""
    for artifact_id, count in Counter(revision.artifact_id for revision in revisions).items():
        artifact = await tx.get(Artifact, artifact_id)
        if artifact is not None:
            await tx.update(Artifact, artifact_id, removed=artifact.removed + count)


async def _repeat_newest(tx: Transaction, artifact: Artifact, message_ids: Sequence[str]) -> None:
    """Add the newest remaining revision again as a new one; purge the artifact if none remains."""
    query = Query(Revision).where(artifact_id=artifact.id).by("-number")
    newest = next((r for r in await tx.select(query) if r.message_id not in message_ids), None)
    if newest is None:
        await publish(tx, artifact, "artifact.purged", artifact.updated_at)
        await purge(tx, artifact)
        return
    content = await content_of(tx, newest.digest)
    encoded = packed_as(content, newest.size)
    provenance = Provenance(author=newest.author, model=newest.model, restored_from=newest.number)
    fields: dict[str, Any] = {"title": newest.title, "closed": newest.closed}
    await revise(tx, artifact, unpack(content), encoded, provenance, artifact.updated_at, **fields)
