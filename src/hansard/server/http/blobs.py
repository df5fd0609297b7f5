"""Blobs. They are untrusted, so they are sent as attachments that browsers never show as a page."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream

from hansard.model.blobs import Blob
from hansard.server.fields import PathId, Scoped
from hansard.services.blobs import MAX_BLOB

SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
ANYTHING = "application/octet-stream"


@post("/blobs", request_max_body_size=MAX_BLOB, opt={"body": "*/*"})
async def upload_blob(request: Request[Any, Any, Any], services: Scoped) -> Blob:
    """Upload an image or a file for use in a message; equal bytes are stored once.

    The body is the bytes, its Content-Type their media type. Blobs that no message uses are deleted after a day.
    """
    media_type, _ = request.content_type
    with services.uploading():
        return await services.blobs.put(await request.body(), media_type or ANYTHING)


@get(
    "/blobs/{digest:str}",
    responses={200: ResponseSpec(bytes, media_type=ANYTHING, description="The bytes.")},
)
async def download_blob(services: Scoped, digest: PathId) -> Stream:
    """Download a blob's bytes by their SHA-256."""
    blob = await services.blobs.get(digest)
    return Stream(
        services.blobs.read(blob.id),
        media_type=blob.media_type if blob.media_type in SHOWN else ANYTHING,
        headers={
            "Content-Length": str(blob.size),
            "Content-Disposition": "attachment",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, max-age=31536000, immutable",
        },
    )


ROUTES = (upload_blob, download_blob)
