"""Files of artifacts. A model wrote them, so they are sent as attachments that browsers never show as a page."""

from __future__ import annotations

from urllib.parse import quote

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec

from hansard.server.fields import PathId, Scoped, SomeNumber
from hansard.services.artifacts.files import ArtifactFile

ANYTHING = "*/*"
ALONE = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}
"""Headers for files that a model wrote: browsers neither run nor cache them."""


@get(
    "/artifacts/{artifact_id:str}/file",
    responses={200: ResponseSpec(bytes, media_type=ANYTHING, description="The file.")},
)
async def download_artifact(
    services: Scoped, artifact_id: PathId, revision: SomeNumber = None
) -> Response[bytes]:
    """Download an artifact's newest content, or that of a revision, as a file; this counts as an export."""
    file = await services.artifacts.file(artifact_id, revision)
    await services.artifacts.used(artifact_id, "exported")
    return attachment(file)


def attachment(file: ArtifactFile) -> Response[bytes]:
    """A response that browsers download and never show."""
    disposition = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}"}
    return Response(file.data, media_type=file.media_type, headers=disposition | ALONE)


ROUTES = (download_artifact,)
