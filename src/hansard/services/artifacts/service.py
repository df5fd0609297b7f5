"""Artifacts: what was made, read and changed, revision by revision.

A revision never changes. To edit is to add one, and so is to go back: the old one is said again. A writer who
says which revision should be the newest is refused with `RevisionConflict` if it is not, and overwrites nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

import msgspec

from hansard.detection.languages import media_type_of
from hansard.errors import AlreadyExists, Conflict, InvalidInput
from hansard.ids import check_id, new_id
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
from hansard.model.collections import Collection, CollectionItem
from hansard.model.conversations import Conversation
from hansard.model.lifecycle import deletion_time
from hansard.model.pages import Page
from hansard.model.shares import ShareRight
from hansard.services.artifacts import lifecycle
from hansard.services.artifacts import revisions as artifact_revisions
from hansard.services.artifacts.access import ArtifactService, shared_with
from hansard.services.artifacts.contents import pack
from hansard.services.artifacts.diffs import difference
from hansard.services.artifacts.events import tell
from hansard.services.artifacts.files import ArtifactFile, file_of
from hansard.services.artifacts.revisions import Provenance
from hansard.services.artifacts.validation import (
    ArtifactFilter,
    check_content,
    check_fields,
    check_note,
    expect,
    filtered,
)
from hansard.services.base import check_limit, repeated
from hansard.services.cursors import IdText, Place, decode_cursor, encode_cursor
from hansard.services.users.statistics import check_day
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

_UNSET = msgspec.UNSET
_ORDER = ("updated_at", "id")
_GIVEN = (
    *("conversation_id", "type", "title", "language", "media_type"),
    *("description", "identifier", "file_name", "metadata"),
)


class Artifacts(ArtifactService):
    async def create(
        self,
        content: str,
        *,
        type: ArtifactType,  # noqa: A002 - the field's name on every door
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
        """A new artifact, of a conversation, of a project, or of neither.

        In a conversation it is in the conversation's project, and answers that name it revise it. Creating it again
        with the same id and the same fields returns what is there; with others it is AlreadyExists.
        """
        now = self.clock()
        given = {
            "type": type,
            "title": title,
            "language": language,
            "media_type": media_type or media_type_of(language or type),
            "description": description,
            "identifier": identifier,
            "file_name": file_name,
            "metadata": metadata or {},
        }
        packed = pack(check_content(content))
        made = Artifact(
            tenant_id=self.scope.tenant,
            id=new_id() if id is None else check_id(id),
            owner_id=self.scope.user,
            conversation_id=conversation_id and conversation_id.lower(),
            project_id=project_id and project_id.lower(),
            size=packed.size,
            created_at=now,
            updated_at=now,
            **check_fields(given),
        )
        origin = Provenance(author=self.scope.user, note=check_note(note))

        async def work(tx: Transaction) -> Artifact:
            await self.ensure_user(tx, now)
            placed = await self._placed(tx, made)
            there = await tx.get(Artifact, made.id)
            if there is None:
                return await artifact_revisions.add(tx, placed, content, packed, origin)
            first = await tx.get(Revision, there.id, 1)
            if first is None or first.digest != packed.digest:
                raise AlreadyExists("This id is taken.", pointer="/id")
            return repeated(there, placed, *_GIVEN)

        return await self.run_write(work)

    async def get(self, artifact_id: str, *, deleted: bool = False) -> Artifact:
        right: ShareRight | None = None if deleted else "read"
        return await self.run_read(
            lambda tx: self.artifact(tx, artifact_id, right, deleted=deleted)
        )

    async def list(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        filter: ArtifactFilter = ArtifactFilter(),  # noqa: A002, B008 - frozen
    ) -> Page[Artifact]:
        """Artifacts, the most recently changed first."""
        after = None if cursor is None else decode_cursor(filter, cursor, (datetime, IdText))
        query = filtered(self.scope.user, filter)
        query = query.by(*(f"-{name}" for name in _ORDER)).page(check_limit(limit) + 1, after)

        async def work(tx: Reader) -> list[Artifact]:
            return await tx.select(await self._among(tx, query, filter))

        found = [self.shown(each) for each in await self.run_read(work)]
        items, more = found[:limit], len(found) > limit
        last = [getattr(items[-1], name) for name in _ORDER] if more else []
        return Page(items, encode_cursor(filter, last) if more else None)

    async def read(self, artifact_id: str, revision: int | None = None) -> str:
        """What an artifact says, now or at a revision."""
        return (await self.said(artifact_id, revision))[1]

    async def said(self, artifact_id: str, revision: int | None = None) -> tuple[Revision, str]:
        """A revision, without a number the newest, and what it says."""
        return (await self.whole(artifact_id, revision))[1:]

    async def whole(
        self, artifact_id: str, revision: int | None = None
    ) -> tuple[Artifact, Revision, str]:
        """An artifact, a revision of it, without a number the newest, and what that says."""

        async def work(tx: Reader) -> tuple[Artifact, Revision, str]:
            artifact = await self.artifact(tx, artifact_id, "read")
            found = await self.revision_of(tx, artifact, revision)
            return artifact, found, await self.text(tx, found)

        return await self.run_read(work)

    async def file(self, artifact_id: str, revision: int | None = None) -> ArtifactFile:
        """An artifact as a file."""

        async def work(tx: Reader) -> ArtifactFile:
            artifact = await self.artifact(tx, artifact_id, "read")
            said = await self.revision_of(tx, artifact, revision)
            return file_of(artifact, await self.text(tx, said))

        return await self.run_read(work)

    async def revision(self, artifact_id: str, number: int | None = None) -> Revision:
        """One revision of an artifact; without a number the newest."""

        async def work(tx: Reader) -> Revision:
            return await self.revision_of(tx, await self.artifact(tx, artifact_id, "read"), number)

        return await self.run_read(work)

    async def revisions(
        self, artifact_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Revision]:
        """The revisions of an artifact, the newest first."""
        check_limit(limit)
        listing = ["revisions", artifact_id.lower()]
        after = None if cursor is None else decode_cursor(listing, cursor, (Place,))

        async def work(tx: Reader) -> Page[Revision]:
            artifact = await self.artifact(tx, artifact_id, "read")
            found = await self.revisions_of(tx, artifact, limit + 1, after)
            items, more = found[:limit], len(found) > limit
            return Page(items, encode_cursor(listing, [items[-1].number]) if more else None)

        return await self.run_read(work)

    async def diff(self, artifact_id: str, old: int | None = None, new: int | None = None) -> Diff:
        """What changed from one revision, or the first that is kept, to another, or the newest."""

        async def work(tx: Reader) -> tuple[Artifact, Revision, Revision, str, str]:
            artifact = await self.artifact(tx, artifact_id, "read")
            if old is None:
                a = await self.oldest_of(tx, artifact)
            else:
                a = await self.revision_of(tx, artifact, old, "/from")
            b = await self.revision_of(tx, artifact, new, "/to")
            return artifact, a, b, await self.text(tx, a), await self.text(tx, b)

        return await difference(*await self.run_read(work))

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
        """Change what is given; other content is a new revision, whose author is the user.

        With `expect_revision`, only if that is still the newest. The same content again changes nothing.
        """
        given = {
            "type": type,
            "title": title,
            "language": language,
            "media_type": media_type,
            "description": description,
            "identifier": identifier,
            "file_name": file_name,
            "metadata": metadata,
        }
        fields = check_fields(given)
        packed = None if isinstance(content, msgspec.UnsetType) else pack(check_content(content))
        origin = Provenance(author=self.scope.user, note=check_note(note))

        async def work(tx: Transaction) -> Artifact:
            found = await self.artifact(tx, artifact_id, "write", lock=True)
            expect(found, expect_revision)
            now = self.clock()
            said = await artifact_revisions.current(tx, found)
            if isinstance(content, str) and packed is not None and packed.digest != said.digest:
                changes: dict[str, Any] = {**fields, "closed": True}
                return await artifact_revisions.revise(
                    tx, found, content, packed, origin, now, **changes
                )
            changes = {n: v for n, v in fields.items() if v != getattr(found, n)}
            return await self._describe(tx, found, changes, now) if changes else found

        return self.shown(await self.run_write(work))

    async def restore_revision(
        self, artifact_id: str, number: int, *, expect_revision: int | None = None, note: str = ""
    ) -> Artifact:
        """Go back to what a revision said, by saying it again in a new one."""
        check_note(note)
        text = await self.read(artifact_id, number)  # contents never change
        packed = pack(text)

        async def work(tx: Transaction) -> Artifact:
            found = await self.artifact(tx, artifact_id, "write", lock=True)
            expect(found, expect_revision)
            old = await self.revision_of(tx, found, number)
            origin = Provenance(author=self.scope.user, restored_from=number, note=note)
            fields: dict[str, Any] = {"title": old.title, "closed": old.closed}
            return await artifact_revisions.revise(
                tx, found, text, packed, origin, self.clock(), **fields
            )

        return self.shown(await self.run_write(work))

    # Letting go

    async def delete(self, artifact_id: str) -> Artifact:
        """Into the trash."""

        async def work(tx: Transaction) -> Artifact:
            found = await self.artifact(tx, artifact_id, lock=True)
            return await self._mark(tx, found, "artifact.deleted", deletion_time(self.clock()))

        return await self.run_write(work)

    async def restore(self, artifact_id: str) -> Artifact:
        """Out of the trash, as it was; Conflict if what it was made in is in the trash as well."""

        async def work(tx: Transaction) -> Artifact:
            found = await self.artifact(tx, artifact_id, deleted=True, lock=True)
            talk = found.conversation_id and await tx.get(Conversation, found.conversation_id)
            branch = found.branch and await tx.get(Branch, found.branch)
            if (talk and talk.deleted_at) or (branch and branch.deleted_at):
                raise Conflict("What this was made in is in the trash too: restore that first.")
            return await self._mark(tx, found, "artifact.restored", None)

        return await self.run_write(work)

    async def purge(self, artifact_id: str) -> None:
        """Out of the trash, for good, with all its revisions."""

        async def work(tx: Transaction) -> None:
            found = await self.artifact(tx, artifact_id, deleted=True, lock=True)
            await lifecycle.purge(tx, found)
            await tell(tx, found, "artifact.purged", self.clock())

        await self.run_write(work)
        await self.storage.erase()

    async def _mark(
        self, tx: Transaction, found: Artifact, kind: str, deleted_at: datetime | None
    ) -> Artifact:
        await tell(tx, found, kind, self.clock())
        return await tx.update(Artifact, found.id, deleted_at=deleted_at)

    # Use

    async def used(self, artifact_id: str, use: Use) -> None:
        """Note that an artifact was opened, copied or exported."""
        if use not in get_args(Use):
            raise InvalidInput(f"A use is one of {', '.join(get_args(Use))}.", pointer="/use")

        async def work(tx: Transaction) -> None:
            found = await self.artifact(tx, artifact_id, "read")
            await artifact_revisions.count(tx, found, self.clock(), **{use: 1})

        await self.run_write(work)

    async def uses(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        by: Sequence[UseKey] = get_args(UseKey),
    ) -> Sequence[ArtifactCounters]:
        """What was done with the user's artifacts, in their order by these; what is not among them is empty.

        `since` and `until` are days such as 2026-11-21 (UTC), both included.
        """
        if unknown := set(by) - set(get_args(UseKey)):
            raise InvalidInput(f"There is no {min(unknown)} to count by.", pointer="/by")
        query = Query(ArtifactCounters).where(owner_id=self.scope.user)
        if since is not None:
            query = query.where(day__ge=check_day(since, "/from"))
        if until is not None:
            query = query.where(day__le=check_day(until, "/to"))
        names = [name for name in get_args(UseKey) if name in by]
        found = await self.run_read(lambda tx: tx.aggregate(query, ["owner_id", *names]))
        return sorted(found, key=lambda use: [getattr(use, name) for name in names])

    # What the scope may see

    async def _placed(self, tx: Reader, made: Artifact) -> Artifact:
        """The artifact where it belongs: in its conversation's project, or in its own."""
        if made.conversation_id is not None:
            if made.project_id is not None:
                raise InvalidInput(
                    "An artifact of a conversation is in its project.", pointer="/project_id"
                )
            talk = await self.conversation(tx, made.conversation_id)
            place = {"project_id": talk.project_id, "temporary": talk.expires_at is not None}
            return msgspec.structs.replace(made, **place)
        await self.check_project(tx, made.project_id)
        return made

    async def _describe(
        self, tx: Transaction, found: Artifact, changes: dict[str, Any], now: datetime
    ) -> Artifact:
        changed = await tx.update(Artifact, found.id, updated_at=now, **changes)
        if {"title", "description"} & set(changes):
            await artifact_revisions.index(tx, changed)
        await tell(tx, changed, "artifact.updated", now)
        return changed

    async def _among(
        self, tx: Reader, query: Query[Artifact], wanted: ArtifactFilter
    ) -> Query[Artifact]:
        """The query, for those that others share, that a message revised or that a collection has."""
        if wanted.shared:
            query = query.where(id__in=await shared_with(tx, self.scope.user, self.clock()))
        if wanted.message_id is not None:
            key = check_id(wanted.message_id, "/message_id")
            query = query.where(id__in=await self.made_in(tx, key))
        if wanted.collection_id is not None:
            key = check_id(wanted.collection_id, "/collection_id")
            collection = await tx.get(Collection, key)
            own = collection is not None and collection.owner_id == self.scope.user
            has = await tx.select(Query(CollectionItem).where(collection_id=key)) if own else []
            query = query.where(id__in=[each.artifact_id for each in has])
        return query
