"""Importing artifacts: each has its line, then its revisions, each after its content.

An artifact stays hidden until it is complete. Content is accepted only if its bytes are in the file; a digest does not
grant access to another user's content.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from hansard.errors import InvalidInput, TooLarge
from hansard.ids import Clock
from hansard.model.artifacts import Artifact, Content, Revision
from hansard.model.conversations import Conversation
from hansard.model.lifecycle import complete_state
from hansard.model.scope import Scope
from hansard.services.artifacts import lifecycle
from hansard.services.artifacts.contents import EncodedContent, keep, pack
from hansard.services.artifacts.events import publish_to_owner
from hansard.services.artifacts.revisions import count, index
from hansard.services.artifacts.validation import check_content
from hansard.services.transfer.import_session import ImportSession
from hansard.storage.base import Storage, Transaction
from hansard.storage.query import Query

MAX_WAITING_BYTES = 64 * 1024 * 1024
"""Of encoded contents whose revisions are not added because the artifact exists already."""
LARGE = 16 * 1024
"""Bytes from which a content is checked on a thread."""


class ImportedContents:
    """The contents of a file: those to store, and the digests of the others."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[EncodedContent, datetime]] = {}
        self._bytes = 0
        self._kept: set[str] = set()
        self._last: str | None = None
        """The last content, until a revision refers to it."""

    def add(self, content: Content, *, exists: bool) -> None:
        """Add a content; one that `exists` need not be stored.

        Must be followed by a revision that refers to it. Takes time for large contents. Raises InvalidInput if it is
        not a text with its digest, TooLarge if too many are pending.
        """
        self.check_named()
        self._last = content.id
        try:
            text = check_content(content.data.decode())
        except UnicodeDecodeError:
            text = None
        is_text = not content.encoding and text is not None
        if not is_text or hashlib.sha256(content.data).hexdigest() != content.id:
            raise InvalidInput(f"Content {content.id} does not match its digest or is not text.")
        if exists:
            self._kept.add(content.id)
        else:
            encoded = pack(content.data.decode())
            self._waiting[content.id] = encoded, content.created_at
            self._bytes += len(encoded.data)
            if self._bytes > MAX_WAITING_BYTES:
                raise TooLarge(
                    "Too many contents belong to artifacts that exist with other content."
                )

    def name(self, revision: Revision) -> None:
        """Note that a revision refers to its content."""
        if revision.digest == self._last:
            self._last = None
        self.check_named()

    def check_named(self) -> None:
        """Raises InvalidInput if no revision refers to the last content."""
        if self._last is not None:
            raise InvalidInput(
                f"Content {self._last} is not followed by a revision that refers to it."
            )

    def take(self, digest: str) -> tuple[EncodedContent, datetime] | None:
        """Return a content to store and its time; None if it is stored. Raises InvalidInput if it is unknown."""
        content = self._waiting.pop(digest, None)
        self._bytes -= len(content[0].data) if content else 0
        if content is None and digest not in self._kept:
            raise InvalidInput(f"Content {digest} is not in the file.")
        self._kept.add(digest)
        return content


class ArtifactImport:
    """An artifact being imported."""

    def __init__(self, artifact: Artifact, contents: ImportedContents) -> None:
        self.artifact = artifact
        self._imported = contents
        self._first: int | None = None
        """The number of the first revision in the file; earlier ones were removed."""
        self._last: Revision | None = None
        self._count = 0

    async def begin(self, tx: Transaction) -> None:
        """Insert the artifact hidden; making it visible increments the version."""
        artifact = self.artifact
        await tx.insert(replace(artifact, state="importing", version=artifact.version - 1))

    def check(self, revision: Revision) -> tuple[EncodedContent, datetime] | None:
        """Return the content of a revision that must be stored. Raises InvalidInput if the revision is out of order."""
        number = self._last.number if self._last else 0
        in_order = number < revision.number <= self.artifact.revision
        if revision.artifact_id != self.artifact.id or not in_order:
            raise InvalidInput(f"A revision of artifact {revision.artifact_id} is out of order.")
        content = self._imported.take(revision.digest)
        if content is not None and content[0].size != revision.size:
            raise InvalidInput(f"A revision of artifact {revision.artifact_id} has a wrong size.")
        self._first = self._first or revision.number
        self._last = revision
        self._count += 1
        return content

    async def add(
        self, tx: Transaction, revision: Revision, content: tuple[EncodedContent, datetime] | None
    ) -> None:
        if content is not None:
            await keep(tx, *content)
        await tx.insert(revision)
        counters = {"made": 1} if revision.number == self._first else {"edited": 1}
        await count(tx, self.artifact, revision.created_at, **counters)

    def check_whole(self) -> None:
        last, artifact = self._last, self.artifact
        newest = last and (last.number, last.size, last.closed)
        if newest != (artifact.revision, artifact.size, artifact.closed):
            raise InvalidInput(f"Artifact {artifact.id} has no newest revision in the file.")

    async def index(self, tx: Transaction) -> None:
        await index(tx, self.artifact)

    async def show(self, tx: Transaction) -> None:
        artifact = self.artifact
        removed = artifact.revision - self._count
        changes: dict[str, Any] = {"state": artifact.state, "removed": removed}
        await tx.update(Artifact, artifact.id, updated_at=artifact.updated_at, **changes)

    async def appear(self, tx: Transaction, now: datetime) -> None:
        """Make an artifact outside of conversations visible and publish it."""
        await self.show(tx)
        await publish_to_owner(tx, self.artifact, "artifact.created", now)


