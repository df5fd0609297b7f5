"""Artifacts within a unit of work: the first revision, the next one, and what goes with each.

A revision changes the artifact's own fields, what search finds it by, the counters and the feed, all in the unit that
adds it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from hansard.model.artifacts import Artifact, ArtifactCounters, ArtifactText, Revision
from hansard.services.artifacts.contents import EncodedContent, keep, text_of
from hansard.services.artifacts.events import tell, tell_owner
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a revision comes from."""

    author: str | None = None
    model: str | None = None
    message_id: str | None = None
    part: int | None = None
    restored_from: int | None = None
    note: str = ""


async def add(
    tx: Transaction,
    artifact: Artifact,
    text: str,
    packed: EncodedContent,
    origin: Provenance,
    told_at: datetime | None = None,
) -> Artifact:
    """A new artifact with its first revision; `told_at` is when the feed hears of it, if not at once."""
    await tx.insert(artifact)
    await _record(tx, artifact, packed, origin, artifact.created_at)
    await tx.insert(_words(artifact, text))
    await count(tx, artifact, artifact.created_at, made=1)
    await tell_owner(tx, artifact, "artifact.created", told_at or artifact.created_at)
    return artifact


async def revise(
    tx: Transaction,
    artifact: Artifact,
    text: str,
    packed: EncodedContent,
    origin: Provenance,
    now: datetime,
    told_at: datetime | None = None,
    **fields: Any,
) -> Artifact:
    """The next revision of an artifact, which the unit has locked; `fields` are changed besides."""
    number = artifact.revision + 1
    changes: dict[str, Any] = {"revision": number, "size": packed.size, "updated_at": now, **fields}
    changed = await tx.update(Artifact, artifact.id, **changes)
    await _record(tx, changed, packed, origin, now)
    await index(tx, changed, text)
    await count(tx, changed, now, edited=1)
    await tell(tx, changed, "artifact.updated", told_at or now)
    return changed


async def _record(
    tx: Transaction, artifact: Artifact, packed: EncodedContent, origin: Provenance, now: datetime
) -> None:
    await keep(tx, packed, now)
    revision = Revision(
        tenant_id=tx.tenant,
        created_at=now,
        artifact_id=artifact.id,
        number=artifact.revision,
        digest=packed.digest,
        size=packed.size,
        closed=artifact.closed,
        title=artifact.title,
        author=origin.author,
        model=origin.model,
        message_id=origin.message_id,
        part=origin.part,
        restored_from=origin.restored_from,
        note=origin.note,
    )
    await tx.insert(revision)


async def current(tx: Reader, artifact: Artifact) -> Revision:
    """The newest revision."""
    found = await tx.get(Revision, artifact.id, artifact.revision)
    assert found is not None  # noqa: S101 - written with the artifact
    return found


async def index(tx: Transaction, artifact: Artifact, text: str | None = None) -> None:
    """Let search find an artifact by what it says now."""
    if text is None:
        text = await text_of(tx, (await current(tx, artifact)).digest)
    await tx.delete(Query(ArtifactText).where(id=artifact.id))
    await tx.insert(_words(artifact, text))


def _words(artifact: Artifact, text: str) -> ArtifactText:
    said = [artifact.title, artifact.description, text]
    return ArtifactText(
        tenant_id=artifact.tenant_id,
        created_at=artifact.updated_at,
        id=artifact.id,
        owner_id=artifact.owner_id,
        conversation_id=artifact.conversation_id,
        text="\n\n".join(part for part in said if part),
    )


async def count(tx: Transaction, artifact: Artifact, at: datetime, **uses: int) -> None:
    """Add to the counters of the artifact's owner."""
    use = ArtifactCounters(
        tenant_id=tx.tenant,
        created_at=at,
        owner_id=artifact.owner_id,
        day=at.date().isoformat(),
        type=artifact.type,
        language=artifact.language,
        **uses,
    )
    await tx.increment(use)
