"""What a user keeps, by kind: how many there are, and how large they are."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from hansard.model.activity import MessageCounters
from hansard.model.artifacts import Artifact
from hansard.model.blobs import Blob, BlobUse
from hansard.model.conversations import Conversation
from hansard.model.lifecycle import PURGED
from hansard.services.base import Service
from hansard.storage.base import Reader
from hansard.storage.query import Query

BATCH = 500


class UsageByKind(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    """`conversations`, `archived` (of these), `trash`, `messages`, `files` or `artifacts`."""
    count: int
    bytes: int | None = None
    """Of messages: characters; of artifacts: what they say now. None where it is not known."""


class Usage(Service):
    async def get(self) -> list[UsageByKind]:
        """What is kept; messages in the trash are counted until they are purged."""

        async def work(tx: Reader) -> list[UsageByKind]:
            own = Query(Conversation).where(owner_id=self.scope.user)
            here = own.where(deleted_at=None)
            said = await tx.aggregate(Query(MessageCounters).where(owner_id=self.scope.user), [])
            sizes = [size async for size in self._file_sizes(tx)]
            made = [size async for size in self._artifact_sizes(tx)]
            return [
                UsageByKind(kind="conversations", count=await tx.count(here)),
                UsageByKind(kind="archived", count=await tx.count(here.where(archived=True))),
                UsageByKind(kind="trash", count=await tx.count(own.where(deleted_at__gt=PURGED))),
                UsageByKind(
                    kind="messages",
                    count=sum(row.messages for row in said),
                    bytes=sum(row.characters for row in said),
                ),
                UsageByKind(kind="files", count=len(sizes), bytes=sum(sizes)),
                UsageByKind(kind="artifacts", count=len(made), bytes=sum(made)),
            ]

        return await self.run_read(work)

    async def _file_sizes(self, tx: Reader) -> AsyncIterator[int]:
        uses = await tx.select(Query(BlobUse).where(owner_id=self.scope.user))
        digests = sorted({use.blob_id for use in uses})
        for start in range(0, len(digests), BATCH):
            batch = Query(Blob).where(id__in=digests[start : start + BATCH])
            for blob in await tx.select(batch):
                yield blob.size

    async def _artifact_sizes(self, tx: Reader) -> AsyncIterator[int]:
        own = Query(Artifact).where(owner_id=self.scope.user, deleted_at=None).by("id")
        after: tuple[str, ...] | None = None
        while found := await tx.select(own.page(BATCH, after)):
            for artifact in found:
                yield artifact.size
            after = (found[-1].id,)
