"""Purging projects: everything is taken out of them first."""

from __future__ import annotations

from typing import Any

import pytest

from hansard import Database, Services
from hansard.errors import Conflict, NotFound
from hansard.model.conversations import Conversation
from hansard.model.projects import ConversationsOnDelete, Project, ProjectMove
from hansard.services.projects import purge
from hansard.services.projects.purge import mark_purging
from hansard.storage.query import Query
from services.conftest import Clock
from services.folders import (
    AFTER,
    WAYS,
    folders,
    is_consistent,
    nest,
    places,
    talk_in,
)
from services.talks import export

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("fate", "to"), WAYS)
async def test_a_purge_takes_everything_out_of_the_projects(
    db: Database,
    ada: Services,
    monkeypatch: pytest.MonkeyPatch,
    fate: ConversationsOnDelete,
    to: str | None,
) -> None:
    monkeypatch.setattr(purge, "BATCH", 2)
    outer, inner = await nest(ada, "outer", "inner")
    other = await ada.projects.create("other")
    before = await ada.projects.create("deleted before", parent_id=inner.id)
    await ada.projects.delete(before.id)
    for name in "abc":
        await talk_in(ada, name, inner)
    trashed = await talk_in(ada, "trashed", outer)
    await ada.conversations.delete(trashed.id)
    alone = await ada.artifacts.create("1", type="text", title="One", project_id=inner.id)
    both = await ada.collections.create("Both", project_id=outer.id)
    gone = await ada.collections.create("Gone", project_id=outer.id)
    await ada.collections.delete(gone.id)
    target = other.id if to is not None else None
    deleted = await ada.projects.delete(outer.id, conversations=fate, to=target)
    await ada.projects.purge(outer.id)
    assert await folders(db) == {"other": (None, "active"), "deleted before": (None, "trashed")}
    project, state = AFTER[fate, to]
    place = (None if project == "stays" else project, state)
    assert await places(db) == {"trashed": (None, "trashed")} | dict.fromkeys("abc", place)
    assert (await ada.artifacts.get(alone.id)).project_id is None
    assert (await ada.collections.get(both.id)).project_id is None
    assert (await ada.collections.restore(gone.id)).project_id is None
    assert (await ada.statistics.get(project_id=inner.id)).conversations == 0
    assert await is_consistent(db)
    for rows in (ProjectMove, Project):
        held = Query(rows).where(**{"project_id" if rows is ProjectMove else "id": outer.id})
        assert await db.storage.read("acme", lambda tx, q=held: tx.count(q)) == 0
    purged = [e.subject_id for e in await ada.feed.read(limit=500) if e.kind == "project.purged"]
    assert sorted(purged) == sorted([outer.id, inner.id])
    for again in (ada.projects.restore, ada.projects.purge):
        with pytest.raises(NotFound):
            await again(deleted.id)


async def test_a_conversation_deleted_with_a_purged_project_can_be_restored(
    db: Database, ada: Services
) -> None:
    [project] = await nest(ada, "project")
    talk = await talk_in(ada, "talk", project)
    await ada.projects.delete(project.id, conversations="delete")
    await ada.projects.purge(project.id)
    await ada.conversations.restore(talk.id)
    assert await places(db) == {"talk": (None, "active")}


async def test_a_project_must_be_in_the_trash_to_be_purged(ada: Services) -> None:
    [project] = await nest(ada, "project")
    with pytest.raises(NotFound):
        await ada.projects.purge(project.id)
    assert (await ada.projects.get(project.id)).version == 1


async def test_an_interrupted_purge_is_finished_and_no_export_has_half_of_it(
    db: Database, ada: Services, clock: Clock
) -> None:
    outer, inner = await nest(ada, "outer", "inner")
    await talk_in(ada, "talk", inner)
    deleted = await ada.projects.delete(outer.id)
    await db.storage.write("acme", lambda tx: mark_purging(tx, deleted, clock()))
    assert await ada.projects.list(deleted=True) == []
    with pytest.raises(NotFound):
        await ada.projects.restore(outer.id)
    with pytest.raises(Conflict):
        await export(ada)
    await db.tidy()
    assert await folders(db) == {}
    assert await places(db) == {"talk": (None, "active")}
    assert await is_consistent(db)


async def test_what_a_purge_cannot_move_yet_is_left_for_later(db: Database, ada: Services) -> None:
    [project] = await nest(ada, "project")
    talk = await talk_in(ada, "talk", project)
    half: dict[str, Any] = {"state": "importing", "updated_at": talk.updated_at}
    await db.storage.write("acme", lambda tx: tx.update(Conversation, talk.id, **half))
    await ada.projects.delete(project.id)
    await ada.projects.purge(project.id)
    assert await folders(db) == {"project": (None, "purging")}
    whole: dict[str, Any] = half | {"state": "active"}
    await db.storage.write("acme", lambda tx: tx.update(Conversation, talk.id, **whole))
    await db.tidy()
    assert await folders(db) == {}
