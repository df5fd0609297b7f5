"""Who may do what with an artifact: its owner everything, others what a share lets them.

A right is looked up anew in every unit that reads, so a share that was revoked, or has run out, is over at once, also
between two pieces of a stream. Services that have a scope read artifacts, revisions and contents through this class
alone, after `artifact` in the same unit. Where an artifact was made is its owner's business: it is handed to others
without its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from hansard.errors import NotFound, PermissionDenied
from hansard.ids import is_id
from hansard.model.artifacts import Artifact, Content, Revision
from hansard.model.lifecycle import PURGED
from hansard.model.messages import Message
from hansard.model.shares import Share, ShareRight
from hansard.services.artifacts.contents import text_of
from hansard.services.artifacts.events import is_over
from hansard.services.base import Service
from hansard.storage.base import Reader
from hansard.storage.query import Query

_MISSING = "There is no such artifact."
_NOWHERE: dict[str, None] = dict.fromkeys(
    ("conversation_id", "project_id", "message_id", "branch", "part")
)


class ArtifactService(Service):
    async def artifact(
        self,
        tx: Reader,
        artifact_id: str,
        right: ShareRight | None = None,
        *,
        deleted: bool = False,
        lock: bool = False,
    ) -> Artifact:
        """An artifact of the scope's user, or with a `right` one that is shared; with `deleted`, one in the trash.

        Raises PermissionDenied if it may only be read. With the right to write, it is whole: hand out `shown`.
        """
        key = artifact_id.lower()
        if not is_id(key):
            raise NotFound(_MISSING)
        found = await tx.get(Artifact, key, lock=lock)
        own = found is not None and found.owner_id == self.scope.user
        if not own and right is not None:
            rights = await self._rights(tx, key)
            own = right in rights
            if found is not None and found.deleted_at is None and rights and not own:
                raise PermissionDenied("This artifact is shared to be read.")
        if found is None or not own or not _is_as(found, deleted):
            raise NotFound(_MISSING)
        return found if right == "write" else self.shown(found)

    def shown(self, artifact: Artifact) -> Artifact:
        """An artifact as the scope's user may see it."""
        return artifact if artifact.owner_id == self.scope.user else replace(artifact, **_NOWHERE)

    def shown_revision(self, artifact: Artifact, revision: Revision) -> Revision:
        """A revision of an artifact as the scope's user may see it."""
        own = artifact.owner_id == self.scope.user
        return revision if own else replace(revision, message_id=None, part=None)

    async def _rights(self, tx: Reader, artifact_id: str) -> set[ShareRight]:
        """What the artifact's owner lets the scope's user do."""
        given = Query(Share).where(
            artifact_id=artifact_id, user_id=self.scope.user, revoked_at=None
        )
        now = self.clock()
        rights: set[ShareRight] = {
            share.right for share in await tx.select(given) if not is_over(share, now)
        }
        if rights:
            rights.add("read")
        return rights

    async def revision_of(
        self, tx: Reader, artifact: Artifact, number: int | None, pointer: str = "/revision"
    ) -> Revision:
        """A revision by its number; None is the newest."""
        wanted = artifact.revision if number is None else number
        known = 0 < wanted <= artifact.revision
        found = await tx.get(Revision, artifact.id, wanted) if known else None
        if found is None:
            raise NotFound("There is no such revision.", pointer=pointer)
        return self.shown_revision(artifact, found)

    async def revisions_of(
        self,
        tx: Reader,
        artifact: Artifact,
        limit: int | None = None,
        after: tuple[int, ...] | None = None,
    ) -> list[Revision]:
        """The revisions of an artifact, the newest first; those before the number in `after`, if it is given."""
        own = Query(Revision).where(artifact_id=artifact.id).by("-number").page(limit, after)
        return [self.shown_revision(artifact, each) for each in await tx.select(own)]

    async def oldest_of(self, tx: Reader, artifact: Artifact) -> Revision:
        """The first revision that is kept."""
        kept = Query(Revision).where(artifact_id=artifact.id).by("number").page(1)
        [found] = await tx.select(kept)
        return self.shown_revision(artifact, found)

    async def text(self, tx: Reader, revision: Revision) -> str:
        """What a revision says."""
        return await text_of(tx, revision.digest)

    async def contents(self, tx: Reader, revisions: Sequence[Revision]) -> dict[str, Content]:
        """What revisions say, by digest, without what was let go since."""
        digests = sorted({revision.digest for revision in revisions})
        found = await tx.select(Query(Content).where(id__in=digests))
        return {content.id: content for content in found}

    async def made_in(self, tx: Reader, message_id: str) -> list[str]:
        """The artifacts that an answer of the user's made or changed."""
        message = await tx.get(Message, message_id)
        if message is None or message.owner_id != self.scope.user:
            return []
        made = await tx.select(Query(Revision).where(message_id=message_id))
        return sorted({revision.artifact_id for revision in made})


def _is_as(found: Artifact, deleted: bool) -> bool:
    at = found.deleted_at
    return at is not None and at > PURGED if deleted else at is None


async def shared_with(tx: Reader, user: str, now: datetime) -> list[str]:
    """The artifacts that others let a user see."""
    shares = await tx.select(Query(Share).where(user_id=user, revoked_at=None))
    return sorted({share.artifact_id for share in shares if not is_over(share, now)})
