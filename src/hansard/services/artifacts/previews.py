"""Previews: artifacts that run in the browser, at signed URLs.

A `PreviewTarget` is what such a URL is for; it holds no content. `show` checks access anew, so a preview ends when
the artifact is deleted, its share ends or its link is revoked.
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
    """A revision of an artifact and the user who may see it, or a share link."""

    tenant: str
    user: str
    artifact_id: str = ""
    revision: int = 0
    link: str = ""
    """The link's token, if the preview is of a share link."""


class PreviewContent(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a preview."""

    type: str
    title: str
    content: str


class Previews(ArtifactService):
    async def get_target(self, artifact_id: str, revision: int | None = None) -> PreviewTarget:
        """Return the target for a preview of a revision; without `revision`, the newest.

        Raises InvalidInput if artifacts of this type have no preview.
        """

        async def make_target(tx: Reader) -> PreviewTarget:
            artifact = await self.artifact(tx, artifact_id, "read")
            shown_revision = await self.revision_of(tx, artifact, revision)
            _check_type(artifact.type)
            return self._target(artifact_id=artifact.id, revision=shown_revision.number)

        return await self.run_read(make_target)

    async def get_link_target(self, token: str) -> PreviewTarget:
        """Return the target for a preview of a share link. Raises InvalidInput if its type has no preview."""
        _check_type((await self._follow(token)).type)
        return self._target(link=token)

    async def show(self, target: PreviewTarget) -> PreviewContent:
        """Return what a preview of `target` shows now. Raises NotFound if the user may no longer see it."""
        if target.link:
            linked = await self._follow(target.link)
            return PreviewContent(type=linked.type, title=linked.title, content=linked.content)

        async def read_content(tx: Reader) -> PreviewContent:
            artifact = await self.artifact(tx, target.artifact_id, "read")
            revision = await self.revision_of(tx, artifact, target.revision)
            content = await self.text(tx, revision)
            return PreviewContent(type=artifact.type, title=revision.title, content=content)

        return await self.run_read(read_content)

    async def _follow(self, token: str) -> Linked:
        return await Shares(self.scope, self._storage, self.clock).follow(token)

    def _target(self, **fields: Any) -> PreviewTarget:
        return PreviewTarget(tenant=self.scope.tenant, user=self.scope.user, **fields)


def _check_type(artifact_type: str) -> None:
    preview_types = get_args(PreviewType)
    if artifact_type not in preview_types:
        raise InvalidInput(
            f"Previews exist only for these types: {', '.join(preview_types)}.", pointer="/type"
        )
