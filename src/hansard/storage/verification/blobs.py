"""Verifies blobs: their pieces match their digests, and those that messages show exist and are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from hansard.model.blobs import Blob, BlobChunk, BlobUse
from hansard.model.messages import Message
from hansard.model.parts import blobs_of
from hansard.storage.base import Reader
from hansard.storage.query import Query
from hansard.storage.verification.findings import PAGE, Collector


async def verify_uses(tx: Reader, messages: Sequence[Message], collector: Collector) -> None:
    """Verify that the blobs in messages are recorded as used, so that they are not deleted."""
    shown = {(blob, message.id) for message in messages for blob in blobs_of(message.parts)}
    if not shown:
        return
    if not collector.whole:
        collector.blobs |= {blob for blob, _ in shown}
    holders = sorted({holder for _, holder in shown})
    uses = await tx.select(Query(BlobUse).where(holder__in=holders))
    for blob, holder in sorted(shown - {(use.blob_id, use.holder) for use in uses}):
        collector.find(f"message {holder}", f"shows blob {blob}, which is missing")


async def verify_blobs(tx: Reader, collector: Collector, ids: Sequence[str] | None = None) -> None:
    """Verify all blobs, or those with these ids."""
    after: tuple[str, ...] | None = None
    query = Query(Blob) if ids is None else Query(Blob).where(id__in=list(ids))
    while blobs := await tx.select(query.by("id").page(PAGE, after)):
        for blob in blobs:
            collector.looked_at["blobs"] += 1
            if await _digest(tx, blob) != (blob.id, blob.size):
                collector.find(f"blob {blob.id}", "does not match its digest")
        after = (blobs[-1].id,)


async def _digest(tx: Reader, blob: Blob) -> tuple[str, int]:
    """Return the digest and the size of the stored pieces, up to the first missing one."""
    digest, size, number = hashlib.sha256(), 0, 0
    while chunk := await tx.get(BlobChunk, blob.id, number):
        digest.update(chunk.data)
        size, number = size + len(chunk.data), number + 1
    return digest.hexdigest(), size
