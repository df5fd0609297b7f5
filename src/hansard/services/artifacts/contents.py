"""What revisions say: kept once per tenant under its SHA-256, and let go when no revision names it.

Large contents are compressed with zlib, which every interpreter has: a file that was written by one must be read by
all.
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

COMPRESSED_FROM = 1024
"""Bytes from which on it may pay."""


class EncodedContent(msgspec.Struct, frozen=True, kw_only=True):
    """A text as it is kept. Packing takes time, so it is done before a unit of work begins."""

    digest: str
    size: int
    """Bytes of the text, as UTF-8."""
    encoding: Encoding
    data: bytes


def pack(text: str) -> EncodedContent:
    plain = text.encode()
    encoding: Encoding = ""
    data = plain
    if len(plain) >= COMPRESSED_FROM:
        small = zlib.compress(plain)
        if len(small) < len(plain):
            encoding, data = "zlib", small
    digest = hashlib.sha256(plain).hexdigest()
    return EncodedContent(digest=digest, size=len(plain), encoding=encoding, data=data)


def unpack(content: Content) -> str:
    data = zlib.decompress(content.data) if content.encoding else content.data
    return data.decode()


async def keep(tx: Transaction, packed: EncodedContent, at: datetime) -> None:
    """Keep a content, and hold it: whoever lets go of it waits until this unit has ended."""
    content = Content(
        tenant_id=tx.tenant,
        created_at=at,
        id=packed.digest,
        encoding=packed.encoding,
        data=packed.data,
    )
    while not await tx.insert(content, absent=True):
        if await tx.get(Content, packed.digest, lock=True) is not None:
            return


async def content_of(tx: Reader, digest: str) -> Content:
    """The content that a revision names."""
    content = await tx.get(Content, digest)
    assert content is not None  # noqa: S101 - the revision refers to it
    return content


async def text_of(tx: Reader, digest: str) -> str:
    return unpack(await content_of(tx, digest))


async def collect(tx: Transaction, digests: Iterable[str]) -> None:
    """Remove those of the contents that no revision names any more."""
    for digest in sorted(set(digests)):
        held = await tx.get(Content, digest, lock=True)
        if held is not None and not await tx.count(Query(Revision).where(digest=digest)):
            await tx.delete(Query(Content).where(id=digest))
