"""Export and import of artifacts as zip files."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from litestar.response import Stream
from msgspec.structs import asdict

from hansard.api.operation import Body
from hansard.model.artifacts import ArtifactType
from hansard.server.decoding import check_media_type
from hansard.server.fields import Scoped
from hansard.server.http.transfer import receive
from hansard.services.artifacts.validation import ArtifactFilter
from hansard.services.transfer.import_session import ImportReport

MAX_ZIP = 256 * 1024 * 1024
MEDIA_TYPE = "application/zip"
_ZIP = ResponseSpec(bytes, media_type=MEDIA_TYPE, description="A zip file with a manifest.")


class ExportSelection(Body, frozen=True, kw_only=True):
    """The artifacts to export: those in `ids`, or all that match the other fields."""

    ids: list[str] = []
    conversation_id: str | None = None
    project_id: str | None = None
    collection_id: str | None = None
    type: ArtifactType | None = None
    language: str | None = None
    shared: bool = False
    """Whether to export artifacts that others share with the user instead of the user's own."""


@post("/artifacts/export", status_code=200, responses={200: _ZIP})
async def export_artifacts(services: Scoped, data: JSONBody[ExportSelection]) -> Stream:
    """Export artifacts with all their revisions as a zip file, which a manifest describes.

    Each artifact counts as exported. `POST /artifacts/import` imports the file.
    """
    fields = asdict(data)
    ids = fields.pop("ids")
    pieces = services.archives.export(ids, filter=ArtifactFilter(**fields))
    return Stream(
        _chain(await anext(pieces), pieces),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": 'attachment; filename="artifacts.zip"'},
    )


async def _chain(first: bytes, more: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield `first`, then `more`. The first piece is awaited earlier, so that errors come before the response."""
    yield first
    async for piece in more:
        yield piece


@post(
    "/artifacts/import",
    status_code=200,
    request_max_body_size=MAX_ZIP,
    opt={"body": MEDIA_TYPE},
)
async def import_artifacts(request: Request[Any, Any, Any], services: Scoped) -> ImportReport:
    """Import the artifacts of such a zip file; existing artifacts are not changed, but reported if they differ.

    Each artifact is imported completely or not at all. After an error, artifacts before the invalid one remain, and
    the file may be sent again.
    """
    check_media_type(request, MEDIA_TYPE, "application/octet-stream")
    with services.uploading(), tempfile.TemporaryFile() as file:
        await receive(request, file)
        return await services.archives.import_zip(file)


ROUTES = (export_artifacts, import_artifacts)
