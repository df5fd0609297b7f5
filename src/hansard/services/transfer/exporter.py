"""Export and import of a user's data as JSON Lines.

The format is described in `hansard.formats.jsonl`, the import of records in `importer`.

An export blocks nobody; others can write meanwhile. The changeable state of a conversation is read in one transaction:
where its branches end, and its artifacts with their newest revisions (`snapshots`). What that refers to never changes.
Of a small conversation it is read in the same transaction, otherwise page by page: messages along the path to a
branch's end, which deleting and restoring move but do not alter, and revisions up to the newest known one. So each
conversation and artifact is consistent in itself, though they may be from different times.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Container, Iterable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from msgspec.structs import replace

from hansard.context.projects import outward
from hansard.errors import Conflict
from hansard.formats import jsonl
from hansard.model.artifacts import Artifact, Content, Revision
from hansard.model.base import Entry
from hansard.model.blobs import Blob, BlobChunk
from hansard.model.branches import Branch
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.messages import Message, Summary
from hansard.model.parts import blobs_of
from hansard.model.projects import Project
from hansard.model.runs import ENDED, Run
from hansard.model.users import User
from hansard.services.artifacts.contents import unpack
from hansard.services.base import Service
from hansard.services.blobs import type_in
from hansard.services.ordering import outer_first
from hansard.services.transfer import snapshots
from hansard.services.transfer.batches import Batches
from hansard.services.transfer.import_session import ImportReport
from hansard.services.transfer.importer import Importer
from hansard.services.transfer.snapshots import (
    DEPENDENTS,
    PURGED_MEANWHILE,
    Snapshot,
    groups,
    read_path,
)
from hansard.services.walks import pages
from hansard.storage.base import Reader
from hansard.storage.query import Query
from hansard.storage.schema import Table
from hansard.storage.tables import SCHEMA

E = TypeVar("E", bound=Entry)


class Transfer(Service):
    """Export and import of the user's data."""

    async def export(self, *, conversation_id: str | None = None) -> AsyncIterator[bytes]:
        """Yield the lines of an export: all data of the user including the trash, or one conversation.

        Raises NotFound if the conversation does not exist, Conflict if data is purged while it is written; the lines
        written until then are not a valid export, and an import reports that the file is incomplete.
        """
        self.require("read")
        yield jsonl.write_header(self.clock())
        count = 0
        shown: set[str] = set()
        one = conversation_id
        async for record in self._records(shown) if one is None else self._single(one, shown):
            count += 1
            yield jsonl.write_record(record)
        yield jsonl.write_end(count)

    async def import_lines(self, lines: Iterable[bytes]) -> ImportReport:
        """Import the lines of an export; return what was added, unchanged and conflicting.

        Raises InvalidInput or TooLarge at the first invalid line. Records before it stay, except those of its
        conversation.
        """
        self.require("write")
        importer = Importer(self.scope, self._storage, self.clock)
        batches = Batches(self.scope.tenant, lines)
        importer.unknown = batches.unknown
        try:
            async with aclosing(batches.read()) as read:
                async for batch in read:
                    await importer.take(batch)
            await importer.finish()
        except BaseException:
            await importer.give_up()
            raise
        return importer.report()

    async def _single(self, conversation_id: str, shown: set[str]) -> AsyncIterator[Entry]:
        """Yield the records of a conversation and the projects around it."""
        conversation = await self.run_read(
            lambda tx: self.conversation(tx, conversation_id, "read")
        )
        for snapshot in await self._read([conversation.id]):
            async for record in self._conversation(snapshot, shown):
                yield record

    async def _records(self, shown: set[str]) -> AsyncIterator[Entry]:
        """Yield all records; `shown` has the ids and digests of written records that later ones refer to."""
        walks = {
            User: self._user,
            Project: self._all_projects,
            Conversation: self._conversations,
            Artifact: self._standalone_artifacts,
        }
        for table in SCHEMA.tables:
            is_own = table.parent is not None and table.parent.record is User
            if table.exported and (is_own or table.record is User):
                walk = walks.get(table.record)
                async for record in walk(shown) if walk else self._own(table, shown):
                    yield record

    async def _user(self, _: set[str]) -> AsyncIterator[Entry]:
        user = await self.run_read(lambda tx: tx.get(User, self.scope.user))
        if user is not None:
            yield user

    async def _own(self, table: Table[Any], shown: set[str]) -> AsyncIterator[Entry]:
        """Yield the user's records of a table, each after its project and before what belongs to it."""
        query = Query(table.record).where(**{table.owner: self.scope.user})
        async for record in self._all(query, *table.key):
            async for project in self._projects(getattr(record, "project_id", None), shown):
                yield project
            if table.key == ("id",):
                shown.add(record.id)
            yield record
            async for child in self._children(table, record, shown):
                yield child

    async def _children(
        self, table: Table[Any], record: Entry, shown: set[str]
    ) -> AsyncIterator[Entry]:
        """Yield what belongs to a record, except what also belongs to a record that is not written."""
        for child, reference in SCHEMA.children(table.record):
            if not child.exported:
                continue
            belonging = [ref.fields[-1] for ref in child.references if ref.belongs]
            fields = zip(reference.fields, reference.to, strict=True)
            query = Query(child.record).where(**{name: getattr(record, to) for name, to in fields})
            async for row in self._all(query, *child.key):
                if all(getattr(row, name) in shown for name in belonging):
                    yield row

    async def _all_projects(self, shown: set[str]) -> AsyncIterator[Project]:
        own = Query(Project).where(owner_id=self.scope.user).by("created_at", "id")
        projects = await self.run_read(lambda tx: tx.select(own))
        for project in outer_first(projects, lambda each: each.parent_id):
            _check_complete(project)
            shown.add(project.id)
            yield project

    async def _conversations(self, shown: set[str]) -> AsyncIterator[Entry]:
        query = Query(Conversation).where(owner_id=self.scope.user)
        async for page in pages(self.run_read, query.by("active_at", "id"), snapshots.PAGE):
            new = (
                one for one in page if one.id not in shown
            )  # activity moves some to a later page
            for ids in groups(new):
                for snapshot in await self._read(ids):
                    async for record in self._conversation(snapshot, shown):
                        yield record

    async def _read(self, ids: Sequence[str]) -> list[Snapshot]:
        return await self.run_read(lambda tx: snapshots.read(tx, ids))

    async def _projects(self, project_id: str | None, shown: set[str]) -> AsyncIterator[Project]:
        """Yield a project and those around it, the outermost first, unless they are written already.

        Raises Conflict if one of them is being purged.
        """
        if project_id is None or project_id in shown:
            return
        for project in reversed(await self.run_read(lambda tx: _project_path(tx, project_id))):
            _check_complete(project)
            if project.id not in shown:
                shown.add(project.id)
                yield project

    # A conversation

    async def _conversation(self, snapshot: Snapshot, shown: set[str]) -> AsyncIterator[Entry]:
        """Yield a conversation and everything that belongs to it, each record after those it refers to."""
        conversation = snapshot.conversation
        async for project in self._projects(conversation.project_id, shown):
            yield project
        shown.add(conversation.id)
        yield conversation
        for branch in snapshot.branches:
            yield branch
        message_ids: set[str] = set()
        for branch in snapshot.branches:
            async for page in self._messages(snapshot, branch):
                for message in page:
                    if not shown.issuperset(blobs_of(message.parts)):
                        async for record in self._blobs(message, shown):
                            yield record
                    message_ids.add(message.id)
                    yield message
        async for record in self._dependents(snapshot, message_ids):
            yield record
        async for record in self._conversation_artifacts(snapshot, message_ids, shown):
            yield record

    async def _messages(
        self, snapshot: Snapshot, branch: Branch
    ) -> AsyncIterator[Sequence[Message]]:
        """Yield a branch's own messages as of when the branch was read, in pages."""
        if snapshot.messages is not None:
            yield snapshot.messages.get(branch.id, ())
            return
        for first in range(branch.fork_seq + 1, branch.head_seq + 1, snapshots.PAGE):
            yield await self.run_read(lambda tx, f=first: read_path(tx, branch, f))

    async def _dependents(self, snapshot: Snapshot, message_ids: set[str]) -> AsyncIterator[Entry]:
        """Yield what belongs to the branches and to the messages in `message_ids`."""
        written = {*message_ids, *(branch.id for branch in snapshot.branches)}
        for table, parent in DEPENDENTS:
            is_consistent = _CONSISTENT.get(table.record)
            async for page in self._dependent_pages(snapshot, table):
                for record in page:
                    belongs = getattr(record, parent.fields[-1]) in written
                    if belongs and (is_consistent is None or is_consistent(record, snapshot)):
                        yield record

    async def _dependent_pages(
        self, snapshot: Snapshot, table: Table[Any]
    ) -> AsyncIterator[Sequence[Any]]:
        conversation_id = snapshot.conversation.id
        if snapshot.dependents is not None:
            yield snapshot.dependents[table.record].get(conversation_id, ())
            return
        query = Query(table.record).where(conversation_id=conversation_id).by(*table.key)
        async for page in pages(self.run_read, query, snapshots.PAGE):
            yield page

    async def _blobs(self, message: Message, shown: set[str]) -> AsyncIterator[Entry]:
        """Yield the blobs that a message uses, unless they are written already."""
        for digest in sorted(blobs_of(message.parts) - shown):
            shown.add(digest)
            blob = await self.run_read(lambda tx, d=digest: tx.get(Blob, d))
            if blob is None:
                raise Conflict(PURGED_MEANWHILE)
            owned_blob = _as_owner_sees(blob, message)
            yield owned_blob
            remaining = blob.size
            async for chunk in self._all(Query(BlobChunk).where(blob_id=digest), "number"):
                remaining -= len(chunk.data)
                yield replace(chunk, created_at=owned_blob.created_at)
            if remaining:
                raise Conflict(PURGED_MEANWHILE)

    # Artifacts

    async def _standalone_artifacts(self, shown: set[str]) -> AsyncIterator[Entry]:
        """Yield the artifacts that belong to no conversation."""
        query = Query(Artifact).where(owner_id=self.scope.user, conversation_id=None)
        async for artifact in self._all(query, "created_at", "id"):
            if not artifact.incomplete:
                async for project in self._projects(artifact.project_id, shown):
                    yield project
                async for record in self._artifact(artifact, (), shown):
                    yield record

    async def _conversation_artifacts(
        self, snapshot: Snapshot, message_ids: Container[str], shown: set[str]
    ) -> AsyncIterator[Entry]:
        """Yield the artifacts of a conversation, and which messages they were extracted from."""
        for artifact in snapshot.artifacts:
            if artifact.message_id is None or artifact.message_id in message_ids:
                async for record in self._artifact(artifact, message_ids, shown):
                    yield record
        for marker in snapshot.extractions:
            if marker.message_id in message_ids:
                yield marker

    async def _artifact(
        self, artifact: Artifact, message_ids: Container[str], shown: set[str]
    ) -> AsyncIterator[Entry]:
        """Yield an artifact with its revisions as of when it was read, each after its content."""
        query = Query(Revision).where(artifact_id=artifact.id, number__le=artifact.revision)
        revisions = await self.run_read(lambda tx: tx.select(query.by("number")))
        if not revisions:
            return  # purged meanwhile
        if revisions[-1].number < artifact.revision:
            raise Conflict(PURGED_MEANWHILE)
        shown.add(artifact.id)
        yield artifact
        for revision in revisions:
            async for content in self._content(revision, shown):
                yield content
            if revision.digest in shown:
                is_exported = revision.message_id is None or revision.message_id in message_ids
                yield revision if is_exported else replace(revision, message_id=None, part=None)
            elif revision.number == artifact.revision:
                raise Conflict(PURGED_MEANWHILE)

    async def _content(self, revision: Revision, shown: set[str]) -> AsyncIterator[Content]:
        """Yield a content as plain text, unless it is written already or was removed meanwhile.

        It gets its revision's time: when another user first stored the same content must not be visible.
        """
        stored, digest = None, revision.digest
        if digest not in shown:
            stored = await self.run_read(lambda tx: tx.get(Content, digest))
        if stored is not None:
            shown.add(digest)
            plain = unpack(stored).encode()
            yield replace(stored, created_at=revision.created_at, encoding="", data=plain)

    async def _all(self, query: Query[E], *order: str) -> AsyncIterator[E]:
        """Yield every record of a query, page by page in an order without ties."""
        async for page in pages(self.run_read, query.by(*order), snapshots.PAGE):
            for record in page:
                yield record


