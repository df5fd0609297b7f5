"""Blobs: the bytes of images and files."""

from __future__ import annotations

from hansard.model.base import Digest, Entry, Ref

UPLOAD = "upload"
"""The `holder` of an uploaded blob that no message refers to yet."""


class Blob(Entry, frozen=True, kw_only=True):
    """Bytes, stored once per tenant under their SHA-256, in chunks."""

    id: Digest
    size: int
    """Bytes."""
    media_type: str


class BlobChunk(Entry, frozen=True, kw_only=True):
    blob_id: Digest
    number: int
    data: bytes


class BlobUse(Entry, frozen=True, kw_only=True):
    """A reference that keeps a blob: from a message, or from a recent upload by a user."""

    blob_id: Digest
    owner_id: str
    holder: Ref
    """The message's id, or `upload`."""
    media_type: str | None = None
    """The media type that the uploader declared; None for a message, whose part declares it."""
