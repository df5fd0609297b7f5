"""Collections of artifacts."""

from __future__ import annotations

from litestar import delete, get, patch, post, put
from litestar.params import FromQuery, JSONBody
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from hansard.model.collections import Collection
from hansard.server.fields import Body, Items, PathId, QueryId, Scoped, Version


class NewCollection(Body, frozen=True, kw_only=True):
    name: str
    id: str | None = None
    """The client may choose the id, so that a repeated request has no effect."""
    description: str = ""
    project_id: str | None = None


class CollectionChanges(Body, frozen=True, kw_only=True):
    """Omitted fields stay unchanged."""

    version: Version | None = None
    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    project_id: str | UnsetType | None = UNSET


@post("/collections")
async def create_collection(services: Scoped, data: JSONBody[NewCollection]) -> Collection:
    """Create a collection of artifacts."""
    return await services.collections.create(**asdict(data))


@get("/collections")
async def list_collections(
    services: Scoped, project_id: QueryId = None, deleted: FromQuery[bool] = False
) -> Items[Collection]:
    """List all collections by name, or those of a project; `deleted` lists those in the trash."""
    return Items(await services.collections.list(project_id=project_id, deleted=deleted))


@get("/collections/{collection_id:str}")
async def get_collection(services: Scoped, collection_id: PathId) -> Collection:
    """Get a collection; `GET /artifacts?collection_id=…` lists its artifacts."""
    return await services.collections.get(collection_id)


@patch("/collections/{collection_id:str}")
async def update_collection(
    services: Scoped, collection_id: PathId, data: JSONBody[CollectionChanges]
) -> Collection:
    """Change a collection; with `version`, only if it is still at that version."""
    return await services.collections.update(collection_id, **asdict(data))


@delete("/collections/{collection_id:str}", status_code=200)
async def delete_collection(services: Scoped, collection_id: PathId) -> Collection:
    """Move a collection to the trash; its artifacts stay."""
    return await services.collections.delete(collection_id)


@post("/collections/{collection_id:str}/restore", status_code=200)
async def restore_collection(services: Scoped, collection_id: PathId) -> Collection:
    """Restore a collection from the trash."""
    return await services.collections.restore(collection_id)


@put("/collections/{collection_id:str}/artifacts/{artifact_id:str}", status_code=204)
async def collect_artifact(services: Scoped, collection_id: PathId, artifact_id: PathId) -> None:
    """Add an artifact to a collection; repeating the request has no effect."""
    await services.collections.add(collection_id, artifact_id)


@delete("/collections/{collection_id:str}/artifacts/{artifact_id:str}", status_code=204)
async def uncollect_artifact(services: Scoped, collection_id: PathId, artifact_id: PathId) -> None:
    """Remove an artifact from a collection."""
    await services.collections.remove(collection_id, artifact_id)


ROUTES = (
    create_collection,
    list_collections,
    get_collection,
    update_collection,
    delete_collection,
    restore_collection,
    collect_artifact,
    uncollect_artifact,
)
