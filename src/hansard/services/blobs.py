"""Blobs: images and files, kept once per tenant under their SHA-256, as long as something uses them.

Who else has the same bytes is nobody's business: a user is told what they themselves said of a blob, and when.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from hansard.errors import InvalidInput, NotFound, TooLarge
from hansard.model.blobs import UPLOAD, Blob, BlobChunk, BlobUse
from hansard.model.checks import check_media_type
from hansard.model.messages import Message
from hansard.model.parts import File, Image, blobs_of
from hansard.services.base import Service
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

CHUNK = 256 * 1024
MAX_BLOB = 64 * 1024 * 1024
ANYTHING = "application/octet-stream"


class Blobs(Service):
    async def put(self, data: bytes, media_type: str) -> Blob:
        """Keep bytes; the same bytes are kept once. A blob that nothing uses is let go after a day."""
        if len(data) > MAX_BLOB:
            raise TooLarge(f"A blob has at most {MAX_BLOB} bytes.")
        if not data:
            raise InvalidInput("A blob has at least one byte.")
        check_media_type(media_type, "/media_type")
        digest = hashlib.sha256(data).hexdigest()

        async def work(tx: Transaction) -> Blob:
            now = self.clock()
            await self.ensure_user(tx, now)
            blob = Blob(
                tenant_id=tx.tenant,
                created_at=now,
                id=digest,
                size=len(data),
                media_type=media_type,
            )
            await keep(tx, blob, data, self.scope.user, now)
            return blob

        return await self.run_write(work)

    async def get(self, digest: str) -> Blob:
        """What is known of a blob that the user uses: since when, and as what their newest message shows it."""
        return await self.run_read(lambda tx: self._blob(tx, digest))

    async def read(self, digest: str) -> AsyncIterator[bytes]:
        """A blob's bytes, piece by piece."""
        blob = await self.get(digest)
        for number in range((blob.size + CHUNK - 1) // CHUNK):
            chunk = await self.run_read(lambda tx, n=number: tx.get(BlobChunk, blob.id, n))
            if chunk is None:
                raise NotFound("There is no such blob.")
            yield chunk.data

    async def _blob(self, tx: Reader, digest: str) -> Blob:
        found = await blob_of(tx, digest, self.scope.user)
        if found is None:
            raise NotFound("There is no such blob.")
        return found


async def blob_of(tx: Reader, digest: str, user: str) -> Blob | None:
    """What a user knows of a blob: nothing of what others said of the same bytes; None if they do not use it."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        return None
    uses = Query(BlobUse).where(blob_id=digest, owner_id=user)
    oldest = await tx.select(uses.by("created_at", "holder").page(1))
    blob = await tx.get(Blob, digest) if oldest else None
    if blob is None:
        return None
    said = await _shown_as(tx, uses, digest) or await _uploaded_as(tx, uses) or ANYTHING
    return replace(blob, created_at=oldest[0].created_at, media_type=said)


async def keep(tx: Transaction, blob: Blob, data: bytes, owner_id: str, at: datetime) -> None:
    """Keep a blob for a user who has shown to have its bytes."""
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
    use = BlobUse(
        tenant_id=tx.tenant,
        created_at=at,
        blob_id=blob.id,
        owner_id=owner_id,
        holder=UPLOAD,
        media_type=blob.media_type,
    )
    # Uploaded again, it is kept for a day from now.
    await tx.delete(Query(BlobUse).where(blob_id=blob.id, owner_id=owner_id, holder=UPLOAD))
    await tx.insert(use, absent=True)


async def hold_blobs(tx: Transaction, messages: Sequence[Message], at: datetime) -> None:
    """Hold on to the blobs that messages show; raises NotFound for one that their owner does not have."""
    for message in messages:
        for blob_id in blobs_of(message.parts):
            held = Query(BlobUse).where(blob_id=blob_id, owner_id=message.owner_id)
            if not await tx.count(held):
                raise NotFound("There is no such blob.", pointer="/messages")
            use = BlobUse(
                tenant_id=tx.tenant,
                created_at=at,
                blob_id=blob_id,
                owner_id=message.owner_id,
                holder=message.id,
            )
            await tx.insert(use, absent=True)


async def _shown_as(tx: Reader, uses: Query[BlobUse], digest: str) -> str | None:
    """The media type that the newest message gives to a blob that it shows."""
    newest = uses.where(holder__ne=UPLOAD).by("-created_at", "-holder").page(1)
    for use in await tx.select(newest):
        message = await tx.get(Message, use.holder)
        return type_in(message, digest) if message else None
    return None


def type_in(message: Message, digest: str) -> str | None:
    """The media type that a message gives to a blob."""
    for part in message.parts:
        if isinstance(part, File | Image) and part.blob == digest:
            return part.media_type
    return None


async def _uploaded_as(tx: Reader, uses: Query[BlobUse]) -> str | None:
    """What the user said of it when it was uploaded, while nothing shows it."""
    upload = await tx.select(uses.where(holder=UPLOAD))
    return upload[0].media_type if upload else None
