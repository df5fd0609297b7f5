"""The projects around a project or a conversation."""

from __future__ import annotations

from hansard.model.conversations import Conversation
from hansard.model.projects import Project
from hansard.storage.base import Reader

MAX_NESTING = 32


async def outward(tx: Reader, project: Project) -> list[Project]:
    """Return a project and the projects around it, the outermost last."""
    projects = [project]
    while project.parent_id is not None and len(projects) <= MAX_NESTING:
        parent = await tx.get(Project, project.parent_id)
        if parent is None:
            break
        project = parent
        projects.append(project)
    return projects


async def projects_of(tx: Reader, conversation: Conversation) -> list[Project]:
    """Return the projects around a conversation, the innermost first, without those in the trash."""
    project_id = conversation.project_id
    project = await tx.get(Project, project_id) if project_id is not None else None
    around = await outward(tx, project) if project is not None else []
    return [each for each in around if each.state == "active"]
