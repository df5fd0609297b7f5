"""Storing revisions of artifacts within a transaction.

Adding a revision also updates the artifact's fields, its search text, the counters and the feed, in the same
transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import asdict

from hansard.model.artifacts import Artifact, ArtifactCounters, ArtifactText, Revision
from hansard.services.artifacts.contents import EncodedContent, keep, text_of
from hansard.services.artifacts.events import publish, publish_to_owner
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
    encoded: EncodedContent,
    provenance: Provenance,
    published_at: datetime | None = None,
) -> Artifact:
    """Store a new artifact with its first revision; `published_at` is the time in the feed, if another."""
    await tx.insert(artifact)
    await _insert_revision(tx, artifact, encoded, provenance, artifact.created_at)
    await tx.insert(_search_text(artifact, text))
    await count(tx, artifact, artifact.created_at, made=1)
    await publish_to_owner(tx, artifact, "artifact.created", published_at or artifact.created_at)
    return artifact


async def revise(
    tx: Transaction,
    artifact: Artifact,
    text: str,
    encoded: EncodedContent,
    provenance: Provenance,
    now: datetime,
    published_at: datetime | None = None,
    **fields: Any,
) -> Artifact:
    """Store the next revision of an artifact that is locked; `fields` are further changes to the artifact."""
    number = artifact.revision + 1
    changes: dict[str, Any] = {
        "revision": number,
        "size": encoded.size,
        "updated_at": now,
        **fields,
    }
    updated = await tx.update(Artifact, artifact.id, **changes)
    await _insert_revision(tx, updated, encoded, provenance, now)
    await index(tx, updated, text)
    await count(tx, updated, now, edited=1)
    await publish(tx, updated, "artifact.updated", published_at or now)
    return updated


async def update_fields(
    tx: Transaction, artifact: Artifact, changes: dict[str, Any], now: datetime
) -> Artifact:
    """Change fields of an artifact without adding a revision."""
    updated = await tx.update(Artifact, artifact.id, updated_at=now, **changes)
    if {"title", "description"} & set(changes):
        await index(tx, updated)
    await publish(tx, updated, "artifact.updated", now)
    return updated


async def _insert_revision(
    tx: Transaction,
    artifact: Artifact,
    encoded: EncodedContent,
    provenance: Provenance,
    now: datetime,
) -> None:
    await keep(tx, encoded, now)
    revision = Revision(
        tenant_id=tx.tenant,
        created_at=now,
        artifact_id=artifact.id,
        number=artifact.revision,
        digest=encoded.digest,
        size=encoded.size,
        closed=artifact.closed,
        title=artifact.title,
        **asdict(provenance),
    )
    await tx.insert(revision)


async def current(tx: Reader, artifact: Artifact) -> Revision:
    """Return the newest revision."""
    revision = await tx.get(Revision, artifact.id, artifact.revision)
    assert revision is not None  # noqa: S101 - stored with the artifact
    return revision


async def index(tx: Transaction, artifact: Artifact, text: str | None = None) -> None:
    """Update the search text of an artifact; `text` is its content, read if not given."""
    if text is None:
        text = await text_of(tx, (await current(tx, artifact)).digest)
    await tx.delete(Query(ArtifactText).where(id=artifact.id))
    await tx.insert(_search_text(artifact, text))


def _search_text(artifact: Artifact, text: str) -> ArtifactText:
    parts = [artifact.title, artifact.description, text]
    return ArtifactText(
        tenant_id=artifact.tenant_id,
        created_at=artifact.updated_at,
        id=artifact.id,
        owner_id=artifact.owner_id,
        conversation_id=artifact.conversation_id,
        text="\n\n".join(part for part in parts if part),
    )


async def count(tx: Transaction, artifact: Artifact, at: datetime, **uses: int) -> None:
    """Increment counters of the artifact's owner; `uses` are the amounts by name."""
    counters = ArtifactCounters(
        tenant_id=tx.tenant,
        created_at=at,
        owner_id=artifact.owner_id,
        day=at.date().isoformat(),
        type=artifact.type,
        language=artifact.language,
        **uses,
    )
    await tx.increment(counters)
