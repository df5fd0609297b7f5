from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from hansard.model.artifacts import ArtifactType
from hansard.model.base import Digest, Entry, Id, Record

ShareRight = Literal["read", "write"]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What an artifact was, besides its content, when a revision of it was shared."""

    type: ArtifactType
    language: str
    media_type: str
    title: str
    file_name: str


class Share(Record, frozen=True, kw_only=True):
    """That somebody else may see an artifact: a user of the tenant, or whoever has a link."""

    owner_id: str
    artifact_id: Id
    user_id: str | None = None
    """With whom it is shared; None for a link."""
    right: ShareRight = "read"
    """A link only ever lets read."""
    token_hash: Digest | None = None
    """The SHA-256 of a link's token, which is kept nowhere."""
    revision: int | None = None
    """The one revision that a link shows; None follows the newest."""
    snapshot: Snapshot | None = None
    """With a revision, what else the link shows of the artifact: it stays as it was.

    None for a link that is older than this: then what the artifact is.
    """
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class LinkKey(Entry, frozen=True, kw_only=True):
    """What the checksums in the tokens of a tenant's links are made with."""

    data: bytes
