"""Artifacts. A model wrote them, so they are sent as JSON or as attachments that browsers never show as a page."""

from __future__ import annotations

from typing import Annotated, Any, get_args
from urllib.parse import quote

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody, PathParameter, QueryParameter
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from hansard.model.artifacts import (
    Artifact,
    ArtifactCounters,
    ArtifactHit,
    ArtifactType,
    Diff,
    Revision,
    Use,
    UseKey,
)
from hansard.model.pages import Page
from hansard.server.fields import (
    DAY,
    MAX_POSITION,
    TEXT,
    Body,
    Cursor,
    Items,
    Limit,
    PathId,
    QueryId,
    Scoped,
    Words,
    moment,
)
from hansard.services.artifacts.files import ArtifactFile
from hansard.services.artifacts.validation import ArtifactFilter
from hansard.services.search import ArtifactSearchFilter

ANYTHING = "*/*"
ALONE = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}
"""Headers for files that a model wrote: browsers neither run nor cache them."""

Number = Annotated[int, msgspec.Meta(ge=1, le=MAX_POSITION)]
PathNumber = Annotated[int, PathParameter(ge=1, le=MAX_POSITION)]
SomeNumber = Annotated[int | None, QueryParameter(ge=1, le=MAX_POSITION)]
From = Annotated[str | None, QueryParameter(name="from", format="date-time")]
To = Annotated[str | None, QueryParameter(name="to", format="date-time")]
OldNumber = Annotated[int | None, QueryParameter(name="from", ge=1, le=MAX_POSITION)]
NewNumber = Annotated[int | None, QueryParameter(name="to", ge=1, le=MAX_POSITION)]


class NewArtifact(Body, frozen=True, kw_only=True):
    content: str
    type: ArtifactType
    title: str
    id: str | None = None
    """The client may choose the id, so that a repeated request has no effect."""
    language: str = ""
    media_type: str = ""
    """If empty, the media type of the language."""
    description: str = ""
    identifier: str = ""
    """Later answers of the conversation that use this name add revisions to the artifact."""
    file_name: str = ""
    conversation_id: str | None = None
    project_id: str | None = None
    """Only without a `conversation_id`; otherwise the artifact belongs to the conversation's project."""
    metadata: dict[str, Any] = {}
    note: str = ""


class ArtifactChanges(Body, frozen=True, kw_only=True):
    """Omitted fields stay unchanged; new content adds a revision."""

    expect_revision: Number | None = None
    """The newest revision that the writer knows; if there is a newer one, the request fails with a conflict."""
    content: str | UnsetType = UNSET
    type: ArtifactType | UnsetType = UNSET
    title: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    media_type: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    identifier: str | UnsetType = UNSET
    file_name: str | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    note: str = ""
    """A note on the new revision."""


class RestoreRevision(Body, frozen=True, kw_only=True):
    expect_revision: Number | None = None
    note: str = ""


class ArtifactUse(Body, frozen=True, kw_only=True):
    use: Use


