"""Deleting and restoring projects: what becomes of the projects inside, and of what is in them."""

from __future__ import annotations

from typing import Any

import pytest

from hansard import Database, Services
from hansard.errors import Conflict, InvalidInput, NotFound, TooLarge
from hansard.ids import new_id
from hansard.model.artifacts import Artifact
from hansard.model.conversations import Conversation
from hansard.model.projects import ConversationsOnDelete, ProjectMove
from hansard.services.conversations.changes import change_conversation
from hansard.services.conversations.service import ConversationFilter
from hansard.storage import base
from hansard.storage.base import Transaction
from hansard.storage.query import Query
from services.conftest import Clock
from services.folders import (
    AFTER,
    WAYS,
    folders,
    is_consistent,
    nest,
    places,
    rows_of,
    talk_in,
)
from services.making import artifacts

pytestmark = pytest.mark.anyio


async def test_the_projects_inside_are_deleted_and_restored_with_a_project(
    db: Database, ada: Services
) -> None:
    outer, inner, innermost = await nest(ada, "outer", "inner", "innermost")
    await ada.projects.create("beside")
    before = await folders(db)
    deleted = await ada.projects.delete(outer.id)
    assert [each.name for each in await ada.projects.list()] == ["beside"]
    trash = await ada.projects.list(deleted=True)
    assert {each.deleted_at for each in trash} == {deleted.deleted_at}
    assert {each.id for each in trash} == {outer.id, inner.id, innermost.id}
    await ada.projects.restore(outer.id)
    assert await folders(db) == before
    told = [(entry.kind, entry.subject_id) for entry in await ada.feed.read()]
    assert {subject for kind, subject in told if kind == "project.deleted"} == {
        each.id for each in trash
    }
    assert {subject for kind, subject in told if kind == "project.restored"} == {
        each.id for each in trash
    }


async def test_a_project_deleted_before_stays_in_the_trash_when_the_outer_one_is_restored(
    db: Database, ada: Services, clock: Clock
) -> None:
    outer, inner, _ = await nest(ada, "outer", "inner", "innermost")
    at = clock.now
    await ada.projects.delete(inner.id)
    clock.now = at  # the clock stands still
    await ada.projects.delete(outer.id)
    await ada.projects.restore(outer.id)
    assert await folders(db) == {
        "outer": (None, "active"),
        "inner": ("outer", "trashed"),
        "innermost": ("inner", "trashed"),
    }
    await ada.projects.restore(inner.id)
    assert (await folders(db))["innermost"] == ("inner", "active")


@pytest.mark.parametrize(("fate", "to"), WAYS)
async def test_what_is_in_a_project_is_kept_moved_or_deleted_and_comes_back(
    db: Database, ada: Services, fate: ConversationsOnDelete, to: str | None
) -> None:
    outer, inner = await nest(ada, "outer", "inner")
    other = await ada.projects.create("other")
    for name, project in (("a", outer), ("b", inner), ("c", other), ("d", None)):
        await talk_in(ada, name, project)
    temporary = await ada.conversations.create(title="t", project_id=inner.id, temporary=True)
    before, counted = await places(db), await ada.statistics.get(project_id=inner.id)
    await ada.projects.delete(outer.id, conversations=fate, to=other.id if to is not None else None)
    project, state = AFTER[fate, to]
    assert await places(db) == {
        "a": ("outer" if project == "stays" else project, state),
        "b": ("inner" if project == "stays" else project, state),
        "t": ("inner" if project == "stays" else project, state),
        "c": before["c"],
        "d": before["d"],
    }
    assert await is_consistent(db)
    left = (await ada.statistics.get(project_id=inner.id)).messages
    assert left == (0 if fate == "move" else counted.messages)
    await ada.projects.restore(outer.id)
    assert await places(db) == before
    assert (await ada.conversations.get(temporary.id)).expires_at == temporary.expires_at
    assert await ada.statistics.get(project_id=inner.id) == counted
    assert await is_consistent(db)
    assert await db.storage.read("acme", lambda tx: tx.count(Query(ProjectMove))) == 0


