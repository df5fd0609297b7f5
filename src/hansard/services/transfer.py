"""Everything out, everything back: export and import of all that a scope has, as a stream of lines.

The format is `hansard.formats.jsonl`; what an import does with each record is said in `importing`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

from msgspec.structs import replace

from hansard.errors import InvalidInput
from hansard.formats import jsonl
from hansard.model.artifacts import Artifact, Content, Extraction, Revision
from hansard.model.base import Entry
from hansard.model.blobs import Blob, BlobChunk
from hansard.model.branches import Branch
from hansard.model.collections import Collected, Collection
from hansard.model.conversations import Conversation, View
from hansard.model.messages import Message, Rating, Summary
from hansard.model.parts import blobs_of
from hansard.model.projects import Project
from hansard.model.runs import ENDED, Run
from hansard.model.settings import Setting
from hansard.model.tenants import User
from hansard.services.admission import admit
from hansard.services.base import Service
from hansard.services.contents import content_of, unpack
from hansard.services.importing import BATCH, Importer
from hansard.services.intake import Report
from hansard.services.projects import outward
from hansard.services.purging import PURGED
from hansard.storage.base import Reader
from hansard.storage.query import Query

E = TypeVar("E", bound=Entry)

PAGE = 500


class Transfer(Service):
    async def export(self, *, conversation_id: str | None = None) -> AsyncIterator[bytes]:
        """The lines of an export: all that the user has, the trash included, or one conversation."""
        self.require("read")
        yield jsonl.write_header(self.clock())
        count = 0
        shown: set[str] = set()
        one = conversation_id
        async for record in self._records(shown) if one is None else self._one(one, shown):
            count += 1
            yield jsonl.write_record(record)
        yield jsonl.write_end(count)

    async def import_lines(self, lines: Iterable[bytes]) -> Report:
        """Add what the lines of an export hold; raises InvalidInput at the first line that is wrong.

        What came before that line stays, except for the conversation it belongs to.
        """
        self.require("write")
        importer = Importer(self.scope, self.storage, self.clock)
        try:
            await self._hand_over(importer, lines)
            await importer.finish()
        except BaseException:
            await importer.give_up()
            raise
        return importer.report()

    async def _hand_over(self, importer: Importer, lines: Iterable[bytes]) -> None:
        """Give the records to the importer in batches, also those before a line that is wrong."""
        batch: list[Entry] = []
        try:
            for item in jsonl.Reader(self.scope.tenant, admit).read(lines):
                if isinstance(item, Entry):
                    batch.append(item)
                elif isinstance(item, jsonl.Unknown):
                    importer.unknown[item.kind] += 1
                if len(batch) >= BATCH:
                    ready, batch = batch, []
                    await importer.take(ready)
        except InvalidInput:
            await importer.take(batch)
            raise
        await importer.take(batch)

    async def _one(self, conversation_id: str, shown: set[str]) -> AsyncIterator[Entry]:
        """A conversation, and the projects around it."""
        one = await self.reading(lambda tx: self.conversation(tx, conversation_id))
        for project in reversed(await self.reading(lambda tx: _around(tx, one))):
            yield project
        async for record in self._conversation(one, shown):
            yield record

    async def _records(self, shown: set[str]) -> AsyncIterator[Entry]:
        user = await self.reading(lambda tx: tx.get(User, self.scope.user))
        if user is not None:
            yield user
        async for setting in self._all(Query(Setting).where(user_id=self.scope.user), "name"):
            yield setting
        for project in await self._projects():
            yield project
        async for record in self._conversations(shown):
            yield record
        alone = Query(Artifact).where(owner_id=self.scope.user, conversation_id=None)
        async for record in self._artifacts(alone, shown):
            yield record
        async for record in self._collections():
            yield record

    async def _conversations(self, shown: set[str]) -> AsyncIterator[Entry]:
        mine = Query(Conversation).where(owner_id=self.scope.user)
        async for conversation in self._all(mine, "active_at", "id"):
            if conversation.deleted_at is None or conversation.deleted_at > PURGED:
                async for record in self._conversation(conversation, shown):
                    yield record

    async def _collections(self) -> AsyncIterator[Entry]:
        """Collections, each with what is in it that was written before."""
        own = Query(Collection).where(owner_id=self.scope.user)
        async for collection in self._all(own, "name", "id"):
            yield collection
            inside = Query(Collected).where(collection_id=collection.id)
            async for each in self._all(inside, "artifact_id"):
                artifact = await self.reading(lambda tx, k=each.artifact_id: tx.get(Artifact, k))
                if artifact is not None and not _is_halfway(artifact):
                    yield each

    async def _artifacts(self, query: Query[Artifact], shown: set[str]) -> AsyncIterator[Entry]:
        """Artifacts, each with its revisions, each after its content."""
        async for artifact in self._all(query, "created_at", "id"):
            if _is_halfway(artifact):
                continue
            yield artifact
            own = Query(Revision).where(artifact_id=artifact.id)
            async for revision in self._all(own, "number"):
                if revision.digest not in shown:
                    shown.add(revision.digest)
                    yield await self._content(revision.digest)
                yield revision

    async def _content(self, digest: str) -> Content:
        """A content as plain text, which any program can read."""
        kept = await self.reading(lambda tx: content_of(tx, digest))
        return replace(kept, encoding="", data=unpack(kept).encode())

    async def _projects(self) -> list[Project]:
        """All projects, outer ones before those inside them."""
        query = Query(Project).where(owner_id=self.scope.user).by("created_at", "id")
        waiting = await self.reading(lambda tx: tx.select(query))
        ordered: list[Project] = []
        known: set[str | None] = {None}
        while waiting:
            ready = [project for project in waiting if project.parent_id in known]
            if not ready:
                break
            ordered += ready
            known |= {project.id for project in ready}
            waiting = [project for project in waiting if project.id not in known]
        return ordered

    async def _conversation(
        self, conversation: Conversation, shown: set[str]
    ) -> AsyncIterator[Entry]:
        """A conversation with all that belongs to it, each record after those it refers to."""
        own = {"conversation_id": conversation.id}
        query = Query(Branch).where(**own).by("created_at", "id")
        found = await self.reading(lambda tx: tx.select(query))
        branches = [b for b in found if b.deleted_at is None or b.deleted_at > PURGED]
        yield conversation
        for branch in branches:
            yield branch
        for branch in branches:
            async for message in self._all(Query(Message).where(branch=branch.id), "seq"):
                async for record in self._blobs(message, shown):
                    yield record
                yield message
        async for record in self._beside(own):
            yield record
        async for record in self._artifacts(Query(Artifact).where(**own), shown):
            yield record
        async for extraction in self._all(
            Query(Extraction).where(**own), "created_at", "message_id"
        ):
            yield extraction

    async def _beside(self, own: dict[str, str]) -> AsyncIterator[Entry]:
        """What belongs to a conversation besides its messages."""
        async for rating in self._all(Query(Rating).where(**own), "created_at", "message_id"):
            yield rating
        async for summary in self._all(Query(Summary).where(**own), "seq", "id"):
            yield summary
        async for run in self._all(Query(Run).where(**own), "id"):
            if run.status in ENDED:
                yield run
        async for view in self._all(Query(View).where(**own), "user_id"):
            yield view

    async def _blobs(self, message: Message, shown: set[str]) -> AsyncIterator[Entry]:
        """The blobs that a message shows, unless they were written before."""
        for digest in sorted(blobs_of(message.parts) - shown):
            shown.add(digest)
            blob = await self.reading(lambda tx, d=digest: tx.get(Blob, d))
            if blob is not None:
                yield blob
                async for chunk in self._all(Query(BlobChunk).where(blob_id=digest), "number"):
                    yield chunk

    async def _all(self, query: Query[E], *order: str) -> AsyncIterator[E]:
        """Every row of a query, read page by page in an order without ties."""
        after = None
        while True:
            page = await self.reading(lambda tx, a=after: tx.select(query.by(*order).page(PAGE, a)))
            for record in page:
                yield record
            if len(page) < PAGE:
                return
            after = tuple(getattr(page[-1], name) for name in order)


def _is_halfway(artifact: Artifact) -> bool:
    """Whether it is being imported or purged."""
    return artifact.deleted_at is not None and artifact.deleted_at <= PURGED


async def _around(tx: Reader, conversation: Conversation) -> list[Project]:
    """The projects around a conversation, the innermost first."""
    project_id = conversation.project_id
    project = await tx.get(Project, project_id) if project_id else None
    return await outward(tx, project) if project else []
