"""Artifacts that come in with a file: each with its line, then its revisions, each after its content.

An artifact is kept out of sight until all of it is there. A content counts as brought by whoever imports only if its
bytes are in the file: a digest alone opens nothing that somebody else keeps.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from hansard.errors import InvalidInput, TooLarge
from hansard.ids import Clock
from hansard.model.artifacts import Artifact, Content, Revision
from hansard.model.conversations import Conversation
from hansard.model.lifecycle import IMPORTING
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
"""Of contents, as they are kept, whose revisions are not added because others are there."""
LARGE = 16 * 1024
"""Bytes of a content that is looked at on a thread."""


class ImportedContents:
    """The contents of a file: those that are to be kept, the others by digest."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[EncodedContent, datetime]] = {}
        self._bytes = 0
        self._kept: set[str] = set()
        self._last: str | None = None
        """The content that came last, until a revision names it."""

    def add(self, content: Content, *, there: bool) -> None:
        """Raises InvalidInput if it is not a text with its digest; one that is `there` need not be kept.

        It takes time, and each must be named by the revision that follows it.
        """
        self.check_named()
        self._last = content.id
        try:
            text = check_content(content.data.decode())
        except UnicodeDecodeError:
            text = None
        plain = not content.encoding and text is not None
        if not plain or hashlib.sha256(content.data).hexdigest() != content.id:
            raise InvalidInput(f"Content {content.id} is not a text with that digest.")
        if there:
            self._kept.add(content.id)
        else:
            packed = pack(content.data.decode())
            self._waiting[content.id] = packed, content.created_at
            self._bytes += len(packed.data)
            if self._bytes > MAX_WAITING_BYTES:
                raise TooLarge("Too many contents are of artifacts that are there with others.")

    def name(self, revision: Revision) -> None:
        """A revision has come."""
        if revision.digest == self._last:
            self._last = None
        self.check_named()

    def check_named(self) -> None:
        if self._last is not None:
            raise InvalidInput(f"Content {self._last} is not followed by a revision that names it.")

    def take(self, digest: str) -> tuple[EncodedContent, datetime] | None:
        """What is to be kept of a content, and since when it is; None if that was done before."""
        brought = self._waiting.pop(digest, None)
        self._bytes -= len(brought[0].data) if brought else 0
        if brought is None and digest not in self._kept:
            raise InvalidInput(f"Content {digest} is not there.")
        self._kept.add(digest)
        return brought


class ArtifactImport:
    """One artifact that is coming in."""

    def __init__(self, artifact: Artifact, brought: ImportedContents) -> None:
        self.artifact = artifact
        self._brought = brought
        self._first: int | None = None
        """The number of the first revision that came; those before it were let go."""
        self._last: Revision | None = None
        self._count = 0

    async def begin(self, tx: Transaction) -> None:
        """The version becomes one higher when the artifact comes into sight."""
        artifact = self.artifact
        await tx.insert(replace(artifact, deleted_at=IMPORTING, version=artifact.version - 1))

    def check(self, revision: Revision) -> tuple[EncodedContent, datetime] | None:
        """What a revision brings, if it follows those before it; raises InvalidInput."""
        number = self._last.number if self._last else 0
        follows = number < revision.number <= self.artifact.revision
        if revision.artifact_id != self.artifact.id or not follows:
            raise InvalidInput(f"A revision of artifact {revision.artifact_id} is out of place.")
        brought = self._brought.take(revision.digest)
        if brought is not None and brought[0].size != revision.size:
            raise InvalidInput(f"A revision of artifact {revision.artifact_id} has another size.")
        self._first = self._first or revision.number
        self._last = revision
        self._count += 1
        return brought

    async def add(
        self, tx: Transaction, revision: Revision, brought: tuple[EncodedContent, datetime] | None
    ) -> None:
        if brought is not None:
            await keep(tx, *brought)
        await tx.insert(revision)
        use = {"made": 1} if revision.number == self._first else {"edited": 1}
        await count(tx, self.artifact, revision.created_at, **use)

    def check_whole(self) -> None:
        last, artifact = self._last, self.artifact
        said = last and (last.number, last.size, last.closed)
        if said != (artifact.revision, artifact.size, artifact.closed):
            raise InvalidInput(f"Artifact {artifact.id} lacks its newest revision.")

    async def index(self, tx: Transaction) -> None:
        await index(tx, self.artifact)

    async def show(self, tx: Transaction) -> None:
        artifact = self.artifact
        removed = artifact.revision - self._count
        changes: dict[str, Any] = {"deleted_at": artifact.deleted_at, "removed": removed}
        await tx.update(Artifact, artifact.id, updated_at=artifact.updated_at, **changes)

    async def appear(self, tx: Transaction, now: datetime) -> None:
        """Come into sight alone, and be told of."""
        await self.show(tx)
        await publish_to_owner(tx, self.artifact, "artifact.created", now)


