"""What a user stores, by kind: number and size."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from hansard.model.activity import MessageCounters
from hansard.model.artifacts import Artifact
from hansard.model.blobs import Blob, BlobUse
from hansard.model.conversations import Conversation
from hansard.services.base import Service
from hansard.services.walks import pages, within
from hansard.storage.base import Reader
from hansard.storage.query import Query
from hansard.storage.schema import Table
from hansard.storage.tables import SCHEMA

BATCH = 500
_OTHERS = [
    table
    for table in SCHEMA.tables
    if table.trashable and table.owner != "parent" and table.record not in (Conversation, Artifact)
]


class UsageByKind(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    """`conversations`, `archived` (of these), `trash` (of conversations), `messages`, `files`, or another kind, such as
    `projects`."""
    count: int
    bytes: int | None = None
    """Of messages: characters; of artifacts: what they say now. None where it is not known."""


class Usage(Service):
    """The user's storage use."""

    async def get(self) -> list[UsageByKind]:
        """Return the usage by kind; messages in the trash are counted until they are purged."""

        async def measure(tx: Reader) -> list[UsageByKind]:
            conversations = Query(Conversation).where(owner_id=self.scope.user)
            active = conversations.where(state="active")
            counters = await tx.aggregate(
                Query(MessageCounters).where(owner_id=self.scope.user), []
            )
            file_sizes = [size async for size in self._file_sizes(tx)]
            artifact_sizes = [size async for size in self._artifact_sizes(tx)]
            return [
                UsageByKind(kind="conversations", count=await tx.count(active)),
                UsageByKind(kind="archived", count=await tx.count(active.where(archived=True))),
                UsageByKind(
                    kind="trash", count=await tx.count(conversations.where(state="trashed"))
                ),
                UsageByKind(
                    kind="messages",
                    count=sum(row.messages for row in counters),
                    bytes=sum(row.characters for row in counters),
                ),
                UsageByKind(kind="files", count=len(file_sizes), bytes=sum(file_sizes)),
                UsageByKind(kind="artifacts", count=len(artifact_sizes), bytes=sum(artifact_sizes)),
                *[await self._count(tx, table) for table in _OTHERS],
            ]

        return await self.run_read(measure)

    async def _count(self, tx: Reader, table: Table[Any]) -> UsageByKind:
        active = Query(table.record).where(**{table.owner: self.scope.user}, state="active")
        return UsageByKind(kind=table.name, count=await tx.count(active))

    async def _file_sizes(self, tx: Reader) -> AsyncIterator[int]:
        uses = await tx.select(Query(BlobUse).where(owner_id=self.scope.user))
        digests = sorted({use.blob_id for use in uses})
        for start in range(0, len(digests), BATCH):
            batch = Query(Blob).where(id__in=digests[start : start + BATCH])
            for blob in await tx.select(batch):
                yield blob.size

    async def _artifact_sizes(self, tx: Reader) -> AsyncIterator[int]:
        query = Query(Artifact).where(owner_id=self.scope.user, state="active").by("id")
        async for artifacts in pages(within(tx), query, BATCH):
            for artifact in artifacts:
                yield artifact.size
