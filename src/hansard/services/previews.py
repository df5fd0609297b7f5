"""Previews: artifacts that run, as they are shown to whoever has an address for it.

A `Sight` says of what and for whom such an address is, and holds no content. Whoever comes with one is shown what the
user may read then: nothing, if the artifact was deleted or is no longer shared.
"""

from __future__ import annotations

from typing import get_args

import msgspec

from hansard.errors import InvalidInput
from hansard.model.artifacts import ArtifactType, PreviewType
from hansard.services.artifactaccess import ArtifactService
from hansard.services.contents import text_of
from hansard.storage.base import Reader


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """A revision of an artifact, and the user who may see it."""

    tenant: str
    user: str
    artifact_id: str
    revision: int


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What is to run."""

    type: ArtifactType
    title: str
    content: str


class Previews(ArtifactService):
    async def sight(self, artifact_id: str, revision: int | None = None) -> Sight:
        """What an address may be made for: a revision, without a number the newest.

        InvalidInput if nothing of this type runs.
        """

        async def work(tx: Reader) -> Sight:
            artifact = await self.artifact(tx, artifact_id, "read")
            said = await self.revision_of(tx, artifact, revision)
            if artifact.type not in get_args(PreviewType):
                kinds = ", ".join(get_args(PreviewType))
                raise InvalidInput(f"There are previews of {kinds}.", pointer="/type")
            whose = {"tenant": self.scope.tenant, "user": self.scope.user}
            return Sight(artifact_id=artifact.id, revision=said.number, **whose)

        return await self.reading(work)

    async def show(self, sight: Sight) -> Shown:
        """What there is to be seen now."""

        async def work(tx: Reader) -> Shown:
            artifact = await self.artifact(tx, sight.artifact_id, "read")
            said = await self.revision_of(tx, artifact, sight.revision)
            content = await text_of(tx, said.digest)
            return Shown(type=artifact.type, title=said.title, content=content)

        return await self.reading(work)
