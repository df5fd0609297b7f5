"""Whatever is done with projects, one step after the other, everything agrees."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from hansard import Database, Services
from hansard.errors import Conflict
from hansard.model.projects import Project, ProjectMove
from hansard.storage.query import Query
from services.folders import (
    WAYS,
    is_consistent,
    rows_of,
)
from services.talks import say

pytestmark = pytest.mark.anyio


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
        assert await is_consistent(self.db)
        projects = await rows_of(self.db, Project)
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
