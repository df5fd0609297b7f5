"""Shares of artifacts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from hansard.model.artifacts import ArtifactType
from hansard.model.base import Digest, Entry, Id, Record

ShareRight = Literal["read", "write"]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The metadata of an artifact at the time when one of its revisions was shared."""

    type: ArtifactType
    language: str
    media_type: str
    title: str
    file_name: str


class Share(Record, frozen=True, kw_only=True):
    """Access to an artifact for another user of the tenant, or for everyone who has a link."""

    owner_id: str
    artifact_id: Id
    user_id: str | None = None
    """The user who has access; None for a link."""
    right: ShareRight = "read"
    """Links are always read-only."""
    token_hash: Digest | None = None
    """The SHA-256 of a link's token; the token itself is not stored."""
    revision: int | None = None
    """The only revision that a link shows; None shows the newest."""
    snapshot: Snapshot | None = None
    """With a `revision`, the artifact's metadata at that time.

    None for links of older versions, which show the current metadata.
    """
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class LinkKey(Entry, frozen=True, kw_only=True):
    """The key of the checksums in a tenant's link tokens."""

    data: bytes
