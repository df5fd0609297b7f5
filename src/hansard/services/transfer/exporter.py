"""Everything out, everything back: export and import of all that a scope has, as a stream of lines.

The format is `hansard.formats.jsonl`; what an import does with each record is said in `importing`.

An export holds nobody up, and others write beside it. What can change of a conversation is read at one time: where
its branches end, and which artifacts it has, at which revisions. What that leads to never changes, and is read page by
page afterwards: messages by the path to a branch's end, which deleting and restoring move but do not alter, and
revisions up to the newest one that was known. So each conversation and each artifact is in the file as it was at one
time, though not all at the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Container, Iterable
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from hansard.errors import Conflict
from hansard.formats import jsonl
from hansard.model.artifacts import Artifact, Content, ExtractionMarker, Revision
from hansard.model.base import Entry
from hansard.model.blobs import Blob, BlobChunk
from hansard.model.branches import Branch
from hansard.model.collections import Collection, CollectionItem
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.lifecycle import is_halfway
from hansard.model.messages import Message, Rating, Summary
from hansard.model.parts import blobs_of
from hansard.model.projects import Project
from hansard.model.runs import ENDED, Run
from hansard.model.settings import Setting
from hansard.model.tenants import User
from hansard.services.artifacts.contents import unpack
from hansard.services.base import Service
from hansard.services.blobs import type_in
from hansard.services.ordering import outer_first
from hansard.services.projects import outward
from hansard.services.transfer.batches import Batches
from hansard.services.transfer.import_session import ImportReport
from hansard.services.transfer.importer import Importer
from hansard.storage import message_tree
from hansard.storage.base import Reader
from hansard.storage.query import Query

E = TypeVar("E", bound=Entry)

PAGE = 500
_GONE = "Something was removed for good while it was exported: export again."


class Talk(NamedTuple):
    """What can change of a conversation, as it was at one time."""

    conversation: Conversation
    branches: list[Branch]
    """Each after the one it left."""
    artifacts: list[Artifact]
    extractions: list[ExtractionMarker]


class Transfer(Service):
    async def export(self, *, conversation_id: str | None = None) -> AsyncIterator[bytes]:
        """The lines of an export: all that the user has, the trash included, or one conversation.

        It can be imported whatever is written meanwhile. Raises Conflict if what is being written to the file is
        removed for good just then; what was begun so is no export, and an import says that it is cut off.
        """
        self.require("read")
        yield jsonl.write_header(self.clock())
        count = 0
        shown: set[str] = set()
        one = conversation_id
        async for record in self._records(shown) if one is None else self._one(one, shown):
            count += 1
            yield jsonl.write_record(record)
        yield jsonl.write_end(count)

    async def import_lines(self, lines: Iterable[bytes]) -> ImportReport:
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
        batches = Batches(self.scope.tenant, lines)
        importer.unknown = batches.unknown
        async for batch in batches:
            await importer.take(batch)

    async def _one(self, conversation_id: str, shown: set[str]) -> AsyncIterator[Entry]:
        """A conversation, and the projects around it."""
        one = await self.run_read(lambda tx: self.conversation(tx, conversation_id))
        async for record in self._conversation(one.id, shown):
            yield record

    async def _records(self, shown: set[str]) -> AsyncIterator[Entry]:
        """`shown` are the ids and digests of what was written and is referred to by what comes later."""
        user = await self.run_read(lambda tx: tx.get(User, self.scope.user))
        if user is not None:
            yield user
        async for setting in self._all(Query(Setting).where(user_id=self.scope.user), "name"):
            yield setting
        own = Query(Project).where(owner_id=self.scope.user).by("created_at", "id")
        projects = await self.run_read(lambda tx: tx.select(own))
        for project in outer_first(projects, lambda each: each.parent_id):
            shown.add(project.id)
            yield project
        async for record in self._conversations(shown):
            yield record
        async for record in self._alone(shown):
            yield record
        async for record in self._collections(shown):
            yield record

    async def _conversations(self, shown: set[str]) -> AsyncIterator[Entry]:
        mine = Query(Conversation).where(owner_id=self.scope.user)
        async for conversation in self._all(mine, "active_at", "id"):
            if conversation.id not in shown:  # it comes again if something is said in it meanwhile
                async for record in self._conversation(conversation.id, shown):
                    yield record

    async def _projects(self, project_id: str | None, shown: set[str]) -> AsyncIterator[Project]:
        """A project and those around it, the outermost first, unless they were written before."""
        if project_id is None or project_id in shown:
            return
        for project in reversed(await self.run_read(lambda tx: _around(tx, project_id))):
            if project.id not in shown:
                shown.add(project.id)
                yield project

    # A conversation

    async def _conversation(self, conversation_id: str, shown: set[str]) -> AsyncIterator[Entry]:
        """A conversation with all that belongs to it, each record after those it refers to."""
        talk = await self.run_read(lambda tx: _talk(tx, conversation_id))
        if talk is None:
            return
        async for project in self._projects(talk.conversation.project_id, shown):
            yield project
        shown.add(conversation_id)
        yield talk.conversation
        for branch in talk.branches:
            yield branch
        said: set[str] = set()
        for branch in talk.branches:
            async for message in self._messages(branch):
                async for record in self._blobs(message, shown):
                    yield record
                said.add(message.id)
                yield message
        async for record in self._beside(talk, said):
            yield record
        async for record in self._made(talk, said, shown):
            yield record

    async def _messages(self, branch: Branch) -> AsyncIterator[Message]:
        """A branch's own messages as they were when it was read."""
        for first in range(branch.fork_seq + 1, branch.head_seq + 1, PAGE):
            for message in await self.run_read(lambda tx, f=first: _leading_to(tx, branch, f)):
                yield message

    async def _beside(self, talk: Talk, said: Container[str]) -> AsyncIterator[Entry]:
        """What belongs to a conversation besides its messages, as far as it is of what was `said` until then."""
        own = {"conversation_id": talk.conversation.id}
        ends = {branch.id: branch.head_seq for branch in talk.branches}
        seen = {branch.id for branch in talk.branches if branch.deleted_at is None}
        async for rating in self._all(Query(Rating).where(**own), "created_at", "message_id"):
            if rating.message_id in said:
                yield rating
        async for summary in self._all(Query(Summary).where(**own), "seq", "id"):
            if summary.seq <= ends.get(summary.branch, -1):
                yield summary
        async for run in self._all(Query(Run).where(**own), "id"):
            if run.status in ENDED and run.branch in ends:
                yield run
        async for view in self._all(Query(BranchSelection).where(**own), "user_id"):
            if view.branch in seen:
                yield view

    async def _blobs(self, message: Message, shown: set[str]) -> AsyncIterator[Entry]:
        """The blobs that a message shows, unless they were written before."""
        for digest in sorted(blobs_of(message.parts) - shown):
            shown.add(digest)
            blob = await self.run_read(lambda tx, d=digest: tx.get(Blob, d))
            if blob is None:
                raise Conflict(_GONE)
            shown_as = _as_shown(blob, message)
            yield shown_as
            left = blob.size
            async for chunk in self._all(Query(BlobChunk).where(blob_id=digest), "number"):
                left -= len(chunk.data)
                yield replace(chunk, created_at=shown_as.created_at)
            if left:
                raise Conflict(_GONE)

    # What was made

    async def _alone(self, shown: set[str]) -> AsyncIterator[Entry]:
        """Artifacts that belong to no conversation."""
        alone = Query(Artifact).where(owner_id=self.scope.user, conversation_id=None)
        async for artifact in self._all(alone, "created_at", "id"):
            if not is_halfway(artifact):
                async for project in self._projects(artifact.project_id, shown):
                    yield project
                async for record in self._artifact(artifact, (), shown):
                    yield record

    async def _made(
        self, talk: Talk, said: Container[str], shown: set[str]
    ) -> AsyncIterator[Entry]:
        """The artifacts of a conversation, and of which answers they were taken out."""
        for artifact in talk.artifacts:
            if artifact.message_id is None or artifact.message_id in said:
                async for record in self._artifact(artifact, said, shown):
                    yield record
        for extraction in talk.extractions:
            if extraction.message_id in said:
                yield extraction

    async def _artifact(
        self, artifact: Artifact, said: Container[str], shown: set[str]
    ) -> AsyncIterator[Entry]:
        """An artifact with the revisions that it had when it was read, each after its content."""
        own = Query(Revision).where(artifact_id=artifact.id, number__le=artifact.revision)
        revisions = await self.run_read(lambda tx: tx.select(own.by("number")))
        if not revisions:
            return  # it was purged since
        if revisions[-1].number < artifact.revision:
            raise Conflict(_GONE)
        shown.add(artifact.id)
        yield artifact
        for revision in revisions:
            async for content in self._content(revision, shown):
                yield content
            if revision.digest in shown:
                is_known = revision.message_id is None or revision.message_id in said
                yield revision if is_known else replace(revision, message_id=None, part=None)
            elif revision.number == artifact.revision:
                raise Conflict(_GONE)

    async def _content(self, revision: Revision, shown: set[str]) -> AsyncIterator[Content]:
        """A content as plain text, which any program can read, unless it was written before or let go since.

        It is as old as its revision: since when somebody else says the same is nobody's business.
        """
        kept, digest = None, revision.digest
        if digest not in shown:
            kept = await self.run_read(lambda tx: tx.get(Content, digest))
        if kept is not None:
            shown.add(digest)
            plain = unpack(kept).encode()
            yield replace(kept, created_at=revision.created_at, encoding="", data=plain)

    async def _collections(self, shown: set[str]) -> AsyncIterator[Entry]:
        """Collections, each with what is in it that is the user's own and was written before."""
        own = Query(Collection).where(owner_id=self.scope.user)
        async for collection in self._all(own, "name", "id"):
            if collection.id in shown:
                continue  # it was renamed meanwhile
            shown.add(collection.id)
            async for project in self._projects(collection.project_id, shown):
                yield project
            yield collection
            inside = Query(CollectionItem).where(collection_id=collection.id)
            async for each in self._all(inside, "artifact_id"):
                if each.artifact_id in shown:
                    yield each

    async def _all(self, query: Query[E], *order: str) -> AsyncIterator[E]:
        """Every row of a query, read page by page in an order without ties."""
        after = None
        while True:
            page = await self.run_read(
                lambda tx, a=after: tx.select(query.by(*order).page(PAGE, a))
            )
            for record in page:
                yield record
            if len(page) < PAGE:
                return
            after = tuple(getattr(page[-1], name) for name in order)


