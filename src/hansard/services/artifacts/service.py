"""Artifacts: creating, reading and changing them, revision by revision.

A revision never changes. Editing adds a revision; restoring an old one adds a revision with its content. A writer
who gives the revision it expects to be the newest gets `RevisionConflict` if it is not, so nothing is overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

import msgspec

from hansard.detection.languages import media_type_of
from hansard.errors import AlreadyExists, Conflict, InvalidInput
from hansard.model.artifacts import (
    Artifact,
    ArtifactCounters,
    ArtifactType,
    Diff,
    Revision,
    Use,
    UseKey,
)
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.event_kinds import EventKind
from hansard.model.lifecycle import ACTIVE, trashed
from hansard.model.pages import Page
from hansard.services.artifacts import lifecycle
from hansard.services.artifacts import revisions as artifact_revisions
from hansard.services.artifacts.access import ArtifactService
from hansard.services.artifacts.contents import pack
from hansard.services.artifacts.diffs import difference
from hansard.services.artifacts.events import publish
from hansard.services.artifacts.files import ArtifactFile, file_of
from hansard.services.artifacts.revisions import Provenance
from hansard.services.artifacts.validation import (
    CHECKS,
    ArtifactFilter,
    build_query,
    check_content,
    check_note,
    check_revision,
)
from hansard.services.base import check_limit, checked, return_if_identical
from hansard.services.cursors import IdText, Position, decode_cursor, page_of
from hansard.services.users.statistics import check_day
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

_UNSET = msgspec.UNSET


class Artifacts(ArtifactService):
    """The user's artifacts, and those that others share with the user."""

    async def create(
        self,
        content: str,
        *,
        type: ArtifactType,  # noqa: A002 - the API's name for the field
        title: str,
        id: str | None = None,  # noqa: A002
        language: str = "",
        media_type: str = "",
        description: str = "",
        identifier: str = "",
        file_name: str = "",
        conversation_id: str | None = None,
        project_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        note: str = "",
    ) -> Artifact:
        """Create an artifact in a conversation, in a project, or in neither.

        An artifact of a conversation belongs to the conversation's project, and answers that use its `identifier` or
        `file_name` revise it. `note` describes the revision. `id` makes the request repeatable: a repeated request
        returns the existing artifact. Raises InvalidInput for invalid fields or if `conversation_id` and `project_id`
        are both given, NotFound if these do not exist, AlreadyExists if the id exists with other fields or content.
        """
        now = self.clock()
        fields = checked(
            CHECKS,
            type=type,
            title=title,
            language=language,
            media_type=media_type or media_type_of(language or type),
            description=description,
            identifier=identifier,
            file_name=file_name,
            metadata=metadata or {},
        )
        encoded = pack(check_content(content))
        artifact = Artifact(
            **self.stamp(id, now),
            **fields,
            conversation_id=conversation_id and conversation_id.lower(),
            project_id=project_id and project_id.lower(),
            size=encoded.size,
        )
        provenance = Provenance(author=self.scope.user, note=check_note(note))

        async def insert_artifact(tx: Transaction) -> Artifact:
            await self.ensure_user(tx, now)
            placed = await self._placed(tx, artifact)
            existing = await tx.get(Artifact, artifact.id)
            if existing is None:
                return await artifact_revisions.add(tx, placed, content, encoded, provenance)
            first = await tx.get(Revision, existing.id, 1)
            if first is None or first.digest != encoded.digest:
                raise AlreadyExists("This id is taken.", pointer="/id")
            return return_if_identical(existing, placed, "conversation_id", *fields)

        return await self.run_write(insert_artifact)

    async def get(self, artifact_id: str, *, deleted: bool = False) -> Artifact:
        """Return an artifact; with `deleted`, the user's own in the trash. Raises NotFound if there is none."""
        return await self.run_read(
            lambda tx: self.artifact(tx, artifact_id, "read", deleted=deleted)
        )

    async def list(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        filter: ArtifactFilter = ArtifactFilter(),  # noqa: A002, B008 - frozen
    ) -> Page[Artifact]:
        """Return a page of the artifacts that match `filter`, last changed first. Raises BadCursor."""
        after = None if cursor is None else decode_cursor(filter, cursor, (datetime, IdText))
        query = build_query(self.scope.user, filter).by("-updated_at", "-id")
        query = query.page(check_limit(limit) + 1, after)

        async def select_artifacts(tx: Reader) -> list[Artifact]:
            return await tx.select(await self.narrow(tx, query, filter))

        artifacts = [self.shown(artifact) for artifact in await self.run_read(select_artifacts)]
        return page_of(filter, artifacts, limit, "updated_at", "id")

    async def read(self, artifact_id: str, revision: int | None = None) -> str:
        """Return the text of an artifact, or of one of its revisions. Raises NotFound if it does not exist."""
        return (await self.get_content(artifact_id, revision))[1]

    async def get_content(
        self, artifact_id: str, revision: int | None = None
    ) -> tuple[Revision, str]:
        """Return a revision and its text; without a number, the newest. Raises NotFound if it does not exist."""
        return (await self.get_with_content(artifact_id, revision))[1:]

    async def get_with_content(
        self, artifact_id: str, revision: int | None = None
    ) -> tuple[Artifact, Revision, str]:
        """Return an artifact, a revision (by default the newest) and its text. Raises NotFound without these."""

        async def read_content(tx: Reader) -> tuple[Artifact, Revision, str]:
            artifact = await self.artifact(tx, artifact_id, "read")
            shown = await self.revision_of(tx, artifact, revision)
            return artifact, shown, await self.text(tx, shown)

        return await self.run_read(read_content)

    async def file(self, artifact_id: str, revision: int | None = None) -> ArtifactFile:
        """Return a revision of an artifact as a file; without a number, the newest."""
        artifact, _, text = await self.get_with_content(artifact_id, revision)
        return file_of(artifact, text)

    async def revision(self, artifact_id: str, number: int | None = None) -> Revision:
        """Return one revision of an artifact; without a number, the newest. Raises NotFound if it does not exist."""

        async def get_revision(tx: Reader) -> Revision:
            return await self.revision_of(tx, await self.artifact(tx, artifact_id, "read"), number)

        return await self.run_read(get_revision)

    async def revisions(
        self, artifact_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Revision]:
        """Return a page of an artifact's revisions, newest first. Raises BadCursor for another list's cursor."""
        check_limit(limit)
        listing = ["revisions", artifact_id.lower()]
        after = None if cursor is None else decode_cursor(listing, cursor, (Position,))

        async def select_revisions(tx: Reader) -> Page[Revision]:
            artifact = await self.artifact(tx, artifact_id, "read")
            revisions = await self.revisions_of(tx, artifact, limit + 1, after)
            return page_of(listing, revisions, limit, "number")

        return await self.run_read(select_revisions)

    async def diff(self, artifact_id: str, old: int | None = None, new: int | None = None) -> Diff:
        """Return the differences between two revisions.

        By default from the oldest that is kept to the newest. Raises NotFound if a revision does not exist, TooLarge if
        one has too many lines.
        """

        async def read_both(tx: Reader) -> tuple[Artifact, Revision, Revision, str, str]:
            artifact = await self.artifact(tx, artifact_id, "read")
            if old is None:
                a = await self.oldest_of(tx, artifact)
            else:
                a = await self.revision_of(tx, artifact, old, "/from")
            b = await self.revision_of(tx, artifact, new, "/to")
            return artifact, a, b, await self.text(tx, a), await self.text(tx, b)

        return await difference(*await self.run_read(read_both))

    async def update(
        self,
        artifact_id: str,
        *,
        expect_revision: int | None = None,
        content: str | msgspec.UnsetType = _UNSET,
        type: ArtifactType | msgspec.UnsetType = _UNSET,  # noqa: A002
        title: str | msgspec.UnsetType = _UNSET,
        language: str | msgspec.UnsetType = _UNSET,
        media_type: str | msgspec.UnsetType = _UNSET,
        description: str | msgspec.UnsetType = _UNSET,
        identifier: str | msgspec.UnsetType = _UNSET,
        file_name: str | msgspec.UnsetType = _UNSET,
        metadata: dict[str, Any] | msgspec.UnsetType = _UNSET,
        note: str = "",
    ) -> Artifact:
        """Change the given fields; new content adds a revision, whose author is the user.

        `note` describes the revision; the same content again adds none. Raises InvalidInput for invalid fields,
        NotFound if the artifact does not exist, RevisionConflict if the newest revision is not `expect_revision`.
        """
        fields = checked(
            CHECKS,
            type=type,
            title=title,
            language=language,
            media_type=media_type,
            description=description,
            identifier=identifier,
            file_name=file_name,
            metadata=metadata,
        )
        encoded = None if isinstance(content, msgspec.UnsetType) else pack(check_content(content))
        provenance = Provenance(author=self.scope.user, note=check_note(note))

        async def update_artifact(tx: Transaction) -> Artifact:
            artifact = await self.artifact(tx, artifact_id, "write", lock=True)
            check_revision(artifact, expect_revision)
            now = self.clock()
            newest = await artifact_revisions.current(tx, artifact)
            if isinstance(content, str) and encoded is not None and encoded.digest != newest.digest:
                changes: dict[str, Any] = {**fields, "closed": True}
                return await artifact_revisions.revise(
                    tx, artifact, content, encoded, provenance, now, **changes
                )
            changes = {
                name: value for name, value in fields.items() if value != getattr(artifact, name)
            }
            if not changes:
                return artifact
            return await artifact_revisions.update_fields(tx, artifact, changes, now)

        return self.shown(await self.run_write(update_artifact))

    async def restore_revision(
        self, artifact_id: str, number: int, *, expect_revision: int | None = None, note: str = ""
    ) -> Artifact:
        """Add a revision with the content of an earlier one.

        Raises NotFound if that does not exist, RevisionConflict if the newest revision is not `expect_revision`.
        """
        check_note(note)
        text = await self.read(artifact_id, number)  # contents never change
        encoded = pack(text)

        async def add_revision(tx: Transaction) -> Artifact:
            artifact = await self.artifact(tx, artifact_id, "write", lock=True)
            check_revision(artifact, expect_revision)
            restored = await self.revision_of(tx, artifact, number)
            provenance = Provenance(author=self.scope.user, restored_from=number, note=note)
            fields: dict[str, Any] = {"title": restored.title, "closed": restored.closed}
            return await artifact_revisions.revise(
                tx, artifact, text, encoded, provenance, self.clock(), **fields
            )

        return self.shown(await self.run_write(add_revision))

    async def delete(self, artifact_id: str) -> Artifact:
        """Move an artifact to the trash. Raises NotFound if the user does not own it."""

        async def trash_artifact(tx: Transaction) -> Artifact:
            artifact = await self.artifact(tx, artifact_id, lock=True)
            return await self._set_state(tx, artifact, "artifact.deleted", trashed(self.clock()))

        return await self.run_write(trash_artifact)

    async def restore(self, artifact_id: str) -> Artifact:
        """Restore an artifact. Raises NotFound if it is not in the trash, Conflict if its conversation or branch is."""

        async def restore_artifact(tx: Transaction) -> Artifact:
            artifact = await self.artifact(tx, artifact_id, deleted=True, lock=True)
            conversation = artifact.conversation_id and await tx.get(
                Conversation, artifact.conversation_id
            )
            branch = artifact.branch and await tx.get(Branch, artifact.branch)
            if any(record and record.state != "active" for record in (conversation, branch)):
                raise Conflict(
                    "Its conversation or branch is in the trash too; restore that first."
                )
            return await self._set_state(tx, artifact, "artifact.restored", ACTIVE)

        return await self.run_write(restore_artifact)

    async def purge(self, artifact_id: str) -> None:
        """Permanently remove an artifact in the trash, with all revisions. Raises NotFound if it is not there."""

        async def purge_artifact(tx: Transaction) -> None:
            artifact = await self.artifact(tx, artifact_id, deleted=True, lock=True)
            await lifecycle.purge(tx, artifact)
            await publish(tx, artifact, "artifact.purged", self.clock())

        await self.run_write(purge_artifact)
        await self._storage.erase()

    async def _set_state(
        self, tx: Transaction, artifact: Artifact, kind: EventKind, changes: dict[str, Any]
    ) -> Artifact:
        await publish(tx, artifact, kind, self.clock())
        return await tx.update(Artifact, artifact.id, **changes)

    async def used(self, artifact_id: str, use: Use) -> None:
        """Record that an artifact was opened, copied or exported. Raises InvalidInput for another `use`."""
        if use not in get_args(Use):
            raise InvalidInput(f"use must be one of {', '.join(get_args(Use))}.", pointer="/use")

        async def count_use(tx: Transaction) -> None:
            artifact = await self.artifact(tx, artifact_id, "read")
            await artifact_revisions.count(tx, artifact, self.clock(), **{use: 1})

        await self.run_write(count_use)

    async def uses(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        by: Sequence[UseKey] = get_args(UseKey),
    ) -> Sequence[ArtifactCounters]:
        """Return counters of the use of the user's artifacts, grouped and ordered by the keys in `by`.

        Fields that are not in `by` are empty. `since` and `until` are days such as 2026-11-21 (UTC), both included.
        Raises InvalidInput for an unknown key or an invalid day.
        """
        if unknown := set(by) - set(get_args(UseKey)):
            raise InvalidInput(
                f"Cannot group by {min(unknown)!r}; use {', '.join(get_args(UseKey))}.",
                pointer="/by",
            )
        query = Query(ArtifactCounters).where(owner_id=self.scope.user)
        if since is not None:
            query = query.where(day__ge=check_day(since, "/from"))
        if until is not None:
            query = query.where(day__le=check_day(until, "/to"))
        names = [name for name in get_args(UseKey) if name in by]
        counters = await self.run_read(lambda tx: tx.aggregate(query, ["owner_id", *names]))
        return sorted(counters, key=lambda row: [getattr(row, name) for name in names])

    # What the scope may see

    async def _placed(self, tx: Reader, artifact: Artifact) -> Artifact:
        """Return the artifact with the project and expiry of its conversation, or with its own project."""
        if artifact.conversation_id is not None:
            if artifact.project_id is not None:
                raise InvalidInput(
                    "Give either conversation_id or project_id.", pointer="/project_id"
                )
            conversation = await self.conversation(tx, artifact.conversation_id, "write")
            fields = {
                "project_id": conversation.project_id,
                "temporary": conversation.expires_at is not None,
            }
            return msgspec.structs.replace(artifact, **fields)
        await self.check_project(tx, artifact.project_id)
        return artifact
