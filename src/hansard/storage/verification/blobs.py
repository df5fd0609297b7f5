"""Blobs: their pieces are their bytes, and what messages show is there and held."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from hansard.model.blobs import Blob, BlobChunk, BlobUse
from hansard.model.messages import Message
from hansard.model.parts import blobs_of
from hansard.storage.base import Reader
from hansard.storage.query import Query
from hansard.storage.verification.findings import PAGE, Seen


async def look_at_uses(tx: Reader, messages: Sequence[Message], seen: Seen) -> None:
    """What messages show is held for them, and so is not let go."""
    shown = {(blob, message.id) for message in messages for blob in blobs_of(message.parts)}
    if not shown:
        return
    if not seen.whole:
        seen.blobs |= {blob for blob, _ in shown}
    holders = sorted({holder for _, holder in shown})
    uses = await tx.select(Query(BlobUse).where(holder__in=holders))
    for blob, holder in sorted(shown - {(use.blob_id, use.holder) for use in uses}):
        seen.find(f"message {holder}", f"shows blob {blob}, which is not there for it")


async def look(tx: Reader, seen: Seen, ids: Sequence[str] | None = None) -> None:
    """Look at all blobs, or at those with these ids."""
    after: tuple[str, ...] | None = None
    query = Query(Blob) if ids is None else Query(Blob).where(id__in=list(ids))
    while blobs := await tx.select(query.by("id").page(PAGE, after)):
        for blob in blobs:
            seen.looked_at["blobs"] += 1
            if await _digest(tx, blob) != (blob.id, blob.size):
                seen.find(f"blob {blob.id}", "has other bytes than its digest says")
        after = (blobs[-1].id,)


async def _digest(tx: Reader, blob: Blob) -> tuple[str, int]:
    """The digest and the size of the bytes that are there, as far as no piece is missing."""
    found, size, number = hashlib.sha256(), 0, 0
    while chunk := await tx.get(BlobChunk, blob.id, number):
        found.update(chunk.data)
        size, number = size + len(chunk.data), number + 1
    return found.hexdigest(), size
