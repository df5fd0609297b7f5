"""Blobs: images and files, kept once per tenant under their SHA-256, as long as something uses them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime

from hansard.errors import InvalidInput, NotFound, TooLarge
from hansard.model.blobs import Blob, BlobChunk, BlobUse
from hansard.model.checks import check_text
from hansard.services.base import Service
from hansard.services.purging import UPLOAD
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

CHUNK = 256 * 1024
MAX_BLOB = 64 * 1024 * 1024


class Blobs(Service):
    async def put(self, data: bytes, media_type: str) -> Blob:
        """Keep bytes; the same bytes are kept once. A blob that nothing uses is let go after a day."""
        if len(data) > MAX_BLOB:
            raise TooLarge(f"A blob has at most {MAX_BLOB} bytes.")
        if not data:
            raise InvalidInput("A blob has at least one byte.")
        check_text(media_type, "/media_type", 200)
        if "/" not in media_type:
            raise InvalidInput("A media type is like image/png.", pointer="/media_type")
        digest = hashlib.sha256(data).hexdigest()

        async def work(tx: Transaction) -> Blob:
            now = self.clock()
            await self.enter(tx, now)
            blob = Blob(
                tenant_id=tx.tenant,
                created_at=now,
                id=digest,
                size=len(data),
                media_type=media_type,
            )
            return await keep(tx, blob, data, self.scope.user, now)

        return await self.writing(work)

    async def get(self, digest: str) -> Blob:
        """What is known of a blob that the user uses."""
        return await self.reading(lambda tx: self._blob(tx, digest))

    async def read(self, digest: str) -> AsyncIterator[bytes]:
        """A blob's bytes, piece by piece."""
        blob = await self.get(digest)
        for number in range((blob.size + CHUNK - 1) // CHUNK):
            chunk = await self.reading(lambda tx, n=number: tx.get(BlobChunk, blob.id, n))
            if chunk is None:
                raise NotFound("There is no such blob.")
            yield chunk.data

    async def _blob(self, tx: Reader, digest: str) -> Blob:
        if len(digest) == 64 and set(digest) <= set("0123456789abcdef"):
            used = Query(BlobUse).where(blob_id=digest, owner_id=self.scope.user)
            blob = await tx.get(Blob, digest) if await tx.count(used) else None
            if blob is not None:
                return blob
        raise NotFound("There is no such blob.")


async def keep(tx: Transaction, blob: Blob, data: bytes, owner_id: str, at: datetime) -> Blob:
    """Keep a blob for a user who has shown to have its bytes; returns the blob as it is kept."""
    if await tx.insert(blob, absent=True):
        chunks = [
            BlobChunk(
                tenant_id=tx.tenant,
                created_at=blob.created_at,
                blob_id=blob.id,
                number=number,
                data=data[start : start + CHUNK],
            )
            for number, start in enumerate(range(0, len(data), CHUNK))
        ]
        await tx.insert(*chunks)
    else:
        blob = await tx.get(Blob, blob.id) or blob
    use = BlobUse(
        tenant_id=tx.tenant, created_at=at, blob_id=blob.id, owner_id=owner_id, holder=UPLOAD
    )
    # Uploaded again, it is kept for a day from now.
    await tx.delete(Query(BlobUse).where(blob_id=blob.id, owner_id=owner_id, holder=UPLOAD))
    await tx.insert(use, absent=True)
    return blob