def _is_summary_exported(summary: Summary, snapshot: Snapshot) -> bool:
    return any(b.id == summary.branch and summary.seq <= b.head_seq for b in snapshot.branches)


def _is_selection_exported(selection: BranchSelection, snapshot: Snapshot) -> bool:
    return any(b.id == selection.branch and b.state == "active" for b in snapshot.branches)


_CONSISTENT: dict[type[Entry], Callable[[Any, Snapshot], bool]] = {
    Summary: _is_summary_exported,
    Run: lambda run, _: run.status in ENDED,
    BranchSelection: _is_selection_exported,
}
"""Conditions for exporting records that can be written while the conversation is read."""


def _as_owner_sees(blob: Blob, message: Message) -> Blob:
    """Return a blob with the time and media type of its owner's message, not of other uses."""
    media_type = type_in(message, blob.id) or blob.media_type
    return replace(blob, created_at=message.created_at, media_type=media_type)


def _check_complete(project: Project) -> None:
    """Raises Conflict if a project is being purged, so that others may still refer to it."""
    if project.incomplete:
        raise Conflict(PURGED_MEANWHILE)


async def _project_path(tx: Reader, project_id: str) -> list[Project]:
    """Return a project and those around it, the innermost first."""
    project = await tx.get(Project, project_id)
    return await outward(tx, project) if project else []
