"""Projects."""

from __future__ import annotations

from litestar import delete, get, patch, post
from litestar.params import FromQuery, JSONBody
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from hansard.model.projects import Project
from hansard.server.fields import Body, Items, PathId, Scoped, Version


class NewProject(Body, frozen=True, kw_only=True):
    name: str
    id: str | None = None
    """The client may choose the id, so that a repeated request has no effect."""
    parent_id: str | None = None
    instructions: str = ""
    model: str | None = None


class ProjectChanges(Body, frozen=True, kw_only=True):
    """Omitted fields stay unchanged."""

    version: Version | None = None
    name: str | UnsetType = UNSET
    parent_id: str | UnsetType | None = UNSET
    instructions: str | UnsetType = UNSET
    model: str | UnsetType | None = UNSET


@post("/projects")
async def create_project(services: Scoped, data: JSONBody[NewProject]) -> Project:
    """Create a project, a folder of conversations."""
    return await services.projects.create(**asdict(data))


@get("/projects")
async def list_projects(services: Scoped, deleted: FromQuery[bool] = False) -> Items[Project]:
    """List all projects by name; `deleted` lists those in the trash."""
    return Items(await services.projects.list(deleted=deleted))


@get("/projects/{project_id:str}")
async def get_project(services: Scoped, project_id: PathId) -> Project:
    """Get a project."""
    return await services.projects.get(project_id)


@patch("/projects/{project_id:str}")
async def update_project(
    services: Scoped, project_id: PathId, data: JSONBody[ProjectChanges]
) -> Project:
    """Change a project; with `version`, only if it is still at that version."""
    return await services.projects.update(project_id, **asdict(data))


@delete("/projects/{project_id:str}", status_code=200)
async def delete_project(services: Scoped, project_id: PathId) -> Project:
    """Move a project to the trash; its conversations and artifacts stay."""
    return await services.projects.delete(project_id)


@post("/projects/{project_id:str}/restore", status_code=200)
async def restore_project(services: Scoped, project_id: PathId) -> Project:
    """Restore a project from the trash."""
    return await services.projects.restore(project_id)


ROUTES = (
    create_project,
    list_projects,
    get_project,
    update_project,
    delete_project,
    restore_project,
)
