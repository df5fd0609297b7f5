"""Export and import of a user's data as JSON Lines."""

from __future__ import annotations

import tempfile
from typing import IO, Any

from litestar import Request, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream

from hansard.api.operations import Services
from hansard.errors import StorageFull
from hansard.formats.jsonl import MAX_LINE
from hansard.server.decoding import check_media_type
from hansard.server.fields import PathId, QueryId, Scoped
from hansard.services.transfer.import_session import ImportReport

MAX_IMPORT = 4 * 1024 * 1024 * 1024
MEDIA_TYPE = "application/jsonl"
_JSON_LINES = ResponseSpec(
    str, media_type=MEDIA_TYPE, description="JSON Lines, one record per line."
)


@get("/export", responses={200: _JSON_LINES})
async def export(services: Scoped, conversation_id: QueryId = None) -> Stream:
    """Export all data of the user, including the trash, or one conversation.

    The last line has the number of records: an export without it is incomplete.
    """
    return await _lines(services, conversation_id)


@get("/conversations/{conversation_id:str}/export", responses={200: _JSON_LINES})
async def export_conversation(services: Scoped, conversation_id: PathId) -> Stream:
    """Export one conversation, as `GET /export` does with its id.

    The last line has the number of records: an export without it is incomplete.
    """
    return await _lines(services, conversation_id)


async def _lines(services: Services, conversation_id: str | None) -> Stream:
    """Return an export. Raises NotFound, before the export begins, if the conversation does not exist."""
    if conversation_id is not None:
        await services.conversations.get(conversation_id)
    return Stream(
        services.transfer.export(conversation_id=conversation_id),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": 'attachment; filename="hansard.jsonl"'},
    )


@post("/import", status_code=200, request_max_body_size=MAX_IMPORT, opt={"body": MEDIA_TYPE})
async def import_records(request: Request[Any, Any, Any], services: Scoped) -> ImportReport:
    """Import the records of an export; existing records are not changed, but reported if they differ.

    After an error, the conversations that were complete before the invalid line remain; the same file may be sent
    again.
    """
    check_media_type(request, MEDIA_TYPE, "application/x-ndjson", "application/octet-stream")
    with services.uploading(), tempfile.TemporaryFile() as file:
        await receive(request, file)
        # The reader rejects lines over the limit, so no more than that is read of one.
        return await services.transfer.import_lines(iter(lambda: file.readline(MAX_LINE + 1), b""))


async def receive(request: Request[Any, Any, Any], file: IO[bytes]) -> None:
    """Write the whole body to `file`. Raises StorageFull if it cannot be written."""
    try:
        async for chunk in request.stream():
            file.write(chunk)
        file.seek(0)
    except OSError as error:
        raise StorageFull(f"The upload cannot be stored: {error.strerror}.") from error


ROUTES = (export, export_conversation, import_records)