async def show_found(
    tx: Transaction, conversation_id: str, deleted: Mapping[str, datetime | None]
) -> None:
    """Show what was found in a conversation's answers, unless its branch is in the trash."""
    hidden = Query(Artifact).where(conversation_id=conversation_id, deleted_at=IMPORTING)
    for artifact in await tx.select(hidden):
        await tx.update(Artifact, artifact.id, deleted_at=deleted[artifact.branch or ""])


class ArtifactIntake(ImportSession):
    """Takes in artifacts: those of the conversation that is coming in with it, the others at once."""

    def __init__(self, scope: Scope, storage: Storage, clock: Clock) -> None:
        super().__init__(scope, storage, clock)
        self._brought = ImportedContents()
        self._arrival: ArtifactImport | None = None
        """The artifact that is being added."""
        self._compared: Artifact | None = None
        """The user's own artifact that is there already, and of which records come now."""
        self._left_out = False
        """Whether records come of an artifact that cannot be added."""
        self._arrived: list[ArtifactImport] = []
        """Those of the conversation that is coming in."""

    async def remove(self, artifact: Artifact) -> None:
        """Remove an artifact of which not all came."""

        async def work(tx: Transaction) -> None:
            there = await tx.get(Artifact, artifact.id, lock=True)
            ours = (self._scope.user, IMPORTING)
            if there is not None and (there.owner_id, there.deleted_at) == ours:
                await lifecycle.purge(tx, there)

        await self._storage.write(self._scope.tenant, work)

    async def _artifacts(self, records: list[Artifact]) -> None:
        for record in records:
            await self._end_artifact()
            if record.conversation_id is None:
                await self._end()
            coming = self._coming
            if coming is not None:
                self._check_place(record, coming)
            there, taken = await self._look(record) if coming is None else (None, False)
            self._compared, self._left_out = there, taken and there is None
            if self._left_out:
                self._leave_out(record)
                continue
            if there is not None and (there.owner_id, there.deleted_at) == (
                self._scope.user,
                IMPORTING,
            ):
                await self.remove(there)
                there = self._compared = None
            if there is not None or (coming is None and record.conversation_id is not None):
                self._compare(record, there)
                continue
            await self._arrive(record)

    def _check_place(self, record: Artifact, coming: Conversation) -> None:
        place = (coming.id, coming.project_id, coming.expires_at is not None)
        if (record.conversation_id, record.project_id, record.temporary) != place:
            raise InvalidInput(f"Artifact {record.id} is not where its conversation is.")
        self._tree.add(record)

    async def _arrive(self, record: Artifact) -> None:
        alone = record.conversation_id is None
        if alone and (record.message_id or record.branch or record.temporary):
            raise InvalidInput(f"Artifact {record.id} was made in no conversation of the file.")
        self._arrival = arrival = ArtifactImport(record, self._brought)

        async def work(tx: Transaction) -> None:
            await self._enter(tx)
            if alone:
                await self._check_project(tx, record.project_id)
            await arrival.begin(tx)

        await self._do("artifact", work)
        self._note("added", record)

    async def _contents(self, records: list[Content]) -> None:
        for record in records:
            there = self._arrival is None and await self._says(record)
            if len(record.data) > LARGE:
                await asyncio.to_thread(self._brought.add, record, there=there)
            else:
                self._brought.add(record, there=there)
            outcome = "conflicting" if self._left_out else "unchanged" if there else "added"
            self._note(outcome, record)

    async def _says(self, content: Content) -> bool:
        """Whether the user's own artifact whose line came last says this; who else does is nobody's business."""
        if self._compared is None:
            return False
        said = Query(Revision).where(artifact_id=self._compared.id, digest=content.id)
        return await self._storage.read(self._scope.tenant, lambda tx: tx.count(said)) > 0

    async def _revisions(self, records: list[Revision]) -> None:
        arrival = self._arrival
        for record in records:
            self._brought.name(record)
            if arrival is None:
                self._compare(record, await self._there(record))
                continue
            if self._coming is not None:
                self._tree.add(record)
            elif record.message_id is not None:
                raise InvalidInput(f"A revision of artifact {arrival.artifact.id} is out of place.")
            brought = arrival.check(record)

            async def work(tx: Transaction, r: Revision = record, b: Any = brought) -> None:
                await arrival.add(tx, r, b)

            await self._do("revision", work)
            self._note("added", record)

    async def _end_artifact(self) -> None:
        """All revisions of an artifact have come."""
        self._brought.check_named()
        arrival = self._arrival
        if arrival is None:
            return
        arrival.check_whole()
        await self._do("artifact", arrival.index)
        if self._coming is None:
            await self._do("artifact", lambda tx: arrival.appear(tx, self._clock()))
            await self._write_alone()
        else:
            self._arrived.append(arrival)
        self._arrival = None
