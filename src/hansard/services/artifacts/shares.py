"""Sharing artifacts: with users of the tenant, who may read or write, and by links, which let read.

Of a link's token the hash alone is kept. A token ends in a checksum that only the tenant's key makes, so one that was
guessed is refused before anything is looked for. Tokens from before there were checksums have none, and stay good.
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

from hansard.errors import InvalidInput, NotFound
from hansard.ids import check_name, is_id, new_id
from hansard.model.artifacts import Artifact, Revision
from hansard.model.checks import check_time
from hansard.model.shares import LinkKey, Share, ShareRight, Snapshot
from hansard.services.artifacts.access import ArtifactService
from hansard.services.artifacts.events import is_over, tell_owner
from hansard.services.artifacts.files import ArtifactFile, file_of
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

_MISSING = "There is no such share."
_NO_LINK = "There is no such link."


class NewLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that was made; its token is told this once."""

    share: Share
    token: str


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """What a link shows."""

    type: str
    language: str
    media_type: str
    title: str
    revision: int
    updated_at: datetime
    """When that revision was made."""
    content: str


class Shares(ArtifactService):
    _key: bytes | None = None

    async def share(
        self,
        artifact_id: str,
        user_id: str,
        *,
        right: ShareRight = "read",
        expires_at: datetime | None = None,
    ) -> Share:
        """Share an artifact with a user of the tenant; who had it before has the new right instead."""
        if right not in get_args(ShareRight):
            raise InvalidInput("A right is read or write.", pointer="/right")
        check_name(user_id, "/user_id")
        if user_id == self.scope.user:
            raise InvalidInput("This is your own.", pointer="/user_id")
        fields: dict[str, Any] = {"user_id": user_id, "right": right}

        async def work(tx: Transaction) -> Share:
            found = await self.artifact(tx, artifact_id, lock=True)
            now = self.clock()
            for old in await tx.select(_valid(found.id).where(user_id=user_id)):
                await tx.update(Share, old.id, revoked_at=now, updated_at=now)
            return await self._add(tx, found, now, expires_at=expires_at, **fields)

        return await self.run_write(work)

    async def link(
        self,
        artifact_id: str,
        *,
        revision: int | None = None,
        expires_at: datetime | None = None,
    ) -> NewLink:
        """A link to an artifact: to one revision for ever, or to the newest as it goes on."""
        secret = secrets.token_urlsafe(32)
        token = f"{secret}.{_checksum(await self._link_key(), secret)}"

        async def work(tx: Transaction) -> Share:
            found = await self.artifact(tx, artifact_id, lock=True)
            fields: dict[str, Any] = {"token_hash": _hash(token), "revision": revision}
            if revision is not None:
                fields["snapshot"] = _snapshot(found, await self.revision_of(tx, found, revision))
            return await self._add(tx, found, self.clock(), expires_at=expires_at, **fields)

        return NewLink(share=await self.run_write(work), token=token)

    async def of(self, artifact_id: str) -> Sequence[Share]:
        """The shares of an artifact that were not revoked; whoever is not its owner is told of their own."""

        async def work(tx: Reader) -> Sequence[Share]:
            found = await self.artifact(tx, artifact_id, "read")
            shares = _valid(found.id).by("created_at", "id")
            if found.owner_id == self.scope.user:
                return await tx.select(shares)
            now = self.clock()
            own = await tx.select(shares.where(user_id=self.scope.user))
            return [share for share in own if not is_over(share, now)]

        return await self.run_read(work)

    async def revoke(self, share_id: str) -> Share:
        """End a share."""

        async def work(tx: Transaction) -> Share:
            key = share_id.lower()
            found = await tx.get(Share, key, lock=True) if is_id(key) else None
            if found is None or found.owner_id != self.scope.user or found.revoked_at:
                raise NotFound(_MISSING)
            now = self.clock()
            artifact = await tx.get(Artifact, found.artifact_id)
            if artifact is not None:
                await tell_owner(tx, artifact, "artifact.unshared", now, found.user_id)
            return await tx.update(Share, found.id, revoked_at=now, updated_at=now)

        return await self.run_write(work)

    async def is_genuine(self, token: str) -> bool:
        """Whether a token has a checksum of ours; False if it is from before there were any, or made up like one.

        Raises NotFound for a wrong checksum. Links are not looked for: the key is read once in a process.
        """
        secret, dot, given = token.rpartition(".")
        if not dot:
            return False
        made = _checksum(await self._link_key(), secret)
        if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), made.encode()):
            raise NotFound(_NO_LINK)
        return True

    async def follow(self, token: str) -> Linked:
        """What a link shows to anybody in the tenant who has it."""

        async def work(tx: Reader) -> Linked:
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

        return await self.run_read(work)

    async def file(self, token: str) -> ArtifactFile:
        """What a link shows, as a file."""

        async def work(tx: Reader) -> ArtifactFile:
            artifact, revision = await self._linked(tx, token)
            return file_of(artifact, await self.text(tx, revision))

        return await self.run_read(work)

    async def _linked(self, tx: Reader, token: str) -> tuple[Artifact, Revision]:
        """The artifact of a link, as it is shown there, and the revision."""
        found = await tx.select(Query(Share).where(token_hash=_hash(token), revoked_at=None))
        share = found[0] if found else None
        artifact = await tx.get(Artifact, share.artifact_id) if share else None
        over = share is not None and is_over(share, self.clock())
        if share is None or artifact is None or artifact.deleted_at is not None or over:
            raise NotFound(_NO_LINK)
        revision = await tx.get(Revision, artifact.id, share.revision or artifact.revision)
        if revision is None:
            raise NotFound(_NO_LINK)
        if share.revision is not None:
            artifact = replace(artifact, **asdict(share.snapshot or _snapshot(artifact, revision)))
        return artifact, revision

    async def _link_key(self) -> bytes:
        """The tenant's key for checksums, made when it is first needed; it never changes."""
        if self._key is None:
            kept = await self.run_read(lambda tx: tx.get(LinkKey))
            self._key = (kept or await self.storage.write(self.scope.tenant, self._make_key)).data
        return self._key

    async def _make_key(self, tx: Transaction) -> LinkKey:
        now = self.clock()
        await self.ensure_user(tx, now)
        made = LinkKey(tenant_id=tx.tenant, created_at=now, data=secrets.token_bytes(32))
        await tx.insert(made, absent=True)
        return await tx.get(LinkKey) or made

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
            raise InvalidInput("This is in the past.", pointer="/expires_at")
        made = Share(
            tenant_id=tx.tenant,
            id=new_id(),
            owner_id=self.scope.user,
            artifact_id=artifact.id,
            expires_at=expires_at and check_time(expires_at, "/expires_at"),
            created_at=now,
            updated_at=now,
            **fields,
        )
        await tx.insert(made)
        await tell_owner(tx, artifact, "artifact.shared", now, made.user_id)
        return made


def _snapshot(artifact: Artifact, revision: Revision) -> Snapshot:
    """A title that a person gave later is that of the newest revision."""
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
    made = hmac.digest(key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return base64.urlsafe_b64encode(made[:16]).rstrip(b"=").decode()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
