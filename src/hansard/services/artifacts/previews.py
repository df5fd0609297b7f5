"""Previews: artifacts that run, as they are shown to whoever has an address for it.

A `Sight` says of what and for whom such an address is, and holds no content. Whoever comes with one is shown what the
user may read then: nothing, if the artifact was deleted, is no longer shared, or the link was revoked.
"""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from hansard.errors import InvalidInput
from hansard.model.artifacts import PreviewType
from hansard.services.artifacts.access import ArtifactService
from hansard.services.artifacts.shares import Linked, Shares
from hansard.storage.base import Reader


class PreviewTarget(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A revision of an artifact and the user who may see it, or a link."""

    tenant: str
    user: str
    artifact_id: str = ""
    revision: int = 0
    link: str = ""
    """Its token."""


class PreviewContent(msgspec.Struct, frozen=True, kw_only=True):
    """What is to run."""

    type: str
    title: str
    content: str


class Previews(ArtifactService):
    async def sight(self, artifact_id: str, revision: int | None = None) -> PreviewTarget:
        """What an address may be made for: a revision, without a number the newest.

        InvalidInput if nothing of this type runs.
        """

        async def work(tx: Reader) -> PreviewTarget:
            artifact = await self.artifact(tx, artifact_id, "read")
            said = await self.revision_of(tx, artifact, revision)
            _check_type(artifact.type)
            return self._sight(artifact_id=artifact.id, revision=said.number)

        return await self.run_read(work)

    async def sight_of_link(self, token: str) -> PreviewTarget:
        """What an address may be made for that shows what a link does; InvalidInput if nothing of this type runs."""
        _check_type((await self._follow(token)).type)
        return self._sight(link=token)

    async def show(self, sight: PreviewTarget) -> PreviewContent:
        """What there is to be seen now."""
        if sight.link:
            linked = await self._follow(sight.link)
            return PreviewContent(type=linked.type, title=linked.title, content=linked.content)

        async def work(tx: Reader) -> PreviewContent:
            artifact = await self.artifact(tx, sight.artifact_id, "read")
            said = await self.revision_of(tx, artifact, sight.revision)
            content = await self.text(tx, said)
            return PreviewContent(type=artifact.type, title=said.title, content=content)

        return await self.run_read(work)

    async def _follow(self, token: str) -> Linked:
        return await Shares(self.scope, self.storage, self.clock).follow(token)

    def _sight(self, **what: Any) -> PreviewTarget:
        return PreviewTarget(tenant=self.scope.tenant, user=self.scope.user, **what)


def _check_type(kind: str) -> None:
    kinds = get_args(PreviewType)
    if kind not in kinds:
        raise InvalidInput(f"There are previews of {', '.join(kinds)}.", pointer="/type")