class ArtifactContent(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a revision."""

    revision: Revision
    content: str


@post("/artifacts")
async def create_artifact(services: Scoped, data: JSONBody[NewArtifact]) -> Artifact:
    """Create an artifact.

    With an `id` the request is idempotent: repeating it returns the existing artifact.
    """
    return await services.artifacts.create(**asdict(data))


@get("/artifacts")
async def list_artifacts(
    services: Scoped,
    cursor: Cursor = None,
    limit: Limit = 50,
    conversation_id: QueryId = None,
    message_id: QueryId = None,
    project_id: QueryId = None,
    collection_id: QueryId = None,
    type_: Annotated[ArtifactType | None, QueryParameter(name="type")] = None,
    language: Words = None,
    from_: From = None,
    to: To = None,
    deleted: FromQuery[bool] = False,
    shared: FromQuery[bool] = False,
) -> Page[Artifact]:
    """List artifacts, the most recently changed first.

    `from` and `to` limit the time of the last change; `message_id` lists the artifacts that a message created or
    revised; `deleted` lists the trash; `shared` lists the artifacts that others share with the user. Artifacts of a
    temporary conversation are listed only with its `conversation_id`.
    """
    filters = ArtifactFilter(
        conversation_id=conversation_id,
        message_id=message_id,
        project_id=project_id,
        collection_id=collection_id,
        type=type_,
        language=language,
        since=moment(from_, "/from"),
        until=moment(to, "/to"),
        deleted=deleted,
        shared=shared,
    )
    return await services.artifacts.list(limit=limit, cursor=cursor, filter=filters)


@get("/search/artifacts")
async def search_artifacts(
    services: Scoped,
    q: Annotated[str, QueryParameter(pattern=TEXT, max_length=1_000)],
    limit: Limit = 20,
    cursor: Cursor = None,
    type_: Annotated[tuple[ArtifactType, ...], QueryParameter(name="type")] = (),
    language: FromQuery[tuple[str, ...]] = (),
    conversation_id: QueryId = None,
    project_id: QueryId = None,
    from_: From = None,
    to: To = None,
) -> Page[ArtifactHit]:
    """Find artifacts whose title, description or newest content contain every word and "phrase" of `q`.

    A word that ends in `*` is a prefix. `type` and `language` may be repeated.
    """
    filters = ArtifactSearchFilter(
        types=type_,
        languages=language,
        conversation_id=conversation_id,
        project_id=project_id,
        since=moment(from_, "/from"),
        until=moment(to, "/to"),
    )
    return await services.search.artifacts(q, limit=limit, cursor=cursor, filter=filters)


@get("/artifacts/uses")
async def get_artifact_uses(
    services: Scoped,
    from_: Annotated[str | None, QueryParameter(name="from", pattern=DAY)] = None,
    to: Annotated[str | None, QueryParameter(pattern=DAY)] = None,
    by: FromQuery[tuple[UseKey, ...]] = (),
) -> Items[ArtifactCounters]:
    """Count the uses of the user's artifacts, grouped by day, type and language, or only `by` some of these.

    Fields that are not grouped by are empty. `from` and `to` are days (UTC), both included. Uses by everyone who can
    see the artifact count: apps report opening and copying; each downloaded file and each artifact of an archive
    counts as an export.
    """
    counters = await services.artifacts.uses(since=from_, until=to, by=by or get_args(UseKey))
    return Items([*counters])


@get("/artifacts/{artifact_id:str}")
async def get_artifact(services: Scoped, artifact_id: PathId) -> Artifact:
    """Get an artifact, without its content."""
    return await services.artifacts.get(artifact_id)


@get("/artifacts/{artifact_id:str}/content")
async def read_artifact(
    services: Scoped, artifact_id: PathId, revision: SomeNumber = None
) -> ArtifactContent:
    """Read an artifact's newest content, or that of a revision."""
    stored, text = await services.artifacts.get_content(artifact_id, revision)
    return ArtifactContent(revision=stored, content=text)


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


@patch("/artifacts/{artifact_id:str}")
async def update_artifact(
    services: Scoped, artifact_id: PathId, data: JSONBody[ArtifactChanges]
) -> Artifact:
    """Change an artifact; with `expect_revision`, only if that is still the newest revision."""
    return await services.artifacts.update(artifact_id, **asdict(data))


@delete("/artifacts/{artifact_id:str}", status_code=200)
async def delete_artifact(services: Scoped, artifact_id: PathId) -> Artifact:
    """Move an artifact to the trash."""
    return await services.artifacts.delete(artifact_id)


@post("/artifacts/{artifact_id:str}/restore", status_code=200)
async def restore_artifact(services: Scoped, artifact_id: PathId) -> Artifact:
    """Restore an artifact from the trash."""
    return await services.artifacts.restore(artifact_id)


@post("/artifacts/{artifact_id:str}/purge", status_code=204)
async def purge_artifact(services: Scoped, artifact_id: PathId) -> None:
    """Permanently delete an artifact that is in the trash, with all its revisions."""
    await services.artifacts.purge(artifact_id)


@get("/artifacts/{artifact_id:str}/revisions")
async def list_revisions(
    services: Scoped, artifact_id: PathId, cursor: Cursor = None, limit: Limit = 50
) -> Page[Revision]:
    """List the revisions of an artifact, the newest first."""
    return await services.artifacts.revisions(artifact_id, limit=limit, cursor=cursor)


@post("/artifacts/{artifact_id:str}/revisions/{number:int}/restore", status_code=200)
async def restore_revision(
    services: Scoped, artifact_id: PathId, number: PathNumber, data: JSONBody[RestoreRevision]
) -> Artifact:
    """Restore an older revision by adding a new one with its content."""
    return await services.artifacts.restore_revision(artifact_id, number, **asdict(data))


@get("/artifacts/{artifact_id:str}/diff")
async def diff_artifact(
    services: Scoped, artifact_id: PathId, from_: OldNumber = None, to: NewNumber = None
) -> Diff:
    """Compare two revisions by line; by default the oldest that is kept with the newest."""
    return await services.artifacts.diff(artifact_id, from_, to)


@post("/artifacts/{artifact_id:str}/uses", status_code=204)
async def use_artifact(services: Scoped, artifact_id: PathId, data: JSONBody[ArtifactUse]) -> None:
    """Record that an artifact was opened, copied or exported."""
    await services.artifacts.used(artifact_id, data.use)


ROUTES = (
    create_artifact,
    list_artifacts,
    search_artifacts,
    get_artifact_uses,
    get_artifact,
    read_artifact,
    download_artifact,
    update_artifact,
    delete_artifact,
    restore_artifact,
    purge_artifact,
    list_revisions,
    restore_revision,
    diff_artifact,
    use_artifact,
)
