from __future__ import annotations

import tempfile
from typing import IO, Any

from litestar import Request, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream

from hansard.errors import StorageFull
from hansard.formats.jsonl import MAX_LINE
from hansard.server.decoding import check_media_type
from hansard.server.fields import QueryId, Scoped
from hansard.services.transfer.import_session import ImportReport

MAX_IMPORT = 4 * 1024 * 1024 * 1024
MEDIA_TYPE = "application/jsonl"
_LINES = ResponseSpec(str, media_type=MEDIA_TYPE, description="JSON Lines, a record a line.")


@get("/export", responses={200: _LINES})
async def export(services: Scoped, conversation_id: QueryId = None) -> Stream:
    """Export all that the user has, the trash included, or one conversation.

    The last line says how many records there are: an export without it was cut off.
    """
    if conversation_id is not None:
        await services.conversations.get(conversation_id)
    return Stream(
        services.transfer.export(conversation_id=conversation_id),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": 'attachment; filename="hansard.jsonl"'},
    )


@post("/import", status_code=200, request_max_body_size=MAX_IMPORT, opt={"body": MEDIA_TYPE})
async def import_records(request: Request[Any, Any, Any], services: Scoped) -> ImportReport:
    """Add what an export holds; what is there already is left as it is, and reported if it differs.

    Conversations that came in whole before a line that is wrong stay; the same file may be sent again.
    """
    check_media_type(request, MEDIA_TYPE, "application/x-ndjson", "application/octet-stream")
    with services.uploading(), tempfile.TemporaryFile() as file:
        await receive(request, file)
        # A line is never read further than the limit, at which the reader refuses it.
        return await services.transfer.import_lines(iter(lambda: file.readline(MAX_LINE + 1), b""))


async def receive(request: Request[Any, Any, Any], file: IO[bytes]) -> None:
    """Have the whole body in a file before anything of it is believed."""
    try:
        async for chunk in request.stream():
            file.write(chunk)
        file.seek(0)
    except OSError as error:
        raise StorageFull(f"The upload cannot be kept: {error.strerror}.") from error


ROUTES = (export, import_records)
