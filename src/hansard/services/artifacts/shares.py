"""Sharing artifacts: with users of the tenant, to read or write, and by links, to read.

Only the hash of a link's token is stored. A token ends in a checksum made with the tenant's key, so guessed tokens
are rejected without a query. Older tokens have no checksum and stay valid.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

import msgspec
from msgspec.structs import asdict, replace

from hansard.access import policy
from hansard.access.grants import is_expired
from hansard.errors import InvalidInput, NotFound
from hansard.ids import check_user, is_id
from hansard.model.artifacts import Artifact, Revision
from hansard.model.checks import check_time
from hansard.model.shares import LinkKey, Share, ShareRight, Snapshot
from hansard.secrets import hash_of
from hansard.services.artifacts.access import ArtifactService
from hansard.services.artifacts.events import publish_to_owner
from hansard.services.artifacts.files import ArtifactFile, file_of
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

_MISSING = "There is no such share."
_NO_LINK = "There is no such link."


class NewLink(msgspec.Struct, frozen=True, kw_only=True):
    """A new link; its token is only returned once."""

    share: Share
    token: str


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a link."""

    type: str
    language: str
    media_type: str
    title: str
    revision: int
    updated_at: datetime
    """When that revision was created."""
    content: str


class Shares(ArtifactService):
    """Shares and share links of the user's artifacts."""

    _key: bytes | None = None

    async def share(
        self,
        artifact_id: str,
        user_id: str,
        *,
        right: ShareRight = "read",
        expires_at: datetime | None = None,
    ) -> Share:
        """Share an artifact with another user of the tenant; replaces an earlier share with that user.

        Raises InvalidInput if `right` is not "read" or "write", if the user owns the artifact or if `expires_at` is in
        the past, NotFound if the artifact does not exist.
        """
        if right not in get_args(ShareRight):
            raise InvalidInput("right must be 'read' or 'write'.", pointer="/right")
        check_user(user_id, "/user_id")
        if user_id == self.scope.user:
            raise InvalidInput("You already own this artifact.", pointer="/user_id")
        fields: dict[str, Any] = {"user_id": user_id, "right": right}

        async def add_share(tx: Transaction) -> Share:
            artifact = await self.artifact(tx, artifact_id, lock=True)
            now = self.clock()
            for previous in await tx.select(_valid(artifact.id).where(user_id=user_id)):
                await tx.update(Share, previous.id, revoked_at=now, updated_at=now)
            return await self._add(tx, artifact, now, expires_at=expires_at, **fields)

        return await self.run_write(add_share)

    async def link(
        self,
        artifact_id: str,
        *,
        revision: int | None = None,
        expires_at: datetime | None = None,
    ) -> NewLink:
        """Create a link to an artifact: to one revision, or without `revision` to the newest at any time.

        Raises InvalidInput if `expires_at` is in the past, NotFound if the artifact or revision does not exist.
        """
        secret = secrets.token_urlsafe(32)
        token = f"{secret}.{_checksum(await self._link_key(), secret)}"

        async def add_link(tx: Transaction) -> Share:
            artifact = await self.artifact(tx, artifact_id, lock=True)
            fields: dict[str, Any] = {"token_hash": hash_of(token), "revision": revision}
            if revision is not None:
                fields["snapshot"] = _snapshot(
                    artifact, await self.revision_of(tx, artifact, revision)
                )
            return await self._add(tx, artifact, self.clock(), expires_at=expires_at, **fields)

        return NewLink(share=await self.run_write(add_link), token=token)

    async def of(self, artifact_id: str) -> Sequence[Share]:
        """Return the shares of an artifact that are not revoked.

        Users who do not own it get only the shares that give them access.
        """

        async def select_shares(tx: Reader) -> Sequence[Share]:
            artifact = await self.artifact(tx, artifact_id, "read")
            query = _valid(artifact.id).by("created_at", "id")
            if artifact.owner_id == self.scope.user:
                return await tx.select(query)
            now = self.clock()
            shares = await tx.select(query.where(user_id=self.scope.user))
            return [share for share in shares if not is_expired(share, now)]

        return await self.run_read(select_shares)

    async def revoke(self, share_id: str) -> Share:
        """Revoke the share `share_id`. Raises NotFound if it is missing, another user's or already revoked."""

        async def revoke_share(tx: Transaction) -> Share:
            key = share_id.lower()
            share = await tx.get(Share, key, lock=True) if is_id(key) else None
            if share is None or share.revoked_at or not await policy.owns(tx, self.scope, share):
                raise NotFound(_MISSING)
            now = self.clock()
            artifact = await tx.get(Artifact, share.artifact_id)
            if artifact is not None:
                await publish_to_owner(tx, artifact, "artifact.unshared", now, share.user_id)
            return await tx.update(Share, share.id, revoked_at=now, updated_at=now)

        return await self.run_write(revoke_share)

    async def is_genuine(self, token: str) -> bool:
        """Return whether a token has a valid checksum; False if it has none, so it is old or forged.

        Raises NotFound if the checksum is wrong. Links are not queried; the key is read once per process.
        """
        secret, dot, checksum = token.rpartition(".")
        if not dot:
            return False
        expected = _checksum(await self._link_key(), secret)
        if not hmac.compare_digest(checksum.encode("utf-8", "surrogatepass"), expected.encode()):
            raise NotFound(_NO_LINK)
        return True

    async def follow(self, token: str) -> Linked:
        """Return the content of a link, for anyone in the tenant. Raises NotFound if it does not exist or ended."""

        async def read_link(tx: Reader) -> Linked:
            artifact, revision = await self._linked(tx, token)
            return Linked(
                type=artifact.type,
                language=artifact.language,
                media_type=artifact.media_type,
                title=artifact.title,
                revision=revision.number,
                updated_at=revision.created_at,
                content=await self.text(tx, revision),
            )

        return await self.run_read(read_link)

    async def file(self, token: str) -> ArtifactFile:
        """Return the content of a link as a file. Raises NotFound if it does not exist or ended."""

        async def read_file(tx: Reader) -> ArtifactFile:
            artifact, revision = await self._linked(tx, token)
            return file_of(artifact, await self.text(tx, revision))

        return await self.run_read(read_file)

    async def _linked(self, tx: Reader, token: str) -> tuple[Artifact, Revision]:
        """Return the artifact of a link, as the link shows it, and the revision."""
        shares = await tx.select(Query(Share).where(token_hash=hash_of(token), revoked_at=None))
        share = shares[0] if shares else None
        artifact = await tx.get(Artifact, share.artifact_id) if share else None
        expired = share is not None and is_expired(share, self.clock())
        if share is None or artifact is None or artifact.state != "active" or expired:
            raise NotFound(_NO_LINK)
        revision = await tx.get(Revision, artifact.id, share.revision or artifact.revision)
        if revision is None:
            raise NotFound(_NO_LINK)
        if share.revision is not None:
            artifact = replace(artifact, **asdict(share.snapshot or _snapshot(artifact, revision)))
        return artifact, revision

    async def _link_key(self) -> bytes:
        """Return the tenant's checksum key, creating it on first use; it never changes."""
        if self._key is None:
            stored = await self.run_read(lambda tx: tx.get(LinkKey))
            self._key = (
                stored or await self._storage.write(self.scope.tenant, self._make_key)
            ).data
        return self._key

    async def _make_key(self, tx: Transaction) -> LinkKey:
        now = self.clock()
        await self.ensure_user(tx, now)
        link_key = LinkKey(tenant_id=tx.tenant, created_at=now, data=secrets.token_bytes(32))
        await tx.insert(link_key, absent=True)
        return await tx.get(LinkKey) or link_key

    async def _add(
        self,
        tx: Transaction,
        artifact: Artifact,
        now: datetime,
        *,
        expires_at: datetime | None,
        **fields: Any,
    ) -> Share:
        if expires_at is not None and check_time(expires_at, "/expires_at") <= now:
            raise InvalidInput("expires_at must be in the future.", pointer="/expires_at")
        share = Share(
            **self.stamp(None, now),
            artifact_id=artifact.id,
            expires_at=expires_at and check_time(expires_at, "/expires_at"),
            **fields,
        )
        await tx.insert(share)
        await publish_to_owner(tx, artifact, "artifact.shared", now, share.user_id)
        return share


def _snapshot(artifact: Artifact, revision: Revision) -> Snapshot:
    """Return the fields that a link to a revision keeps; a renamed title applies to the newest revision only."""
    newest = revision.number == artifact.revision
    return Snapshot(
        type=artifact.type,
        language=artifact.language,
        media_type=artifact.media_type,
        title=artifact.title if newest else revision.title,
        file_name=artifact.file_name,
    )


def _valid(artifact_id: str) -> Query[Share]:
    return Query(Share).where(artifact_id=artifact_id, revoked_at=None)


def _checksum(key: bytes, secret: str) -> str:
    digest = hmac.digest(key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