async def test_only_what_is_still_where_it_was_moved_to_is_moved_back(
    db: Database, ada: Services
) -> None:
    [project] = await nest(ada, "project")
    other, third = await ada.projects.create("other"), await ada.projects.create("third")
    talks = {
        title: await talk_in(ada, title, project) for title in ("stays", "moves", "gone", "no")
    }
    await ada.projects.delete(project.id, conversations="move", to=other.id)
    await ada.conversations.update(talks["moves"].id, project_id=third.id)
    await ada.conversations.delete(talks["gone"].id)
    await ada.conversations.delete(talks["no"].id)
    await ada.conversations.purge(talks["no"].id)
    await ada.projects.restore(project.id)
    assert await places(db) == {
        "stays": ("project", "active"),
        "moves": ("third", "active"),
        "gone": ("project", "trashed"),
    }
    assert await is_consistent(db)


async def test_only_conversations_that_were_deleted_with_a_project_are_restored_with_it(
    db: Database, ada: Services, clock: Clock
) -> None:
    [project] = await nest(ada, "project")
    first = await ada.conversations.create(title="first", project_id=project.id)
    last = await talk_in(ada, "last", project)
    await talk_in(ada, "with it", project)
    at = clock.now
    await ada.conversations.delete(first.id)
    clock.now = at  # the clock stands still
    await ada.projects.delete(project.id, conversations="delete")
    await ada.conversations.restore(last.id)
    clock.now = at
    await ada.conversations.delete(last.id)
    await ada.projects.restore(project.id)
    assert {title: state for title, (_, state) in (await places(db)).items()} == {
        "first": "trashed",
        "last": "trashed",
        "with it": "active",
    }


async def test_an_artifact_deleted_before_its_project_stays_in_the_trash(
    db: Database, ada: Services, clock: Clock
) -> None:
    [project] = await nest(ada, "project")
    await talk_in(ada, "talk", project)
    [artifact], at = await artifacts(ada), clock.now
    await ada.artifacts.delete(artifact.id)
    clock.now = at  # the clock stands still
    await ada.projects.delete(project.id, conversations="delete")
    await ada.projects.restore(project.id)
    assert (await rows_of(db, Artifact))[artifact.id].state == "trashed"
    assert (await ada.artifacts.restore(artifact.id)).project_id == project.id


async def test_a_conversation_that_is_being_purged_is_not_moved_back(
    db: Database, ada: Services
) -> None:
    [project] = await nest(ada, "project")
    talk = await talk_in(ada, "talk", project)
    await ada.projects.delete(project.id, conversations="move")
    half: dict[str, Any] = {"state": "purging", "updated_at": talk.updated_at}
    await db.storage.write("acme", lambda tx: tx.update(Conversation, talk.id, **half))
    await ada.projects.restore(project.id)
    assert (await rows_of(db, Conversation))[talk.id].project_id is None
    await db.tidy()
    assert await places(db) == {}
    assert await is_consistent(db)


async def test_a_conversation_of_another_user_in_a_project_is_neither_moved_nor_deleted(
    db: Database, ada: Services, bob: Services
) -> None:
    [project] = await nest(ada, "project")
    talk = await bob.conversations.create(title="bob's")

    async def put_into(tx: Transaction) -> None:
        moved = {"project_id": project.id}
        await change_conversation(tx, talk, moved, talk.updated_at)

    await db.storage.write("acme", put_into)
    for fate in ("move", "delete"):
        await ada.projects.delete(project.id, conversations=fate)
        assert await places(db) == {"bob's": ("project", "active")}
        await ada.projects.restore(project.id)
    await ada.projects.delete(project.id)
    await ada.projects.purge(project.id)
    assert await places(db) == {"bob's": (None, "active")}
    assert await is_consistent(db)


