"""Export and import of artifacts as a zip file, with all revisions.

The place of artifacts is not exported: artifacts whose conversation is unknown are imported without one. Existing
artifacts are compared, never changed. The import of records is described in `importer`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import IO, Any

from msgspec.structs import replace

from hansard.access import policy
from hansard.errors import Conflict, InvalidInput, NotFound
from hansard.formats import archive as format_archive
from hansard.model.artifacts import Artifact, Content, Revision
from hansard.model.base import Entry
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
BATCH_BYTES, BATCH_SIZE = 8 * 1024 * 1024, 50
"""Bytes and number of contents in memory at once; an archive may give wrong sizes."""


class Archives(ArtifactService):
    """Export and import of artifacts as zip files."""

    async def export(
        self,
        ids: Sequence[str] = (),
        *,
        filter: ArtifactFilter = ArtifactFilter(),  # noqa: A002, B008 - frozen
    ) -> AsyncIterator[bytes]:
        """Yield a zip file of the artifacts in `ids`, or of all that match the filter; counts them as exported.

        Raises InvalidInput if both are given or there are too many ids, NotFound if an artifact, conversation,
        project or collection does not exist, all before the first chunk; Conflict if an artifact is removed
        meanwhile.
        """
        self.require("read")
        if len(ids) > MAX_IDS:
            raise InvalidInput(f"Give at most {MAX_IDS} ids.", pointer="/ids")
        if ids and filter != ArtifactFilter():
            raise InvalidInput("Give either ids or filters.", pointer="/ids")
        await self._check_places(filter)
        writer = format_archive.Writer(self.clock())
        async for page in self._named(ids) if ids else self._filtered(filter):
            written: list[Artifact] = []
            for artifact in page:
                async for chunk in self._written(writer, artifact.id, written):
                    yield chunk
            await self._count(written)
        yield await asyncio.to_thread(writer.end)

    async def import_zip(self, file: IO[bytes]) -> ImportReport:
        """Import the artifacts of a seekable zip file; return what was added, unchanged and conflicting.

        Raises InvalidInput or TooLarge at the first invalid artifact. Each is imported completely or not at all, and
        those before it stay.
        """
        self.require("write")
        size = file.seek(0, os.SEEK_END)
        archive = await asyncio.to_thread(
            format_archive.Reader, file, size, self.scope.tenant, admit
        )
        importer = Importer(self.scope, self._storage, self.clock)
        read = set[str]()
        try:
            artifacts = archive.artifacts()
            while (entry := await asyncio.to_thread(next, artifacts, None)) is not None:
                artifact, revisions = await self._placed(entry)
                files = {revision.digest: file for revision, file in entry.revisions}
                await importer.take([artifact])
                for batch in _batches(revisions):
                    records = await asyncio.to_thread(_records, archive, files, batch, read)
                    await importer.take(records)
            await importer.finish()
        except BaseException:
            await importer.give_up()
            raise
        return importer.report()

    # Export

    async def _check_places(self, criteria: ArtifactFilter) -> None:
        """Raises NotFound if the filter names a record that does not exist, instead of an empty file."""

        async def check(tx: Reader) -> None:
            if criteria.conversation_id is not None:
                await self.conversation(tx, criteria.conversation_id, "read")
            if criteria.project_id is not None:
                await self.project(tx, criteria.project_id, "read")
            if criteria.collection_id is not None:
                await self.collection(tx, criteria.collection_id, "read")

        await self.run_read(check)

    async def _named(self, ids: Sequence[str]) -> AsyncIterator[list[Artifact]]:
        artifacts: dict[str, Artifact] = {}

        async def read_artifacts(tx: Reader) -> None:
            for number, artifact_id in enumerate(ids):
                try:
                    artifact = await self.artifact(tx, artifact_id, "read")
                except NotFound as error:
                    raise NotFound(error.message, pointer=f"/ids/{number}") from None
                artifacts[artifact.id] = artifact

        await self.run_read(read_artifacts)
        yield list(artifacts.values())

    async def _filtered(self, criteria: ArtifactFilter) -> AsyncIterator[list[Artifact]]:
        listing = Artifacts(self.scope, self._storage, self.clock)
        cursor: str | None = None
        while True:
            page = await listing.list(limit=PAGE, cursor=cursor, filter=criteria)
            yield page.items
            cursor = page.next
            if cursor is None:
                return

    async def _written(
        self, writer: format_archive.Writer, artifact_id: str, written: list[Artifact]
    ) -> AsyncIterator[bytes]:
        """Yield the file's chunks for an artifact and add it to `written`; skip it if it may no longer be read."""

        async def read_artifact(tx: Reader) -> tuple[Artifact, list[Revision]]:
            readable = await self.artifact(tx, artifact_id, "read")
            return readable, await self.revisions_of(tx, readable)

        try:
            artifact, revisions = await self.run_read(read_artifact)
        except NotFound:
            return
        files = writer.begin(artifact, name_of(artifact), revisions)
        by_digest = {revision.digest: revision for revision in revisions}
        for batch in _batches(list(by_digest.values())):
            try:
                contents = await self._contents(artifact_id, batch)
            except NotFound:
                writer.leave_out()
                return
            await asyncio.to_thread(_add, writer, files, batch, contents)
            yield writer.taken()
        written.append(artifact)

    async def _contents(
        self, artifact_id: str, revisions: Sequence[Revision]
    ) -> dict[str, Content]:
        """Return the contents of revisions if their artifact may still be read. Raises Conflict if some are gone."""

        async def read_contents(tx: Reader) -> dict[str, Content]:
            await self.artifact(tx, artifact_id, "read")
            return await self.contents(tx, revisions)

        contents = await self.run_read(read_contents)
        if len(contents) < len(revisions):
            raise Conflict("An artifact was removed during the export; export again.")
        return contents

    async def _count(self, artifacts: Sequence[Artifact]) -> None:
        """Count the artifacts as exported, unless the scope or database is read-only."""
        if "write" not in self.scope.rights or self._storage.readonly:
            return
        now = self.clock()

        async def count_exports(tx: Transaction) -> None:
            for artifact in artifacts:
                await count(tx, artifact, now, exported=1)

        await self.run_write(count_exports)

    # Import

    async def _placed(self, entry: format_archive.ArchiveEntry) -> tuple[Artifact, list[Revision]]:
        """Return an artifact and its revisions with the place of the existing ones, or without one."""
        artifact = entry.artifact

        async def read_existing(
            tx: Reader,
        ) -> tuple[Artifact | None, list[Revision], bool]:
            project_id = artifact.project_id
            project = await tx.get(Project, project_id) if project_id else None
            owns_project = await policy.owns(tx, self.scope, project)
            existing = await tx.get(Artifact, artifact.id)
            if existing is None or not await policy.owns(tx, self.scope, existing):
                return None, [], owns_project
            return existing, await self.revisions_of(tx, existing), owns_project

        existing, revisions, owns_project = await self.run_read(read_existing)
        if existing is not None and existing.state == "importing":
            existing, revisions = None, []
        existing_revisions = {revision.number: revision for revision in revisions}
        place = existing or replace(
            artifact,
            project_id=artifact.project_id if owns_project else None,
            temporary=False,
            state="active",
            deleted_at=None,
            **_NOWHERE,
        )
        placed = replace(artifact, **{name: getattr(place, name) for name in _PLACE})
        return placed, [
            replace(revision, **_origin(existing_revisions.get(revision.number)))
            for revision, _ in entry.revisions
        ]


_NOWHERE: dict[str, None] = dict.fromkeys(("conversation_id", "message_id", "branch", "part"))
_PLACE = (*_NOWHERE, "project_id", "temporary", "state", "deleted_at", "version")


def _origin(existing: Revision | None) -> dict[str, Any]:
    return {name: getattr(existing, name, None) for name in ("message_id", "part")}


def _batches(revisions: Sequence[Revision]) -> Iterator[list[Revision]]:
    """Yield revisions in their order, in batches limited by size and number."""
    batch: list[Revision] = []
    size = 0
    for revision in revisions:
        if len(batch) >= BATCH_SIZE or (batch and size + revision.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(revision)
        size += revision.size
    if batch:
        yield batch


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
    """Return revisions, each after its content unless that is in `read` already: no file is read twice."""
    records: list[Entry] = []
    for revision in revisions:
        digest = revision.digest
        if digest not in read:
            read.add(digest)
            data = archive.read(files[digest], MAX_CONTENT)
            created_at = revision.created_at
            records.append(
                Content(tenant_id=revision.tenant_id, created_at=created_at, id=digest, data=data)
            )
        records.append(revision)
    return records
