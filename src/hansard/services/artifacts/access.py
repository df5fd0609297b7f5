"""Reading artifacts as the access policy allows: the owner all of them, other users those shared with them.

Services read artifacts, revisions and contents only through this class, after calling `artifact` in the same
transaction. Other users do not see where an artifact was created: its conversation,
project and message are removed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec.structs import replace

from hansard.access import policy
from hansard.access.grants import Action, is_expired
from hansard.errors import NotFound
from hansard.ids import check_id
from hansard.model.artifacts import Artifact, Content, Revision
from hansard.model.collections import Collection as ArtifactCollection
from hansard.model.collections import CollectionItem
from hansard.model.messages import Message
from hansard.model.shares import Share
from hansard.services.artifacts.contents import text_of
from hansard.services.artifacts.validation import ArtifactFilter
from hansard.services.base import Service
from hansard.storage.base import Reader
from hansard.storage.query import Query

_HIDDEN: dict[str, None] = dict.fromkeys(
    ("conversation_id", "project_id", "message_id", "branch", "part")
)


class ArtifactService(Service, internal=True):
    """Base of the services that read artifacts."""

    async def artifact(
        self,
        tx: Reader,
        artifact_id: str,
        action: Action = "manage",
        *,
        deleted: bool = False,
        lock: bool = False,
    ) -> Artifact:
        """Return an artifact on which the scope's user may act; with `deleted`, the user's own in the trash.

        To "write", the record is complete; pass it through `shown` before returning it to a user. Raises NotFound if
        there is none, PermissionDenied if the user may only read it.
        """
        artifact = await self._get_owned(
            tx, Artifact, artifact_id, action, deleted=deleted, lock=lock
        )
        return artifact if action == "write" else self.shown(artifact)

    async def visible(self, tx: Reader, ids: Collection[str]) -> dict[str, Artifact]:
        """Return those of the artifacts that the scope's user owns or may read, as `shown`, without the trash."""
        query = Query(Artifact).where(id__in=sorted(ids), state="active")
        artifacts = await tx.select(query)
        if not artifacts:
            return {}
        readable = await policy.allowed(tx, self.scope, "read", artifacts, self.clock())
        return {artifact.id: self.shown(artifact) for artifact in readable}

    def shown(self, artifact: Artifact) -> Artifact:
        """Return an artifact with the fields that the scope's user may see."""
        return artifact if artifact.owner_id == self.scope.user else replace(artifact, **_HIDDEN)

    def shown_revision(self, artifact: Artifact, revision: Revision) -> Revision:
        """Return a revision of an artifact with the fields that the scope's user may see."""
        is_owner = artifact.owner_id == self.scope.user
        return revision if is_owner else replace(revision, message_id=None, part=None)

    async def revision_of(
        self, tx: Reader, artifact: Artifact, number: int | None, pointer: str = "/revision"
    ) -> Revision:
        """Return a revision by its number, which starts at 1; None for the newest.

        Raises NotFound if it does not exist or is no longer kept.
        """
        revision_number = artifact.revision if number is None else number
        exists = 0 < revision_number <= artifact.revision
        revision = await tx.get(Revision, artifact.id, revision_number) if exists else None
        if revision is None:
            raise NotFound("There is no such revision.", pointer=pointer)
        return self.shown_revision(artifact, revision)

    async def revisions_of(
        self,
        tx: Reader,
        artifact: Artifact,
        limit: int | None = None,
        after: tuple[int, ...] | None = None,
    ) -> list[Revision]:
        """Return revisions of an artifact, newest first; with `after`, those before that number."""
        query = Query(Revision).where(artifact_id=artifact.id).by("-number").page(limit, after)
        return [self.shown_revision(artifact, revision) for revision in await tx.select(query)]

    async def oldest_of(self, tx: Reader, artifact: Artifact) -> Revision:
        """Return the oldest revision that is kept."""
        query = Query(Revision).where(artifact_id=artifact.id).by("number").page(1)
        [revision] = await tx.select(query)
        return self.shown_revision(artifact, revision)

    async def text(self, tx: Reader, revision: Revision) -> str:
        """Return the text of a revision."""
        return await text_of(tx, revision.digest)

    async def contents(self, tx: Reader, revisions: Sequence[Revision]) -> dict[str, Content]:
        """Return the contents of revisions by digest, without those removed meanwhile."""
        digests = sorted({revision.digest for revision in revisions})
        contents = await tx.select(Query(Content).where(id__in=digests))
        return {content.id: content for content in contents}

    async def made_in(self, tx: Reader, message_id: str) -> list[str]:
        """Return the ids of the artifacts that a message of the user created or changed."""
        message = await tx.get(Message, message_id)
        if not await policy.owns(tx, self.scope, message):
            return []
        revisions = await tx.select(Query(Revision).where(message_id=message_id))
        return sorted({revision.artifact_id for revision in revisions})

    async def narrow(
        self, tx: Reader, query: Query[Artifact], criteria: ArtifactFilter
    ) -> Query[Artifact]:
        """Narrow the query to shared artifacts, to those of a message or to those of a collection."""
        if criteria.shared:
            query = query.where(id__in=await shared_with(tx, self.scope.user, self.clock()))
        if criteria.message_id is not None:
            record_id = check_id(criteria.message_id, "/message_id")
            query = query.where(id__in=await self.made_in(tx, record_id))
        if criteria.collection_id is not None:
            record_id = check_id(criteria.collection_id, "/collection_id")
            collection = await tx.get(ArtifactCollection, record_id)
            is_owner = await policy.owns(tx, self.scope, collection)
            items = (
                await tx.select(Query(CollectionItem).where(collection_id=record_id))
                if is_owner
                else []
            )
            query = query.where(id__in=[item.artifact_id for item in items])
        return query


async def shared_with(tx: Reader, user: str, now: datetime) -> list[str]:
    """Return the ids of the artifacts that others share with a user."""
    shares = await tx.select(Query(Share).where(user_id=user, revoked_at=None))
    return sorted({share.artifact_id for share in shares if not is_expired(share, now)})
