"""Projects around and inside a project."""

from __future__ import annotations

from collections.abc import Sequence

from hansard.context.projects import outward
from hansard.model.projects import Project
from hansard.storage.base import Reader
from hansard.storage.query import Query


async def inside(tx: Reader, project: Project) -> list[Project]:
    """Return the projects inside a project at any depth, in whatever state, each after the one it is in."""
    found: dict[str, Project] = {}
    level: Sequence[str] = [project.id]
    while level:
        query = Query(Project).where(owner_id=project.owner_id, parent_id__in=level)
        children = await tx.select(query.by("name", "id"))
        new = {c.id: c for c in children if c.id not in found and c.id != project.id}
        found |= new
        level = list(new)
    return list(found.values())


async def inherited_tags(tx: Reader, project_id: str | None) -> tuple[str, ...]:
    """Return the tags of a project and the projects around it, the outermost first, each once."""
    project = await tx.get(Project, project_id) if project_id is not None else None
    if project is None:
        return ()
    active = [each for each in reversed(await outward(tx, project)) if each.state == "active"]
    return tuple(dict.fromkeys(tag for each in active for tag in each.tags))
