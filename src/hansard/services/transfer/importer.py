"""Importing the records of an export.
 An import adds missing records, skips equal ones, and reports conflicting ones; it never overwrites. The scope's user
becomes the owner. A conversation stays hidden until it is complete and its tree is checked; if the import fails
before, it is removed, and importing the same file again adds it.

Writes for conversations are collected for a batch of records and done in one transaction, with one insert for each
table (`steps`). If the storage refuses that, they are done one after another, to find the wrong one; the steps before
it are written in their own transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import Any

import msgspec

from hansard.access import policy
from hansard.errors import InvalidInput
from hansard.formats.jsonl import kind_of
from hansard.ids import Clock
from hansard.model.artifacts import Artifact, Content, ExtractionMarker, Revision
from hansard.model.base import Entry
from hansard.model.blobs import Blob, BlobChunk, BlobUse
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.parts import blobs_of
from hansard.model.projects import Project
from hansard.model.scope import Scope
from hansard.model.users import User
from hansard.services.artifacts import extraction
from hansard.services.blobs import keep
from hansard.services.conversations.purge import (
    conversation_change,
    conversation_counters,
    message_counters,
    purge_conversation,
)
from hansard.services.library.tags import Tags, ensure_tags
from hansard.services.transfer.artifact_importer import ArtifactIntake, show_extracted
from hansard.services.transfer.counting import count, count_late, hold
from hansard.services.transfer.import_session import USER_FIELDS, is_blank
from hansard.services.transfer.integrity import BlobCheck, Chain, TreeCheck
from hansard.services.transfer.steps import Step
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.digest_backfill import seal_some
from hansard.storage.ownership import target_of
from hansard.storage.query import Query
from hansard.storage.tables import SCHEMA

BATCH = 500
FEW = 30
"""Branches of a tree that is checked on the event loop."""


class Importer(ArtifactIntake):
    """Imports the records of one file."""

    def __init__(self, scope: Scope, storage: Storage, clock: Clock) -> None:
        super().__init__(scope, storage, clock)
        self._tags = Tags(scope, storage, clock)
        self._blob: BlobCheck | None = None
        self._unread: dict[str, None] = {}
        """Answers that may contain artifacts and have no extraction marker in the file."""
        self._chain = Chain()
        self._early: dict[str, list[Message]] = {}
        """First messages of branches that came before their parents, by parent id, without their parts."""
        self._absent: set[str] = set()
        """The ids of conversations to come in the current batch that are not there."""

    async def take(self, records: Sequence[Entry]) -> None:
        """Import records in their order. Raises InvalidInput or TooLarge for invalid ones."""
        self._absent = await self._find_absent(records)
        for kind, group in groupby(records, type):
            owned = [self._with_owner(record) for record in group]
            if kind is not BlobChunk:
                self._check_blob()
            if kind not in (Content, Revision):
                await self._end_artifact()
            if kind is Conversation:
                await asyncio.sleep(0)  # others have a turn on the loop
                for conversation in owned:
                    await self._end()
                    await self._begin(conversation)
            elif kind is Content:
                await self._contents(owned)
            elif kind is Artifact:
                await self._artifacts(owned)
            elif kind is Revision:
                await self._revisions(owned)
            elif SCHEMA.belongs_to(kind, Conversation):
                await self._children(owned)
            else:
                await self._singly(owned)
        await self._write()

    async def finish(self) -> None:
        """Complete the import after the last record. Raises InvalidInput if records are missing."""
        await self._end_artifact()
        await self._end()
        await self._write()

    async def give_up(self) -> None:
        """Write what is complete, and remove the conversation or artifact being imported."""
        try:
            await self._write()
        finally:
            if self._coming is not None:
                await purge_conversation(self._storage, self._scope.tenant, self._coming.id)
                self._coming = None
            elif self._artifact is not None:
                await self.remove(self._artifact.artifact)

    async def _end(self) -> None:
        """Make the imported conversation visible if its tree is complete."""
        self._check_blob()
        conversation = self._coming
        if conversation is None:
            return
        if len(self._tree.branches()) <= FEW:
            self._tree.check(conversation)
        else:
            await asyncio.to_thread(self._tree.check, conversation)
        extracted = await self._extract_artifacts(conversation)
        await self._complete_digests(conversation)
        artifacts, self._complete = self._complete, []

        async def show_all(tx: Transaction) -> None:
            for artifact in artifacts:
                await artifact.show(tx)
            if extracted:
                await show_extracted(tx, conversation.id)
            await ensure_tags(tx, self._tags, conversation.tags)

        step = Step(
            conversation,
            "conversation",
            sums=[conversation_counters(conversation)],
            work=show_all,
            shown=conversation,
            changes=[conversation_change(conversation, "conversation.created", self._clock())],
        )
        self._waiting.append(step)
        self._coming = None
        self._note("added", conversation)

    # A conversation

    async def _find_absent(self, records: Sequence[Entry]) -> set[str]:
        """Return the ids of the conversations among the records that do not exist yet."""
        ids = {record.id for record in records if isinstance(record, Conversation)}
        if not ids:
            return ids
        query = Query(Conversation).where(id__in=sorted(ids))
        existing = await self._storage.read(self._scope.tenant, lambda tx: tx.select(query))
        return ids.difference(conversation.id for conversation in existing)

    async def _begin(self, conversation: Conversation) -> None:
        existing, taken = None, False
        if conversation.id in self._absent:
            self._absent.remove(conversation.id)  # from now on it may be there
        else:
            existing, taken = await self._look_up(conversation)
        if existing is not None and existing.state == "importing":
            await purge_conversation(self._storage, self._scope.tenant, existing.id)
            existing, taken = None, False
        if taken and existing is None:
            self._report_taken(conversation)
            return
        if existing is not None:
            self._compare(conversation, existing)
            return
        # Making it visible increments the version.
        version = conversation.version - 1
        hidden = msgspec.structs.replace(conversation, state="importing", version=version)

        async def check_project(tx: Transaction) -> None:
            await self._check_project(tx, conversation.project_id)

        step = Step(conversation, "conversation", check=check_project, rows=[hidden])
        self._waiting.append(step)
        self._coming, self._tree, self._chain = conversation, TreeCheck(), Chain()
        self._unread, self._early = {}, {}

    async def _children(self, records: list[Any]) -> None:
        """Import records that belong to the current conversation."""
        conversation = self._coming
        if conversation is None:
            for record, (existing, _) in zip(
                records, await self._look_up_all(records), strict=True
            ):
                self._compare(record, existing)
            return
        for record in records:
            self._check_child(record, conversation)
        kind = kind_of(records[0])
        if isinstance(records[0], Message):
            self._waiting.append(self._messages(conversation, records))
        else:
            self._waiting.append(Step(conversation, kind, rows=records))
        self._counts["added"][kind] += len(records)

    def _messages(self, conversation: Conversation, messages: list[Message]) -> Step:
        """Return the step that adds messages, counts them and holds their blobs."""
        stored = self._chain.add_digests(messages)
        late_pairs = self._late_pairs(stored)
        counters, early = count(conversation, stored, self._tree)
        with_blobs = [message for message in stored if blobs_of(message.parts)]

        async def count_and_hold(tx: Transaction) -> None:
            for group in early:
                await tx.increment(*await message_counters(tx, conversation, group, 1))
            for first, parent in late_pairs:
                await count_late(tx, conversation, first, parent)
            await hold(tx, with_blobs)

        return Step(
            conversation,
            kind_of(messages[0]),
            rows=stored,
            sums=counters,
            work=count_and_hold,
            in_order=bool(early or late_pairs),
        )

    def _check_child(self, record: Any, conversation: Conversation) -> None:
        if record.conversation_id != conversation.id:
            raise InvalidInput(f"A {kind_of(record)} belongs to another conversation.")
        self._tree.add(record)
        if isinstance(record, Message) and extraction.may_contain_artifacts(record):
            self._unread[record.id] = None
        elif isinstance(record, ExtractionMarker):
            self._unread.pop(record.message_id, None)

    def _late_pairs(self, messages: list[Message]) -> list[tuple[Message, Message]]:
        """Return pairs of an early message and its parent, which has come now."""
        pairs = [(first, parent) for parent in messages for first in self._early.pop(parent.id, ())]
        for message in messages:
            parent_id = message.parent_id
            if parent_id is not None and not self._tree.has(parent_id):
                stub = msgspec.structs.replace(message, parts=())
                self._early.setdefault(parent_id, []).append(stub)
        return pairs

    async def _complete_digests(self, conversation: Conversation) -> None:
        """Set the head digests of branches, and compute the digests of messages that came early."""
        digests = self._chain.wrong_heads(self._tree.branches())

        async def update_heads(tx: Transaction) -> None:
            for branch_id, digest in digests.items():
                await tx.update(Branch, branch_id, head_digest=digest)

        if digests:
            self._waiting.append(Step(conversation, "branch", work=update_heads))
        if self._chain.has_gaps:
            await self._write()
            while (
                await self._storage.write(
                    self._scope.tenant, lambda tx: seal_some(tx, conversation.id, BATCH)
                )
                == BATCH
            ):
                pass

    async def _extract_artifacts(self, conversation: Conversation) -> bool:
        """Extract artifacts from answers without an extraction marker in the file; return whether there were any."""
        unread = list(self._unread)
        if unread:
            await self._write()
        for start in range(0, len(unread), BATCH):
            query = Query(Message).where(id__in=unread[start : start + BATCH])
            messages = await self._storage.read(
                self._scope.tenant, lambda tx, q=query: tx.select(q.by("seq", "id"))
            )
            artifacts = await extraction.find_in(extraction.answers(messages))

            async def store_artifacts(
                tx: Transaction, answers: Any = messages, artifacts: Any = artifacts
            ) -> None:
                await extraction.keep(tx, answers, artifacts, self._clock())

            self._waiting.append(Step(conversation, "artifact", work=store_artifacts))
        return bool(unread)

    # Standalone records

    async def _singly(self, records: list[Any]) -> None:
        if not isinstance(
            records[0], Blob | BlobChunk | Project
        ):  # those come within conversations
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
            existing, taken = await self._look_up(record)
            is_blank_user = isinstance(record, User) and is_blank(existing) and not is_blank(record)
            if taken and existing is None:
                self._report_taken(record)
            elif existing is None and (namesake := await self._find_namesake(record)):
                self._report_namesake(record, namesake)
            elif existing is None or is_blank_user:
                await self._add(record, is_blank_user)
            else:
                self._compare(record, existing)

    async def _add(self, record: Any, is_blank_user: bool) -> None:
        work = partial(self._insert, record=record, is_blank_user=is_blank_user)
        missing = await self._storage.write(self._scope.tenant, work)
        if missing is None:
            self._note("added", record)
        else:
            self._add_problem(f"{kind_of(record)} {missing} does not exist")

    async def _insert(self, tx: Transaction, record: Any, is_blank_user: bool) -> str | None:
        """Insert a record; if the user has no record that it belongs to, return that one's id instead."""
        if is_blank_user:
            changes = {name: getattr(record, name) for name in USER_FIELDS}
            await tx.update(User, record.id, updated_at=record.updated_at, **changes)
            return None
        if isinstance(record, User):
            await self._ensure_tenant(tx)
        else:
            await self._ensure_user(tx)
        missing = await self._missing_parent(tx, record)
        if missing is None:
            await tx.insert(record)
        return missing

    async def _missing_parent(self, tx: Reader, record: Entry) -> str | None:
        """Return the id of a record that this one belongs to and the user does not have.

        Old exports contain items of other users' artifacts. Raises InvalidInput if another reference leads nowhere.
        """
        for reference in SCHEMA.of(type(record)).references:
            name = getattr(record, reference.fields[-1]) if reference.fields else None
            if name is None:
                continue
            target = await target_of(tx, record, reference)
            if await policy.owns(tx, self._scope, target):
                continue
            if reference.belongs:
                return name
            raise InvalidInput(f"{reference.record.__name__} {name} does not exist.")
        return None

    async def _chunk(self, chunk: BlobChunk) -> None:
        """Import a chunk of a blob; the last one proves that the importing user has its bytes."""
        check = self._blob
        if check is None:
            raise InvalidInput(f"A chunk of blob {chunk.blob_id} is out of order.")
        if not check.add(chunk):
            return
        uses = Query(BlobUse).where(blob_id=check.blob.id, owner_id=self._scope.user)
        exists = await self._storage.read(self._scope.tenant, lambda tx: tx.count(uses)) > 0
        at = self._clock()

        async def store_blob(tx: Transaction) -> None:
            await self._ensure_user(tx)
            await keep(tx, check.blob, check.data, self._scope.user, at)

        await self._storage.write(self._scope.tenant, store_blob)
        self._blob = None
        outcome = "unchanged" if exists else "added"
        self._note(outcome, check.blob)
        self._counts[outcome][kind_of(chunk)] += chunk.number + 1

    def _check_blob(self) -> None:
        if self._blob is not None:
            raise InvalidInput(f"Chunks of blob {self._blob.blob.id} are missing.")
