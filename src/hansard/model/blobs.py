from __future__ import annotations

from hansard.model.base import Digest, Entry, Ref

UPLOAD = "upload"
"""The holder of a blob that no message shows yet."""


class Blob(Entry, frozen=True, kw_only=True):
    """Bytes kept once per tenant under their SHA-256, in chunks."""

    id: Digest
    size: int
    """Bytes."""
    media_type: str


class BlobChunk(Entry, frozen=True, kw_only=True):
    blob_id: Digest
    number: int
    data: bytes


class BlobUse(Entry, frozen=True, kw_only=True):
    """A reason to keep a blob: a message that shows it, or a fresh upload by a user."""

    blob_id: Digest
    owner_id: str
    holder: Ref
    """The message's id, or UPLOAD."""
    media_type: str | None = None
    """What the user who uploaded it says that it is; None where a message says it."""
