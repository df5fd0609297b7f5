"""Deleting, restoring and purging projects: what becomes of the projects inside, and of what is in them."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from hansard import Database, Services
from hansard.errors import Conflict, InvalidInput, NotFound, TooLarge
from hansard.ids import new_id
from hansard.model.artifacts import Artifact
from hansard.model.conversations import Conversation
from hansard.model.projects import ConversationsOnDelete, Project, ProjectMove
from hansard.services.conversations.changes import change_conversation
from hansard.services.conversations.service import ConversationFilter
from hansard.services.projects import purge
from hansard.services.projects.purge import mark_purging
from hansard.storage import base, verification
from hansard.storage.base import Transaction
from hansard.storage.query import Query
from services.conftest import Clock
from services.making import answer, artifacts, fenced
from services.talks import export, say

pytestmark = pytest.mark.anyio

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


async def _nest(who: Services, *names: str) -> list[Project]:
    """Projects with these names, each inside the one before."""
    nested: list[Project] = []
    for name in names:
        outer = nested[-1].id if nested else None
        nested.append(await who.projects.create(name, parent_id=outer))
    return nested


async def _talk(who: Services, title: str, project: Project | None) -> Conversation:
    """A conversation with a prompt and an answer in which there is an artifact."""
    key = project.id if project else None
    made = await who.conversations.create(title=title, project_id=key)
    await say(who, made, "one two", "three")
    await answer(who, made, fenced())
    return made


async def _rows(db: Database, record_type: type[Any]) -> dict[str, Any]:
    query = Query(record_type).by("id")
    rows = await db.storage.read("acme", lambda tx: tx.select(query))
    return {row.id: row for row in rows}


async def _places(db: Database) -> dict[str, tuple[str | None, str]]:
    """In which project each conversation is, and in which state, by its title; an artifact is where it was made."""
    projects = await _rows(db, Project)
    talks = await _rows(db, Conversation)
    for artifact in (await _rows(db, Artifact)).values():
        if artifact.conversation_id is not None:
            talk = talks[artifact.conversation_id]
            assert (artifact.project_id, artifact.state) == (talk.project_id, talk.state)
    names = {key: project.name for key, project in projects.items()} | {None: None}
    return {talk.title: (names[talk.project_id], talk.state) for talk in talks.values()}


async def _folders(db: Database) -> dict[str, tuple[str | None, str]]:
    """In which project each project is, and in which state, by name."""
    projects = await _rows(db, Project)
    names = {key: project.name for key, project in projects.items()} | {None: None}
    return {each.name: (names[each.parent_id], each.state) for each in projects.values()}


async def _is_consistent(db: Database) -> bool:
    return (await verification.verify(db.storage)).findings == []


async def test_the_projects_inside_are_deleted_and_restored_with_a_project(
    db: Database, ada: Services
) -> None:
    outer, inner, innermost = await _nest(ada, "outer", "inner", "innermost")
    await ada.projects.create("beside")
    before = await _folders(db)
    deleted = await ada.projects.delete(outer.id)
    assert [each.name for each in await ada.projects.list()] == ["beside"]
    trash = await ada.projects.list(deleted=True)
    assert {each.deleted_at for each in trash} == {deleted.deleted_at}
    assert {each.id for each in trash} == {outer.id, inner.id, innermost.id}
    await ada.projects.restore(outer.id)
    assert await _folders(db) == before
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
    outer, inner, _ = await _nest(ada, "outer", "inner", "innermost")
    at = clock.now
    await ada.projects.delete(inner.id)
    clock.now = at  # the clock stands still
    await ada.projects.delete(outer.id)
    await ada.projects.restore(outer.id)
    assert await _folders(db) == {
        "outer": (None, "active"),
        "inner": ("outer", "trashed"),
        "innermost": ("inner", "trashed"),
    }
    await ada.projects.restore(inner.id)
    assert (await _folders(db))["innermost"] == ("inner", "active")


@pytest.mark.parametrize(("fate", "to"), WAYS)
async def test_what_is_in_a_project_is_kept_moved_or_deleted_and_comes_back(
    db: Database, ada: Services, fate: ConversationsOnDelete, to: str | None
) -> None:
    outer, inner = await _nest(ada, "outer", "inner")
    other = await ada.projects.create("other")
    for name, project in (("a", outer), ("b", inner), ("c", other), ("d", None)):
        await _talk(ada, name, project)
    temporary = await ada.conversations.create(title="t", project_id=inner.id, temporary=True)
    before, counted = await _places(db), await ada.statistics.get(project_id=inner.id)
    await ada.projects.delete(outer.id, conversations=fate, to=other.id if to is not None else None)
    project, state = AFTER[fate, to]
    assert await _places(db) == {
        "a": ("outer" if project == "stays" else project, state),
        "b": ("inner" if project == "stays" else project, state),
        "t": ("inner" if project == "stays" else project, state),
        "c": before["c"],
        "d": before["d"],
    }
    assert await _is_consistent(db)
    left = (await ada.statistics.get(project_id=inner.id)).messages
    assert left == (0 if fate == "move" else counted.messages)
    await ada.projects.restore(outer.id)
    assert await _places(db) == before
    assert (await ada.conversations.get(temporary.id)).expires_at == temporary.expires_at
    assert await ada.statistics.get(project_id=inner.id) == counted
    assert await _is_consistent(db)
    assert await db.storage.read("acme", lambda tx: tx.count(Query(ProjectMove))) == 0


async def test_only_what_is_still_where_it_was_moved_to_is_moved_back(
    db: Database, ada: Services
) -> None:
    [project] = await _nest(ada, "project")
    other, third = await ada.projects.create("other"), await ada.projects.create("third")
    talks = {title: await _talk(ada, title, project) for title in ("stays", "moves", "gone", "no")}
    await ada.projects.delete(project.id, conversations="move", to=other.id)
    await ada.conversations.update(talks["moves"].id, project_id=third.id)
    await ada.conversations.delete(talks["gone"].id)
    await ada.conversations.delete(talks["no"].id)
    await ada.conversations.purge(talks["no"].id)
    await ada.projects.restore(project.id)
    assert await _places(db) == {
        "stays": ("project", "active"),
        "moves": ("third", "active"),
        "gone": ("project", "trashed"),
    }
    assert await _is_consistent(db)


async def test_only_conversations_that_were_deleted_with_a_project_are_restored_with_it(
    db: Database, ada: Services, clock: Clock
) -> None:
    [project] = await _nest(ada, "project")
    first = await ada.conversations.create(title="first", project_id=project.id)
    last = await _talk(ada, "last", project)
    await _talk(ada, "with it", project)
    at = clock.now
    await ada.conversations.delete(first.id)
    clock.now = at  # the clock stands still
    await ada.projects.delete(project.id, conversations="delete")
    await ada.conversations.restore(last.id)
    clock.now = at
    await ada.conversations.delete(last.id)
    await ada.projects.restore(project.id)
    assert {title: state for title, (_, state) in (await _places(db)).items()} == {
        "first": "trashed",
        "last": "trashed",
        "with it": "active",
    }


async def test_an_artifact_deleted_before_its_project_stays_in_the_trash(
    db: Database, ada: Services, clock: Clock
) -> None:
    [project] = await _nest(ada, "project")
    await _talk(ada, "talk", project)
    [artifact], at = await artifacts(ada), clock.now
    await ada.artifacts.delete(artifact.id)
    clock.now = at  # the clock stands still
    await ada.projects.delete(project.id, conversations="delete")
    await ada.projects.restore(project.id)
    assert (await _rows(db, Artifact))[artifact.id].state == "trashed"
    assert (await ada.artifacts.restore(artifact.id)).project_id == project.id


async def test_a_conversation_that_is_being_purged_is_not_moved_back(
    db: Database, ada: Services
) -> None:
    [project] = await _nest(ada, "project")
    talk = await _talk(ada, "talk", project)
    await ada.projects.delete(project.id, conversations="move")
    half: dict[str, Any] = {"state": "purging", "updated_at": talk.updated_at}
    await db.storage.write("acme", lambda tx: tx.update(Conversation, talk.id, **half))
    await ada.projects.restore(project.id)
    assert (await _rows(db, Conversation))[talk.id].project_id is None
    await db.tidy()
    assert await _places(db) == {}
    assert await _is_consistent(db)


async def test_a_conversation_of_another_user_in_a_project_is_neither_moved_nor_deleted(
    db: Database, ada: Services, bob: Services
) -> None:
    [project] = await _nest(ada, "project")
    talk = await bob.conversations.create(title="bob's")

    async def put_into(tx: Transaction) -> None:
        moved = {"project_id": project.id}
        await change_conversation(tx, talk, moved, talk.updated_at)

    await db.storage.write("acme", put_into)
    for fate in ("move", "delete"):
        await ada.projects.delete(project.id, conversations=fate)
        assert await _places(db) == {"bob's": ("project", "active")}
        await ada.projects.restore(project.id)
    await ada.projects.delete(project.id)
    await ada.projects.purge(project.id)
    assert await _places(db) == {"bob's": (None, "active")}
    assert await _is_consistent(db)


async def test_a_project_kept_its_trash_apart_from_what_was_deleted_after_it(
    db: Database, ada: Services, clock: Clock
) -> None:
    [project] = await _nest(ada, "project")
    talk, at = await _talk(ada, "later", project), clock.now
    await ada.projects.delete(project.id)
    clock.now = at  # the clock stands still
    await ada.conversations.delete(talk.id)
    await ada.projects.restore(project.id)
    assert await _places(db) == {"later": ("project", "trashed")}


async def test_a_project_whose_outer_one_is_in_the_trash_is_restored_outside(
    db: Database, ada: Services
) -> None:
    outer, inner, innermost = await _nest(ada, "outer", "inner", "innermost")
    for each in (outer, inner, innermost):
        await _talk(ada, f"in {each.name}", each)
    await ada.projects.delete(outer.id, conversations="delete")
    restored = await ada.projects.restore(inner.id)
    assert restored.parent_id is None
    assert await _folders(db) == {
        "outer": (None, "trashed"),
        "inner": (None, "active"),
        "innermost": ("inner", "active"),
    }
    assert {title: state for title, (_, state) in (await _places(db)).items()} == {
        "in outer": "trashed",
        "in inner": "active",
        "in innermost": "active",
    }
    await ada.projects.restore(outer.id)
    assert (await _folders(db))["inner"] == (None, "active")
    assert (await _places(db))["in outer"] == ("outer", "active")


@pytest.mark.parametrize(("fate", "to"), WAYS)
async def test_a_purge_takes_everything_out_of_the_projects(
    db: Database,
    ada: Services,
    monkeypatch: pytest.MonkeyPatch,
    fate: ConversationsOnDelete,
    to: str | None,
) -> None:
    monkeypatch.setattr(purge, "BATCH", 2)
    outer, inner = await _nest(ada, "outer", "inner")
    other = await ada.projects.create("other")
    before = await ada.projects.create("deleted before", parent_id=inner.id)
    await ada.projects.delete(before.id)
    for name in "abc":
        await _talk(ada, name, inner)
    trashed = await _talk(ada, "trashed", outer)
    await ada.conversations.delete(trashed.id)
    alone = await ada.artifacts.create("1", type="text", title="One", project_id=inner.id)
    both = await ada.collections.create("Both", project_id=outer.id)
    gone = await ada.collections.create("Gone", project_id=outer.id)
    await ada.collections.delete(gone.id)
    target = other.id if to is not None else None
    deleted = await ada.projects.delete(outer.id, conversations=fate, to=target)
    await ada.projects.purge(outer.id)
    assert await _folders(db) == {"other": (None, "active"), "deleted before": (None, "trashed")}
    project, state = AFTER[fate, to]
    place = (None if project == "stays" else project, state)
    assert await _places(db) == {"trashed": (None, "trashed")} | dict.fromkeys("abc", place)
    assert (await ada.artifacts.get(alone.id)).project_id is None
    assert (await ada.collections.get(both.id)).project_id is None
    assert (await ada.collections.restore(gone.id)).project_id is None
    assert (await ada.statistics.get(project_id=inner.id)).conversations == 0
    assert await _is_consistent(db)
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
    [project] = await _nest(ada, "project")
    talk = await _talk(ada, "talk", project)
    await ada.projects.delete(project.id, conversations="delete")
    await ada.projects.purge(project.id)
    await ada.conversations.restore(talk.id)
    assert await _places(db) == {"talk": (None, "active")}


async def test_a_project_must_be_in_the_trash_to_be_purged(ada: Services) -> None:
    [project] = await _nest(ada, "project")
    with pytest.raises(NotFound):
        await ada.projects.purge(project.id)
    assert (await ada.projects.get(project.id)).version == 1


async def test_an_interrupted_purge_is_finished_and_no_export_has_half_of_it(
    db: Database, ada: Services, clock: Clock
) -> None:
    outer, inner = await _nest(ada, "outer", "inner")
    await _talk(ada, "talk", inner)
    deleted = await ada.projects.delete(outer.id)
    await db.storage.write("acme", lambda tx: mark_purging(tx, deleted, clock()))
    assert await ada.projects.list(deleted=True) == []
    with pytest.raises(NotFound):
        await ada.projects.restore(outer.id)
    with pytest.raises(Conflict):
        await export(ada)
    await db.tidy()
    assert await _folders(db) == {}
    assert await _places(db) == {"talk": (None, "active")}
    assert await _is_consistent(db)


async def test_what_a_purge_cannot_move_yet_is_left_for_later(db: Database, ada: Services) -> None:
    [project] = await _nest(ada, "project")
    talk = await _talk(ada, "talk", project)
    half: dict[str, Any] = {"state": "importing", "updated_at": talk.updated_at}
    await db.storage.write("acme", lambda tx: tx.update(Conversation, talk.id, **half))
    await ada.projects.delete(project.id)
    await ada.projects.purge(project.id)
    assert await _folders(db) == {"project": (None, "purging")}
    whole: dict[str, Any] = half | {"state": "active"}
    await db.storage.write("acme", lambda tx: tx.update(Conversation, talk.id, **whole))
    await db.tidy()
    assert await _folders(db) == {}


async def test_where_conversations_cannot_go_is_refused_and_nothing_is_deleted(
    ada: Services, bob: Services
) -> None:
    outer, inner = await _nest(ada, "outer", "inner")
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
    [project] = await _nest(ada, "project")
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
    active, trashed = await _nest(ada, "active"), await _nest(ada, "trashed")
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


class _Walk:
    """Random steps with projects, after each of which everything must agree."""

    def __init__(self, db: Database, ada: Services, seed: int) -> None:
        self.db, self.ada, self.random = db, ada, random.Random(seed)
        self.steps: list[Callable[[], Awaitable[Any]]] = [
            *[self.create, self.talk] * 2,
            *[self.delete, self.restore, self.move, self.nest] * 2,
            *[self.purge, self.trash],
        ]

    async def pick(self, deleted: bool = False) -> str | None:
        projects = await self.ada.projects.list(deleted=deleted)
        return self.random.choice(projects).id if projects else None

    async def pick_talk(self) -> str | None:
        talks = (await self.ada.conversations.list()).items
        return self.random.choice(talks).id if talks else None

    async def create(self) -> None:
        await self.ada.projects.create("p", parent_id=await self.pick())

    async def talk(self) -> None:
        made = await self.ada.conversations.create(project_id=await self.pick())
        await say(self.ada, made, "one", "two three")

    async def delete(self) -> None:
        fate, to = self.random.choice(WAYS)
        if project := await self.pick():
            target = await self.pick() if to is not None else None
            await self.ada.projects.delete(project, conversations=fate, to=target)

    async def restore(self) -> None:
        if project := await self.pick(deleted=True):
            await self.ada.projects.restore(project)

    async def purge(self) -> None:
        if project := await self.pick(deleted=True):
            await self.ada.projects.purge(project)

    async def move(self) -> None:
        if talk := await self.pick_talk():
            await self.ada.conversations.update(talk, project_id=await self.pick())

    async def nest(self) -> None:
        if project := await self.pick():
            await self.ada.projects.update(project, parent_id=await self.pick())

    async def trash(self) -> None:
        if talk := await self.pick_talk():
            await self.ada.conversations.delete(talk)

    async def step(self) -> None:
        with suppress(Conflict):  # a cycle, or a target that is deleted too
            await self.random.choice(self.steps)()
        await self.check()

    async def check(self) -> None:
        assert await _is_consistent(self.db)
        projects = await _rows(self.db, Project)
        for each in projects.values():
            assert each.state in ("active", "trashed")
            if each.state == "active" and each.parent_id is not None:
                assert projects[each.parent_id].state == "active"


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_done_with_projects_everything_agrees(
    db: Database, ada: Services, seed: int
) -> None:
    walk = _Walk(db, ada, seed)
    for _ in range(80):
        await walk.step()
    while trash := await ada.projects.list(deleted=True):
        await ada.projects.purge(trash[0].id)
        await walk.check()
    assert await db.storage.read("acme", lambda tx: tx.count(Query(ProjectMove))) == 0
