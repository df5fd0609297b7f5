"""System instructions: the tenant's, then the projects' from the outside in, then the conversation's."""

from __future__ import annotations

from hansard.model.conversations import Conversation
from hansard.model.projects import Project
from hansard.model.users import Tenant
from hansard.storage.base import Reader

MAX_NESTING = 32


async def projects_of(tx: Reader, conversation: Conversation) -> list[Project]:
    """Return the projects around a conversation, the innermost first, without those in the trash."""
    projects: list[Project] = []
    project_id = conversation.project_id
    while project_id is not None and len(projects) < MAX_NESTING:
        project = await tx.get(Project, project_id)
        if project is None:
            break
        if project.state == "active":
            projects.append(project)
        project_id = project.parent_id
    return projects


async def instructions(tx: Reader, conversation: Conversation) -> str:
    """Return the system instructions for a conversation."""
    tenant = await tx.get(Tenant)
    projects = await projects_of(tx, conversation)
    texts = [
        tenant.instructions if tenant else "",
        *(project.instructions for project in reversed(projects)),
        conversation.system,
    ]
    return "\n\n".join(text.strip() for text in texts if text.strip())


async def chosen_model(tx: Reader, conversation: Conversation) -> str | None:
    """Return the model of a conversation or of the innermost project with one; None if none is set."""
    if conversation.model is not None:
        return conversation.model
    for project in await projects_of(tx, conversation):
        if project.model is not None:
            return project.model
    return None