async def test_a_project_kept_its_trash_apart_from_what_was_deleted_after_it(
    db: Database, ada: Services, clock: Clock
) -> None:
    [project] = await nest(ada, "project")
    talk, at = await talk_in(ada, "later", project), clock.now
    await ada.projects.delete(project.id)
    clock.now = at  # the clock stands still
    await ada.conversations.delete(talk.id)
    await ada.projects.restore(project.id)
    assert await places(db) == {"later": ("project", "trashed")}


async def test_a_project_whose_outer_one_is_in_the_trash_is_restored_outside(
    db: Database, ada: Services
) -> None:
    outer, inner, innermost = await nest(ada, "outer", "inner", "innermost")
    for each in (outer, inner, innermost):
        await talk_in(ada, f"in {each.name}", each)
    await ada.projects.delete(outer.id, conversations="delete")
    restored = await ada.projects.restore(inner.id)
    assert restored.parent_id is None
    assert await folders(db) == {
        "outer": (None, "trashed"),
        "inner": (None, "active"),
        "innermost": ("inner", "active"),
    }
    assert {title: state for title, (_, state) in (await places(db)).items()} == {
        "in outer": "trashed",
        "in inner": "active",
        "in innermost": "active",
    }
    await ada.projects.restore(outer.id)
    assert (await folders(db))["inner"] == (None, "active")
    assert (await places(db))["in outer"] == ("outer", "active")


async def test_where_conversations_cannot_go_is_refused_and_nothing_is_deleted(
    ada: Services, bob: Services
) -> None:
    outer, inner = await nest(ada, "outer", "inner")
    other, foreign = await ada.projects.create("other"), await bob.projects.create("bob's")
    talk = await ada.conversations.create(project_id=inner.id)
    refusals: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"conversations": "move", "to": outer.id}, Conflict, "/to"),
        ({"conversations": "move", "to": inner.id.upper()}, Conflict, "/to"),
        ({"conversations": "move", "to": foreign.id}, NotFound, "/to"),
        ({"conversations": "move", "to": new_id()}, NotFound, "/to"),
        ({"conversations": "move", "to": "no id"}, NotFound, "/to"),
        ({"conversations": "keep", "to": other.id}, InvalidInput, "/to"),
        ({"to": other.id}, InvalidInput, "/to"),
        ({"conversations": "burn"}, InvalidInput, "/conversations"),
    ]
    for how, error, pointer in refusals:
        with pytest.raises(error) as refused:
            await ada.projects.delete(outer.id, **how)
        assert refused.value.pointer == pointer, how  # pyright: ignore[reportAttributeAccessIssue]
    assert await ada.projects.list(deleted=True) == []
    assert (await ada.conversations.get(talk.id)).project_id == inner.id


@pytest.mark.parametrize("fate", ["move", "delete"])
async def test_more_than_one_operation_may_publish_is_refused_and_nothing_is_deleted(
    ada: Services, monkeypatch: pytest.MonkeyPatch, fate: ConversationsOnDelete
) -> None:
    [project] = await nest(ada, "project")
    for _ in range(4):
        await ada.conversations.create(project_id=project.id)
    monkeypatch.setattr(base, "MAX_CHANGES", 4)
    with pytest.raises(TooLarge):
        await ada.projects.delete(project.id, conversations=fate)
    inside = ConversationFilter(project_id=project.id)
    assert len((await ada.conversations.list(filter=inside)).items) == 4
    assert [each.id for each in await ada.projects.list()] == [project.id]
    await ada.projects.delete(project.id)


async def test_a_project_of_another_user_or_tenant_cannot_be_reached(
    ada: Services, bob: Services, eve: Services
) -> None:
    active, trashed = await nest(ada, "active"), await nest(ada, "trashed")
    await ada.projects.delete(trashed[0].id)
    for who in (bob, eve):
        for refused in (
            who.projects.defaults(active[0].id),
            who.projects.delete(active[0].id, conversations="delete"),
            who.projects.purge(active[0].id),
            who.projects.purge(trashed[0].id),
            who.projects.restore(trashed[0].id),
        ):
            with pytest.raises(NotFound):
                await refused
    assert [each.id for each in await ada.projects.list(deleted=True)] == [trashed[0].id]