async def _talk(tx: Reader, conversation_id: str) -> Talk | None:
    """None if the conversation is being imported or purged, or is gone."""
    conversation = await tx.get(Conversation, conversation_id)
    if conversation is None or is_halfway(conversation):
        return None
    own = {"conversation_id": conversation_id}
    branches = await tx.select(Query(Branch).where(**own).by("created_at", "id"))
    artifacts = await tx.select(Query(Artifact).where(**own).by("created_at", "id"))
    extractions = Query(ExtractionMarker).where(**own).by("created_at", "message_id")
    return Talk(
        conversation,
        outer_first([b for b in branches if not is_halfway(b)], lambda b: b.parent_branch),
        [artifact for artifact in artifacts if not is_halfway(artifact)],
        await tx.select(extractions),
    )


def _as_shown(blob: Blob, message: Message) -> Blob:
    """A blob as its owner knows it: who else has the same bytes, since when and as what, is nobody's business."""
    shown = type_in(message, blob.id) or blob.media_type
    return replace(blob, created_at=message.created_at, media_type=shown)


async def _leading_to(tx: Reader, branch: Branch, first: int) -> list[Message]:
    """Messages from a depth on that lead to where the branch ended, wherever they are by now."""
    last = min(first + PAGE - 1, branch.head_seq)
    head = await tx.get(Message, branch.head_id)
    holder = await tx.get(Branch, head.branch) if head else None
    found = await message_tree.path(tx, holder, first, last) if holder else []
    if len(found) <= last - first:
        raise Conflict(_GONE)
    return [m if m.branch == branch.id else replace(m, branch=branch.id) for m in found]


async def _around(tx: Reader, project_id: str) -> list[Project]:
    """A project and those around it, the innermost first."""
    project = await tx.get(Project, project_id)
    return await outward(tx, project) if project else []
