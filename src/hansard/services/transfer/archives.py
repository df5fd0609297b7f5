"""Artifacts out of the record as a zip file, and back: equal, with all revisions.

Where they were made stays behind: what comes in where it is not known belongs to no conversation, and what is there
already stays as it is and is only compared. How records come in is told in `importing`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import IO, Any

from msgspec.structs import replace

from hansard.errors import Conflict, InvalidInput, NotFound
from hansard.formats import archive as format_archive
from hansard.model.artifacts import Artifact, Content, Revision
from hansard.model.base import Entry
from hansard.model.lifecycle import IMPORTING
from hansard.model.projects import Project
from hansard.services.artifacts.access import ArtifactService
from hansard.services.artifacts.contents import unpack
from hansard.services.artifacts.files import name_of
from hansard.services.artifacts.revisions import count
from hansard.services.artifacts.service import Artifacts
from hansard.services.artifacts.validation import MAX_CONTENT, ArtifactFilter
from hansard.services.transfer.import_session import ImportReport
from hansard.services.transfer.importer import Importer
from hansard.services.transfer.validation import admit
from hansard.storage.base import Reader, Transaction

MAX_IDS = 1_000
PAGE = 50
LUMP, MANY = 8 * 1024 * 1024, 50
"""Bytes of contents that are in memory at once, and contents, for an archive may lie about bytes."""


class Bundles(ArtifactService):
    async def export(
        self,
        ids: Sequence[str] = (),
        *,
        filter: ArtifactFilter = ArtifactFilter(),  # noqa: A002, B008 - frozen
    ) -> AsyncIterator[bytes]:
        """A zip file of these artifacts, or of all that the filter lets through; each counts as exported.

        What cannot be exported is refused before the first piece.
        """
        self.require("read")
        if len(ids) > MAX_IDS:
            raise InvalidInput(f"Name at most {MAX_IDS} artifacts.", pointer="/ids")
        if ids and filter != ArtifactFilter():
            raise InvalidInput("Either ids or filters say which.", pointer="/ids")
        await self._check_places(filter)
        writer = format_archive.Writer(self.clock())
        async for page in self._named(ids) if ids else self._filtered(filter):
            written: list[Artifact] = []
            for artifact in page:
                async for piece in self._written(writer, artifact.id, written):
                    yield piece
            await self._count(written)
        yield await asyncio.to_thread(writer.end)

    async def import_zip(self, file: IO[bytes]) -> ImportReport:
        """Add the artifacts of a zip file that can be read anywhere; raises InvalidInput at the first that is wrong.

        Each comes whole or not at all, and what came before stays.
        """
        self.require("write")
        size = file.seek(0, os.SEEK_END)
        archive = await asyncio.to_thread(
            format_archive.Reader, file, size, self.scope.tenant, admit
        )
        importer = Importer(self.scope, self.storage, self.clock)
        read = set[str]()
        try:
            artifacts = archive.artifacts()
            while (listed := await asyncio.to_thread(next, artifacts, None)) is not None:
                artifact, revisions = await self._placed(listed)
                files = {revision.digest: file for revision, file in listed.revisions}
                await importer.take([artifact])
                for lump in _lumps(revisions):
                    found = await asyncio.to_thread(_records, archive, files, lump, read)
                    await importer.take(found)
            await importer.finish()
        except BaseException:
            await importer.give_up()
            raise
        return importer.report()

    # Out

    async def _check_places(self, wanted: ArtifactFilter) -> None:
        """NotFound if what they should be of is not there: nobody wants an empty file for that."""

        async def work(tx: Reader) -> None:
            if wanted.conversation_id is not None:
                await self.conversation(tx, wanted.conversation_id)
            if wanted.project_id is not None:
                await self.project(tx, wanted.project_id)
            if wanted.collection_id is not None:
                await self.collection(tx, wanted.collection_id)

        await self.run_read(work)

    async def _named(self, ids: Sequence[str]) -> AsyncIterator[list[Artifact]]:
        found: dict[str, Artifact] = {}

        async def work(tx: Reader) -> None:
            for number, artifact_id in enumerate(ids):
                try:
                    artifact = await self.artifact(tx, artifact_id, "read")
                except NotFound as error:
                    raise NotFound(error.message, pointer=f"/ids/{number}") from None
                found[artifact.id] = artifact

        await self.run_read(work)
        yield list(found.values())

    async def _filtered(self, wanted: ArtifactFilter) -> AsyncIterator[list[Artifact]]:
        listing = Artifacts(self.scope, self.storage, self.clock)
        cursor: str | None = None
        while True:
            page = await listing.list(limit=PAGE, cursor=cursor, filter=wanted)
            yield page.items
            cursor = page.next
            if cursor is None:
                return

    async def _written(
        self, writer: format_archive.Writer, artifact_id: str, written: list[Artifact]
    ) -> AsyncIterator[bytes]:
        """An artifact as pieces of the file, and as one that was `written`; left out if it may not be read any more."""

        async def work(tx: Reader) -> tuple[Artifact, list[Revision]]:
            found = await self.artifact(tx, artifact_id, "read")
            return found, await self.revisions_of(tx, found)

        try:
            artifact, revisions = await self.run_read(work)
        except NotFound:
            return
        files = writer.begin(artifact, name_of(artifact), revisions)
        first = {revision.digest: revision for revision in revisions}
        for lump in _lumps(list(first.values())):
            try:
                contents = await self._contents(artifact_id, lump)
            except NotFound:
                writer.leave_out()
                return
            await asyncio.to_thread(_add, writer, files, lump, contents)
            yield writer.taken()
        written.append(artifact)

    async def _contents(
        self, artifact_id: str, revisions: Sequence[Revision]
    ) -> dict[str, Content]:
        """What revisions say, if their artifact may still be read."""

        async def work(tx: Reader) -> dict[str, Content]:
            await self.artifact(tx, artifact_id, "read")
            return await self.contents(tx, revisions)

        found = await self.run_read(work)
        if len(found) < len(revisions):
            raise Conflict("An artifact was removed while it was exported.")
        return found

    async def _count(self, artifacts: Sequence[Artifact]) -> None:
        """Note that they were exported, where that can be noted."""
        if "write" not in self.scope.rights or getattr(self.storage, "readonly", False):
            return
        now = self.clock()

        async def work(tx: Transaction) -> None:
            for artifact in artifacts:
                await count(tx, artifact, now, exported=1)

        await self.run_write(work)

    # In

    async def _placed(self, listed: format_archive.Listed) -> tuple[Artifact, list[Revision]]:
        """An artifact and its revisions where they are here, if they are, or else nowhere."""
        artifact = listed.artifact

        async def work(tx: Reader) -> tuple[Artifact | None, list[Revision], Project | None]:
            place = artifact.project_id
            project = await tx.get(Project, place) if place else None
            there = await tx.get(Artifact, artifact.id)
            if there is None or there.owner_id != self.scope.user:
                return None, [], project
            return there, await self.revisions_of(tx, there), project

        there, revisions, project = await self.run_read(work)
        if there is not None and there.deleted_at == IMPORTING:
            there, revisions = None, []
        made = {revision.number: revision for revision in revisions}
        ours = project is not None and project.owner_id == self.scope.user
        found = replace(
            artifact,
            version=there.version if there else artifact.version,
            project_id=there.project_id if there else artifact.project_id if ours else None,
            temporary=there.temporary if there else False,
            deleted_at=there.deleted_at if there else None,
            **{name: getattr(there, name, None) for name in _MADE_IN},
        )
        return found, [
            replace(revision, **_origin(made.get(revision.number)))
            for revision, _ in listed.revisions
        ]


_MADE_IN = ("conversation_id", "message_id", "branch", "part")


def _origin(there: Revision | None) -> dict[str, Any]:
    return {name: getattr(there, name, None) for name in ("message_id", "part")}


def _lumps(revisions: Sequence[Revision]) -> Iterator[list[Revision]]:
    """Revisions in their order, as many at once as their sizes allow."""
    lump: list[Revision] = []
    size = 0
    for revision in revisions:
        if len(lump) >= MANY or (lump and size + revision.size > LUMP):
            yield lump
            lump, size = [], 0
        lump.append(revision)
        size += revision.size
    if lump:
        yield lump


def _add(
    writer: format_archive.Writer,
    files: dict[str, str],
    revisions: Sequence[Revision],
    contents: dict[str, Content],
) -> None:
    for revision in revisions:
        content = unpack(contents[revision.digest]).encode()
        writer.add(files[revision.digest], content, revision.created_at)


def _records(
    archive: format_archive.Reader,
    files: dict[str, str],
    revisions: Sequence[Revision],
    read: set[str],
) -> list[Entry]:
    """Revisions, each after its content unless that was `read` before: no file is read twice."""
    found: list[Entry] = []
    for revision in revisions:
        digest = revision.digest
        if digest not in read:
            read.add(digest)
            data = archive.read(files[digest], MAX_CONTENT)
            at = revision.created_at
            found.append(Content(tenant_id=revision.tenant_id, created_at=at, id=digest, data=data))
        found.append(revision)
    return found
