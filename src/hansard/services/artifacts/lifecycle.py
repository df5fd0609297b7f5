"""Artifacts go where the answers go in which they were made: into another project, into the trash and back, and away.

What went into the trash with a conversation or a branch has the same `deleted_at`, and comes back with it. An artifact
whose first answer stays outlives the answers that revised it, until those are purged: then their revisions go, and
if the newest is among them, the newest that is left is said again. If none is left, since the older ones were not to be
kept, the artifact goes with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hansard.model.artifacts import Artifact, ArtifactText, ExtractionMarker, Revision
from hansard.model.collections import CollectionItem
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.shares import Share
from hansard.services.artifacts.contents import EncodedContent, collect, content_of, unpack
from hansard.services.artifacts.events import tell, tell_others
from hansard.services.artifacts.revisions import Provenance, revise
from hansard.storage.base import Transaction
from hansard.storage.query import Query

BATCH = 500


async def follow(tx: Transaction, conversation: Conversation) -> None:
    """What a conversation says of its artifacts, after it was changed."""
    now: dict[str, Any] = {
        "project_id": conversation.project_id,
        "temporary": conversation.expires_at is not None,
    }
    for artifact in await tx.select(Query(Artifact).where(conversation_id=conversation.id)):
        if any(getattr(artifact, name) != value for name, value in now.items()):
            await tx.update(Artifact, artifact.id, **now)


async def delete(tx: Transaction, at: datetime, now: datetime, **which: Any) -> None:
    """Artifacts go into the trash with what they were made in, and have its `deleted_at`."""
    await _mark(tx, Query(Artifact).where(deleted_at=None, **which), at, now, "artifact.deleted")


async def deletions(tx: Transaction, since: datetime, **which: Any) -> list[datetime | None]:
    """When those of these artifacts went into the trash that went at a time or later."""
    gone = await tx.select(Query(Artifact).where(deleted_at__ge=since, **which))
    return [artifact.deleted_at for artifact in gone]


async def restore(tx: Transaction, was: datetime | None, now: datetime, **which: Any) -> None:
    """Artifacts come back with what they were made in, if they went with it."""
    gone = Query(Artifact).where(deleted_at=was, **which)
    await _mark(tx, gone, None, now, "artifact.restored")


async def let_go(tx: Transaction, at: datetime, now: datetime, **which: Any) -> None:
    """All of these artifacts can neither be seen nor restored any more."""
    artifacts = await tx.select(Query(Artifact).where(**which))
    for artifact in artifacts:
        await tx.update(Artifact, artifact.id, deleted_at=at)
    seen = [artifact for artifact in artifacts if artifact.deleted_at is None]
    await tell_others(tx, seen, "artifact.deleted", now)


async def _mark(
    tx: Transaction, which: Query[Artifact], deleted_at: datetime | None, now: datetime, kind: str
) -> None:
    """Their owner hears of what they were made in, the others of each."""
    artifacts = await tx.select(which)
    for artifact in artifacts:
        await tx.update(Artifact, artifact.id, deleted_at=deleted_at)
    await tell_others(tx, artifacts, kind, now)


async def move(tx: Transaction, old: str, new: str) -> None:
    """Messages went from one branch to another: so do the artifacts that were made in them."""
    after: tuple[Any, ...] | None = None
    while artifacts := await tx.select(
        Query(Artifact).where(branch=old).by("id").page(BATCH, after)
    ):
        ids = sorted({artifact.message_id for artifact in artifacts if artifact.message_id})
        moved = await tx.select(Query(Message).where(id__in=ids, branch=new))
        known = {message.id for message in moved}
        for artifact in artifacts:
            if artifact.message_id in known:
                await tx.update(Artifact, artifact.id, branch=new)
        after = (artifacts[-1].id,)


# For good


async def purge_some(tx: Transaction, **which: Any) -> bool:
    """Remove some of these artifacts; False if there were none."""
    artifacts = await tx.select(Query(Artifact).where(**which).page(BATCH))
    for artifact in artifacts:
        await purge(tx, artifact)
    return bool(artifacts)


async def purge(tx: Transaction, artifact: Artifact) -> None:
    """Remove an artifact with all that belongs to it."""
    own = Query(Revision).where(artifact_id=artifact.id)
    digests = [revision.digest for revision in await tx.select(own)]
    await tx.delete(Query(ArtifactText).where(id=artifact.id))
    await tx.delete(Query(CollectionItem).where(artifact_id=artifact.id))
    await tx.delete(Query(Share).where(artifact_id=artifact.id))
    await tx.delete(own)
    await tx.delete(Query(Artifact).where(id=artifact.id))
    await collect(tx, digests)


async def forget(tx: Transaction, message_ids: Sequence[str]) -> None:
    """Remove what was taken out of messages that are purged."""
    said = Query(Revision).where(message_id__in=list(message_ids))
    gone = await tx.select(said)
    for artifact_id in sorted({revision.artifact_id for revision in gone}):
        artifact = await tx.get(Artifact, artifact_id, lock=True)
        if artifact is None or artifact.message_id in message_ids:
            continue
        if any((r.artifact_id, r.number) == (artifact_id, artifact.revision) for r in gone):
            await _say_again(tx, artifact, message_ids)
    first = Query(Artifact).where(message_id__in=list(message_ids))
    for artifact in await tx.select(first.where(id__in=[r.artifact_id for r in gone])):
        await purge(tx, artifact)
    await tx.delete(said)
    await _count_removed(tx, gone)
    await collect(tx, [revision.digest for revision in gone])
    await tx.delete(Query(ExtractionMarker).where(message_id__in=list(message_ids)))


async def _count_removed(tx: Transaction, gone: Sequence[Revision]) -> None:
    """Note how many revisions the artifacts lost that stay."""
    for artifact_id, count in Counter(revision.artifact_id for revision in gone).items():
        artifact = await tx.get(Artifact, artifact_id)
        if artifact is not None:
            await tx.update(Artifact, artifact_id, removed=artifact.removed + count)


async def _say_again(tx: Transaction, artifact: Artifact, message_ids: Sequence[str]) -> None:
    """Make the newest revision that stays the newest of all; an artifact of which none stays goes."""
    own = Query(Revision).where(artifact_id=artifact.id).by("-number")
    left = next((r for r in await tx.select(own) if r.message_id not in message_ids), None)
    if left is None:
        await tell(tx, artifact, "artifact.purged", artifact.updated_at)
        await purge(tx, artifact)
        return
    content = await content_of(tx, left.digest)
    packed = EncodedContent(
        digest=left.digest, size=left.size, encoding=content.encoding, data=content.data
    )
    origin = Provenance(author=left.author, model=left.model, restored_from=left.number)
    fields: dict[str, Any] = {"title": left.title, "closed": left.closed}
    await revise(tx, artifact, unpack(content), packed, origin, artifact.updated_at, **fields)
