"""Taking in the records of an export.

An import adds what is not there, leaves alone what is there and equal, and reports what is there and conflicting; it
never overwrites. Owners become the scope's user. A conversation is kept out of sight until all of it is there and its
tree has been found whole; if the import fails before that it is removed again, and an import of the same file adds
it anew.

What is to be written for conversations waits until a batch of records has been seen, and is then one unit of work: a
commit costs as much as many messages. When a step of it fails, those before it are done in a unit of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import msgspec

from hansard.errors import InvalidInput
from hansard.formats.jsonl import kind_of
from hansard.ids import Clock
from hansard.model.artifacts import Artifact, Content, ExtractionMarker, Revision
from hansard.model.base import Entry
from hansard.model.blobs import Blob, BlobChunk, BlobUse
from hansard.model.branches import Branch
from hansard.model.collections import Collection, CollectionItem
from hansard.model.conversations import Conversation
from hansard.model.lifecycle import IMPORTING
from hansard.model.messages import Message
from hansard.model.parts import blobs_of
from hansard.model.projects import Project
from hansard.model.scope import Scope
from hansard.model.settings import Setting
from hansard.model.tenants import User
from hansard.services.artifacts import extraction
from hansard.services.blobs import keep
from hansard.services.conversations.purge import (
    conversation_counters,
    message_counters,
    purge_conversation,
)
from hansard.services.transfer.artifact_importer import ArtifactIntake, show_found
from hansard.services.transfer.import_session import Step, is_blank
from hansard.services.transfer.integrity import BlobCheck, Chain, TreeCheck
from hansard.storage.base import Change, Reader, Storage, Transaction
from hansard.storage.digest_backfill import seal_some
from hansard.storage.message_tree import activity
from hansard.storage.query import Query

BATCH = 500


class Importer(ArtifactIntake):
    """Takes in the records of one file."""

    def __init__(self, scope: Scope, storage: Storage, clock: Clock) -> None:
        super().__init__(scope, storage, clock)
        self._blob: BlobCheck | None = None
        self._unread: dict[str, None] = {}
        """Answers that may have artifacts in them, and of which no line says that they were taken out."""
        self._chain = Chain()
        self._early: dict[str, list[Message]] = {}
        """The first messages of branches that came before what they follow, by its id, without their parts."""

    async def take(self, records: Sequence[Entry]) -> None:
        """Take in some records, in their order."""
        for kind, group in groupby(records, type):
            own = [self._get_owned(record) for record in group]
            if kind is not BlobChunk:
                self._check_blob()
            if kind not in (Content, Revision):
                await self._end_artifact()
            if kind is Conversation:
                for conversation in own:
                    await self._end()
                    await self._begin(conversation)
            elif kind is Content:
                await self._contents(own)
            elif kind is Artifact:
                await self._artifacts(own)
            elif kind is Revision:
                await self._revisions(own)
            elif kind in (User, Setting, Project, Blob, BlobChunk, Collection, CollectionItem):
                await self._singly(own)
            else:
                await self._children(own)
        await self._write()

    async def finish(self) -> None:
        """All records have been taken in."""
        await self._end_artifact()
        await self._end()
        await self._write()

    async def give_up(self) -> None:
        """Keep what was whole, and remove the conversation that was coming in."""
        try:
            await self._write()
        finally:
            if self._coming is not None:
                await purge_conversation(self._storage, self._scope.tenant, self._coming.id)
                self._coming = None
            elif self._arrival is not None:
                await self.remove(self._arrival.artifact)

    async def _end(self) -> None:
        """Bring the conversation that came in into sight, if its tree is whole."""
        self._check_blob()
        coming = self._coming
        if coming is None:
            return
        await asyncio.to_thread(self._tree.check, coming)
        found = await self._find(coming)
        await self._seal(coming)
        deleted, arrived = self._tree.deleted_at(coming), self._arrived
        self._arrived = []

        async def work(tx: Transaction) -> None:
            for arrival in arrived:
                await arrival.show(tx)
            if found:
                await show_found(tx, coming.id, deleted)
            await tx.update(
                Conversation,
                coming.id,
                deleted_at=coming.deleted_at,
                updated_at=coming.updated_at,
            )
            await tx.increment(conversation_counters(coming))
            change = Change(
                user_id=self._scope.user,
                kind="conversation.created",
                subject_id=coming.id,
                conversation_id=coming.id,
                at=self._clock(),
            )
            await tx.publish(change)

        self._waiting.append(Step(coming, "conversation", work))
        self._coming = None
        self._note("added", coming)

    # A conversation

    async def _begin(self, conversation: Conversation) -> None:
        there, taken = await self._look(conversation)
        if there is not None and there.deleted_at == IMPORTING:
            await purge_conversation(self._storage, self._scope.tenant, there.id)
            there, taken = None, False
        if taken and there is None:
            self._leave_out(conversation)
            return
        if there is not None:
            self._compare(conversation, there)
            return
        # The version becomes one higher when the conversation comes into sight.
        version = conversation.version - 1
        hidden = msgspec.structs.replace(conversation, deleted_at=IMPORTING, version=version)

        async def work(tx: Transaction) -> None:
            await self._enter(tx)
            await self._check_project(tx, conversation.project_id)
            await tx.insert(hidden)

        self._waiting.append(Step(conversation, "conversation", work))
        self._coming, self._tree, self._chain = conversation, TreeCheck(), Chain()
        self._unread, self._early = {}, {}

    async def _children(self, records: list[Any]) -> None:
        """Records of the conversation that came before them."""
        coming = self._coming
        if coming is None:
            for record in records:
                self._compare(record, await self._there(record))
            return
        for record in records:
            self._meet(record, coming)
        said = isinstance(records[0], Message)
        stored = self._chain.seal(records) if said else records
        followed = self._followed(stored) if said else []

        async def work(tx: Transaction) -> None:
            await tx.insert(*stored)
            if said:
                await self._count(tx, coming, stored)
            for first, before in followed:
                await _count_late(tx, coming, first, before)

        kind = kind_of(records[0])
        self._waiting.append(Step(coming, kind, work))
        self._counts["added"][kind] += len(records)

    def _meet(self, record: Any, coming: Conversation) -> None:
        if record.conversation_id != coming.id:
            raise InvalidInput(f"A {kind_of(record)} of another conversation is out of place.")
        self._tree.add(record)
        if isinstance(record, Message) and extraction.may_contain_artifacts(record):
            self._unread[record.id] = None
        elif isinstance(record, ExtractionMarker):
            self._unread.pop(record.message_id, None)

    def _followed(self, messages: list[Message]) -> list[tuple[Message, Message]]:
        """Pairs of an early message and the one it follows, which has come now."""
        pairs = [(first, m) for m in messages for first in self._early.pop(m.id, ())]
        for message in messages:
            before = message.parent_id
            if before is not None and not self._tree.has(before):
                stub = msgspec.structs.replace(message, parts=())
                self._early.setdefault(before, []).append(stub)
        return pairs

    async def _count(self, tx: Transaction, coming: Conversation, messages: list[Message]) -> None:
        """Let the counters and the uses of blobs follow."""
        for _, group in groupby(messages, lambda message: message.branch):
            await tx.increment(*await message_counters(tx, coming, list(group), 1))
        for message in messages:
            for digest in sorted(blobs_of(message.parts)):
                held = Query(BlobUse).where(blob_id=digest, owner_id=self._scope.user)
                if not await tx.count(held):
                    raise InvalidInput(f"Message {message.id} shows a blob that is not there.")
                await tx.insert(self._use(message, digest), absent=True)

    def _use(self, message: Message, digest: str) -> BlobUse:
        return BlobUse(
            tenant_id=message.tenant_id,
            created_at=message.created_at,
            blob_id=digest,
            owner_id=message.owner_id,
            holder=message.id,
        )

    async def _seal(self, coming: Conversation) -> None:
        """Let the branches end with the digests of their heads; and those without one get theirs that came early."""
        wrong = self._chain.wrong_heads(self._tree.branches())

        async def work(tx: Transaction) -> None:
            for branch_id, digest in wrong.items():
                await tx.update(Branch, branch_id, head_digest=digest)

        if wrong:
            self._waiting.append(Step(coming, "branch", work))
        if self._chain.has_gaps:
            await self._write()
            while (
                await self._storage.write(
                    self._scope.tenant, lambda tx: seal_some(tx, coming.id, BATCH)
                )
                == BATCH
            ):
                pass

    async def _find(self, coming: Conversation) -> bool:
        """Take artifacts out of answers of which the file does not say that it was done."""
        unread = list(self._unread)
        if unread:
            await self._write()
        for start in range(0, len(unread), BATCH):
            wanted = Query(Message).where(id__in=unread[start : start + BATCH])
            messages = await self._storage.read(
                self._scope.tenant, lambda tx, q=wanted: tx.select(q.by("seq", "id"))
            )
            finds = await extraction.find_in(extraction.answers(messages))

            async def work(tx: Transaction, said: Any = messages, finds: Any = finds) -> None:
                await extraction.keep(tx, said, finds, self._clock())

            self._waiting.append(Step(coming, "artifact", work))
        return bool(unread)

    # What stands for itself

    async def _singly(self, records: list[Any]) -> None:
        if isinstance(records[0], Collection | CollectionItem):
            await self._end()
        await self._write()
        for record in records:
            if isinstance(record, Blob):
                self._check_blob()
                self._blob = BlobCheck(record)
                continue
            if isinstance(record, BlobChunk):
                await self._chunk(record)
                continue
            there, taken = await self._look(record)
            fresh = isinstance(record, User) and is_blank(there) and not is_blank(record)
            if taken and there is None:
                self._leave_out(record)
            elif there is None or fresh:
                await self._add(record, fresh)
            else:
                self._compare(record, there)

    async def _add(self, record: Any, fresh: bool) -> None:
        tenant = self._scope.tenant
        if await self._storage.write(tenant, lambda tx: self._insert(tx, record, fresh)):
            self._note("added", record)
        else:
            self._problem(f"collected {record.artifact_id} is not there")

    async def _insert(self, tx: Transaction, record: Any, fresh: bool) -> bool:
        if fresh:
            changes = {"name": record.name, "traits": record.traits}
            await tx.update(User, record.id, updated_at=record.updated_at, **changes)
            return True
        if isinstance(record, CollectionItem) and await self._is_lost(tx, record):
            return False
        if not isinstance(record, User):
            await self._enter(tx)
        else:
            await self._enter_tenant(tx)
        if isinstance(record, Project):
            await self._check_project(tx, record.parent_id)
        if isinstance(record, Collection):
            await self._check_project(tx, record.project_id)
        await tx.insert(record)
        return True

    async def _chunk(self, chunk: BlobChunk) -> None:
        """A piece of a blob. With the last one, whoever imports it has shown to have its bytes."""
        check = self._blob
        if check is None:
            raise InvalidInput(f"A piece of blob {chunk.blob_id} is out of place.")
        if not check.add(chunk):
            return
        own = Query(BlobUse).where(blob_id=check.blob.id, owner_id=self._scope.user)
        there = await self._storage.read(self._scope.tenant, lambda tx: tx.count(own)) > 0
        at = self._clock()

        async def work(tx: Transaction) -> None:
            await self._enter(tx)
            await keep(tx, check.blob, check.data, self._scope.user, at)

        await self._storage.write(self._scope.tenant, work)
        self._blob = None
        outcome = "unchanged" if there else "added"
        self._note(outcome, check.blob)
        self._counts[outcome][kind_of(chunk)] += chunk.number + 1

    def _check_blob(self) -> None:
        if self._blob is not None:
            raise InvalidInput(f"Pieces of blob {self._blob.blob.id} are missing.")

    async def _is_lost(self, tx: Reader, record: CollectionItem) -> bool:
        """Whether what is collected, or where, is not the user's: exports once had what others shared."""
        collection = await tx.get(Collection, record.collection_id)
        artifact = await tx.get(Artifact, record.artifact_id)
        user = self._scope.user
        return any(it is None or it.owner_id != user for it in (collection, artifact))


async def _count_late(
    tx: Transaction, coming: Conversation, first: Message, before: Message
) -> None:
    """Let the counters know what an early message follows: it was counted as if that were nothing."""
    for sign, at in ((-1, None), (1, before.created_at)):
        await tx.increment(*activity([first], coming.project_id, at, sign))
