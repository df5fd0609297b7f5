"""Blobs: images and files, stored once per tenant under their SHA-256 while anything uses them.

A user sees only what they themselves stated about a blob, not whether others have the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from hansard.errors import InvalidInput, NotFound, TooLarge
from hansard.model.blobs import UPLOAD, Blob, BlobChunk, BlobUse
from hansard.model.checks import DIGEST, check_media_type
from hansard.model.messages import Message
from hansard.model.parts import File, Image, blobs_of
from hansard.services.base import Service
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

CHUNK = 256 * 1024
MAX_BLOB = 64 * 1024 * 1024
DEFAULT_TYPE = "application/octet-stream"


class Blobs(Service):
    """The images and files of the user."""

    async def put(self, data: bytes, media_type: str) -> Blob:
        """Store bytes, once for equal bytes; a blob that no message uses is removed after a day.

        `media_type` is for example image/png. Raises InvalidInput if there are no bytes, TooLarge above MAX_BLOB
        bytes.
        """
        if len(data) > MAX_BLOB:
            raise TooLarge(f"A file must not exceed {MAX_BLOB} bytes.")
        if not data:
            raise InvalidInput("The file is empty.")
        check_media_type(media_type, "/media_type")
        blob = blob_with(data, media_type, self.scope.tenant, self.clock())

        async def store_blob(tx: Transaction) -> Blob:
            await self.ensure_user(tx, blob.created_at)
            await keep(tx, blob, data, self.scope.user, blob.created_at)
            return blob

        return await self.run_write(store_blob)

    async def get(self, digest: str) -> Blob:
        """Return a blob that the user uses: its size, first use and the media type in their newest message.

        Raises NotFound if the user does not use it.
        """
        return await self.run_read(lambda tx: self._blob(tx, digest))

    async def read(self, digest: str) -> AsyncIterator[bytes]:
        """Yield the bytes of a blob in chunks. Raises NotFound if the user does not use it or it is gone."""
        blob = await self.get(digest)
        for number in range((blob.size + CHUNK - 1) // CHUNK):
            chunk = await self.run_read(lambda tx, n=number: tx.get(BlobChunk, blob.id, n))
            if chunk is None:
                raise NotFound("There is no such blob.")
            yield chunk.data

    async def _blob(self, tx: Reader, digest: str) -> Blob:
        blob = await blob_of(tx, digest, self.scope.user)
        if blob is None:
            raise NotFound("There is no such blob.")
        return blob


def blob_with(data: bytes, media_type: str, tenant: str, at: datetime) -> Blob:
    """Return the record of a new blob with these bytes."""
    digest = hashlib.sha256(data).hexdigest()
    return Blob(tenant_id=tenant, created_at=at, id=digest, size=len(data), media_type=media_type)


async def blob_of(tx: Reader, digest: str, user: str) -> Blob | None:
    """Return a blob as a user knows it; None if they do not use it."""
    if not DIGEST.fullmatch(digest):
        return None
    uses = Query(BlobUse).where(blob_id=digest, owner_id=user)
    oldest = await tx.select(uses.by("created_at", "holder").page(1))
    blob = await tx.get(Blob, digest) if oldest else None
    if blob is None:
        return None
    media_type = await _shown_as(tx, uses, digest) or await _uploaded_as(tx, uses) or DEFAULT_TYPE
    return replace(blob, created_at=oldest[0].created_at, media_type=media_type)


async def keep(tx: Transaction, blob: Blob, data: bytes, owner_id: str, at: datetime) -> None:
    """Store a blob for a user who has provided its bytes."""
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
    # A new upload is kept for a day from now.
    await tx.delete(Query(BlobUse).where(blob_id=blob.id, owner_id=owner_id, holder=UPLOAD))
    await tx.insert(use, absent=True)


async def hold_blobs(tx: Transaction, messages: Sequence[Message], at: datetime) -> None:
    """Record the use of blobs by messages. Raises NotFound for a blob that the messages' owner does not have."""
    for message in messages:
        for blob_id in blobs_of(message.parts):
            uses = Query(BlobUse).where(blob_id=blob_id, owner_id=message.owner_id)
            if not await tx.count(uses):
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
    """Return the media type that the newest message gives to a blob."""
    newest = uses.where(holder__ne=UPLOAD).by("-created_at", "-holder").page(1)
    for use in await tx.select(newest):
        message = await tx.get(Message, use.holder)
        return type_in(message, digest) if message else None
    return None


def type_in(message: Message, digest: str) -> str | None:
    """Return the media type that a message gives to a blob."""
    for part in message.parts:
        if isinstance(part, File | Image) and part.blob == digest:
            return part.media_type
    return None


async def _uploaded_as(tx: Reader, uses: Query[BlobUse]) -> str | None:
    """Return the media type given at the upload, while no message uses the blob."""
    upload = await tx.select(uses.where(holder=UPLOAD))
    return upload[0].media_type if upload else None