async def show_extracted(tx: Transaction, conversation_id: str) -> None:
    """Make extracted artifacts of a conversation visible, unless their branch is in the trash."""
    hidden = Query(Artifact).where(conversation_id=conversation_id, state="importing")
    for artifact in await tx.select(hidden):
        await tx.update(Artifact, artifact.id, state=complete_state(artifact.deleted_at))


class ArtifactIntake(ImportSession):
    """Imports artifacts: those of the current conversation together with it, the others at once."""

    def __init__(self, scope: Scope, storage: Storage, clock: Clock) -> None:
        super().__init__(scope, storage, clock)
        self._imported = ImportedContents()
        self._artifact: ArtifactImport | None = None
        """The artifact being imported."""
        self._compared: Artifact | None = None
        """The user's existing artifact that the current records are compared with."""
        self._left_out = False
        """Whether the current records belong to an artifact that cannot be added."""
        self._complete: list[ArtifactImport] = []
        """The artifacts of the conversation being imported."""

    async def remove(self, artifact: Artifact) -> None:
        """Remove an incompletely imported artifact."""

        async def purge_artifact(tx: Transaction) -> None:
            existing = await tx.get(Artifact, artifact.id, lock=True)
            expected = (self._scope.user, "importing")
            if existing is not None and (existing.owner_id, existing.state) == expected:
                await lifecycle.purge(tx, existing)

        await self._storage.write(self._scope.tenant, purge_artifact)

    async def _artifacts(self, records: list[Artifact]) -> None:
        for record in records:
            await self._end_artifact()
            if record.conversation_id is None:
                await self._end()
            conversation = self._coming
            if conversation is not None:
                self._check_place(record, conversation)
            existing, taken = await self._look_up(record) if conversation is None else (None, False)
            self._compared, self._left_out = existing, taken and existing is None
            if self._left_out:
                self._report_taken(record)
                continue
            if existing is not None and existing.state == "importing":
                await self.remove(existing)
                existing = self._compared = None
            if existing is not None or (
                conversation is None and record.conversation_id is not None
            ):
                self._compare(record, existing)
                continue
            await self._begin_artifact(record)

    def _check_place(self, record: Artifact, conversation: Conversation) -> None:
        expected = (conversation.id, conversation.project_id, conversation.expires_at is not None)
        if (record.conversation_id, record.project_id, record.temporary) != expected:
            raise InvalidInput(
                f"Artifact {record.id} does not match the project of its conversation."
            )
        self._tree.add(record)

    async def _begin_artifact(self, record: Artifact) -> None:
        is_standalone = record.conversation_id is None
        if is_standalone and (record.message_id or record.branch or record.temporary):
            raise InvalidInput(
                f"Artifact {record.id} refers to a message but belongs to no conversation."
            )
        self._artifact = artifact = ArtifactImport(record, self._imported)

        async def insert_hidden(tx: Transaction) -> None:
            if is_standalone:
                await self._ensure_user(tx)
                await self._check_project(tx, record.project_id)
            await artifact.begin(tx)

        await self._add_step("artifact", insert_hidden)
        self._note("added", record)

    async def _contents(self, records: list[Content]) -> None:
        for record in records:
            exists = self._artifact is None and await self._has_content(record)
            if len(record.data) > LARGE:
                await asyncio.to_thread(self._imported.add, record, exists=exists)
            else:
                self._imported.add(record, exists=exists)
            outcome = "conflicting" if self._left_out else "unchanged" if exists else "added"
            self._note(outcome, record)

    async def _has_content(self, content: Content) -> bool:
        """Return whether the user's artifact being compared has this content."""
        if self._compared is None:
            return False
        query = Query(Revision).where(artifact_id=self._compared.id, digest=content.id)
        return await self._storage.read(self._scope.tenant, lambda tx: tx.count(query)) > 0

    async def _revisions(self, records: list[Revision]) -> None:
        artifact = self._artifact
        for record in records:
            self._imported.name(record)
            if artifact is None:
                self._compare(record, await self._get_existing(record))
                continue
            if self._coming is not None:
                self._tree.add(record)
            elif record.message_id is not None:
                raise InvalidInput(
                    f"A revision of artifact {artifact.artifact.id} is out of order."
                )
            content = artifact.check(record)

            async def insert_revision(
                tx: Transaction, revision: Revision = record, imported: Any = content
            ) -> None:
                await artifact.add(tx, revision, imported)

            await self._add_step("revision", insert_revision)
            self._note("added", record)

    async def _end_artifact(self) -> None:
        """Complete the artifact after its last revision."""
        self._imported.check_named()
        artifact = self._artifact
        if artifact is None:
            return
        artifact.check_whole()
        await self._add_step("artifact", artifact.index)
        if self._coming is None:
            await self._add_step("artifact", lambda tx: artifact.appear(tx, self._clock()))
            await self._write_alone()
        else:
            self._complete.append(artifact)
        self._artifact = None
