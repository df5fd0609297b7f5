"""Projects with conversations in them, and where everything is, for tests of deleting projects."""

from __future__ import annotations

from typing import Any

from hansard import Database, Services
from hansard.model.artifacts import Artifact
from hansard.model.conversations import Conversation
from hansard.model.projects import ConversationsOnDelete, Project
from hansard.storage import verification
from hansard.storage.query import Query
from services.making import answer, fenced
from services.talks import say

WAYS: list[tuple[ConversationsOnDelete, str | None]] = [
    ("keep", None),
    ("move", None),
    ("move", "other"),
    ("delete", None),
]
AFTER: dict[tuple[str, str | None], tuple[str | None, str]] = {
    ("keep", None): ("stays", "active"),
    ("move", None): (None, "active"),
    ("move", "other"): ("other", "active"),
    ("delete", None): ("stays", "trashed"),
}
"""Where a conversation is after each way of deleting its project, and in which state."""


async def nest(who: Services, *names: str) -> list[Project]:
    """Projects with these names, each inside the one before."""
    nested: list[Project] = []
    for name in names:
        outer = nested[-1].id if nested else None
        nested.append(await who.projects.create(name, parent_id=outer))
    return nested


async def talk_in(who: Services, title: str, project: Project | None) -> Conversation:
    """A conversation with a prompt and an answer in which there is an artifact."""
    key = project.id if project else None
    made = await who.conversations.create(title=title, project_id=key)
    await say(who, made, "one two", "three")
    await answer(who, made, fenced())
    return made


async def rows_of(db: Database, record_type: type[Any]) -> dict[str, Any]:
    query = Query(record_type).by("id")
    rows = await db.storage.read("acme", lambda tx: tx.select(query))
    return {row.id: row for row in rows}


async def places(db: Database) -> dict[str, tuple[str | None, str]]:
    """In which project each conversation is, and in which state, by its title; an artifact is where it was made."""
    projects = await rows_of(db, Project)
    talks = await rows_of(db, Conversation)
    for artifact in (await rows_of(db, Artifact)).values():
        if artifact.conversation_id is not None:
            talk = talks[artifact.conversation_id]
            assert (artifact.project_id, artifact.state) == (talk.project_id, talk.state)
    names = {key: project.name for key, project in projects.items()} | {None: None}
    return {talk.title: (names[talk.project_id], talk.state) for talk in talks.values()}


async def folders(db: Database) -> dict[str, tuple[str | None, str]]:
    """In which project each project is, and in which state, by name."""
    projects = await rows_of(db, Project)
    names = {key: project.name for key, project in projects.items()} | {None: None}
    return {each.name: (names[each.parent_id], each.state) for each in projects.values()}


async def is_consistent(db: Database) -> bool:
    return (await verification.verify(db.storage)).findings == []
