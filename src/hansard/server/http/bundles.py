from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from litestar.response import Stream
from msgspec.structs import asdict

from hansard.model.artifacts import ArtifactType
from hansard.server.decoding import check_media_type
from hansard.server.fields import Body, Scoped
from hansard.server.http.transfer import receive
from hansard.services.artifacts.validation import ArtifactFilter
from hansard.services.transfer.import_session import ImportReport

MAX_ZIP = 256 * 1024 * 1024
MEDIA_TYPE = "application/zip"
_ZIP = ResponseSpec(bytes, media_type=MEDIA_TYPE, description="A zip file with a manifest.")


class Wanted(Body, frozen=True, kw_only=True):
    """Which artifacts: these, or all that the other fields let through."""

    ids: list[str] = []
    conversation_id: str | None = None
    project_id: str | None = None
    collection_id: str | None = None
    type: ArtifactType | None = None
    language: str | None = None
    shared: bool = False
    """Those that others share instead of one's own."""


@post("/artifacts/export", status_code=200, responses={200: _ZIP})
async def export_artifacts(services: Scoped, data: JSONBody[Wanted]) -> Stream:
    """Export artifacts with all their revisions as a zip file, in which a manifest says what is what.

    Each counts as exported. `POST /artifacts/import` takes the file in again.
    """
    fields = asdict(data)
    ids = fields.pop("ids")
    pieces = services.bundles.export(ids, filter=ArtifactFilter(**fields))
    return Stream(
        _begun(await anext(pieces), pieces),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": 'attachment; filename="artifacts.zip"'},
    )


async def _begun(first: bytes, more: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces of which the first has come: what is refused is refused before an answer begins."""
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
    """Add the artifacts of such a zip file; what is there already is left as it is, and reported if it differs.

    Each comes whole or not at all; those before one that is wrong stay, and the file may be sent again.
    """
    check_media_type(request, MEDIA_TYPE, "application/octet-stream")
    with services.uploading(), tempfile.TemporaryFile() as file:
        await receive(request, file)
        return await services.bundles.import_zip(file)


ROUTES = (export_artifacts, import_artifacts)
