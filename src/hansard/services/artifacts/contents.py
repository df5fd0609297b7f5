"""Contents of revisions: stored once per tenant under their SHA-256, and removed when no revision refers to them.

Large contents are compressed with zlib, which every Python build has, so every installation can read the file.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from datetime import datetime

import msgspec

from hansard.model.artifacts import Content, Encoding, Revision
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

MIN_COMPRESSED_SIZE = 1024
"""Bytes from which compression is tried."""


class EncodedContent(msgspec.Struct, frozen=True, kw_only=True):
    """A text encoded for storage. Encoding takes time, so it is done before the transaction."""

    digest: str
    size: int
    """Bytes of the text, as UTF-8."""
    encoding: Encoding
    data: bytes


def pack(text: str) -> EncodedContent:
    """Encode a text."""
    plain = text.encode()
    encoding: Encoding = ""
    data = plain
    if len(plain) >= MIN_COMPRESSED_SIZE:
        compressed = zlib.compress(plain)
        if len(compressed) < len(plain):
            encoding, data = "zlib", compressed
    digest = hashlib.sha256(plain).hexdigest()
    return EncodedContent(digest=digest, size=len(plain), encoding=encoding, data=data)


def packed_as(content: Content, size: int) -> EncodedContent:
    """Return a stored content of `size` bytes of text, to be stored again."""
    return EncodedContent(
        digest=content.id, size=size, encoding=content.encoding, data=content.data
    )


def unpack(content: Content) -> str:
    """Decode a content to its text."""
    data = zlib.decompress(content.data) if content.encoding else content.data
    return data.decode()


async def keep(tx: Transaction, encoded: EncodedContent, at: datetime) -> None:
    """Store a content and lock it: a concurrent removal waits until this transaction has ended."""
    content = Content(
        tenant_id=tx.tenant,
        created_at=at,
        id=encoded.digest,
        encoding=encoded.encoding,
        data=encoded.data,
    )
    while not await tx.insert(content, absent=True):
        if await tx.get(Content, encoded.digest, lock=True) is not None:
            return


async def content_of(tx: Reader, digest: str) -> Content:
    """Return the content with this digest, which a revision refers to."""
    content = await tx.get(Content, digest)
    assert content is not None  # noqa: S101 - the revision refers to it
    return content


async def text_of(tx: Reader, digest: str) -> str:
    """Return the text with this digest."""
    return unpack(await content_of(tx, digest))


async def collect(tx: Transaction, digests: Iterable[str]) -> None:
    """Remove those of the contents that no revision refers to."""
    for digest in sorted(set(digests)):
        content = await tx.get(Content, digest, lock=True)
        if content is not None and not await tx.count(Query(Revision).where(digest=digest)):
            await tx.delete(Query(Content).where(id=digest))
