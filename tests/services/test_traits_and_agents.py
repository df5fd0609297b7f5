"""Conversations have traits, an agent, and tags that are records."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hansard import Database, Services
from hansard.errors import InvalidInput, NotFound
from hansard.ids import new_id
from hansard.model.agents import Agent
from hansard.model.lifecycle import trashed
from hansard.model.tags import Tag
from hansard.storage.query import Query

pytestmark = pytest.mark.anyio


async def _agent(db: Database, who: Services) -> Agent:
    await who.users.me()
    stamp = who.conversations.stamp(None, db.clock())
    agent = Agent(**stamp, name="Guide")
    await db.storage.write(who.scope.tenant, lambda tx: tx.insert(agent))
    return agent


async def _tags(db: Database, owner: str = "ada") -> list[str]:
    query = Query(Tag).where(owner_id=owner, state="active").by("name", "id")
    return [tag.name for tag in await db.storage.read("acme", lambda tx: tx.select(query))]


async def test_a_conversation_keeps_traits_and_an_agent(db: Database, ada: Services) -> None:
    agent, chosen = await _agent(db, ada), new_id()
    given: dict[str, Any] = {"id": chosen, "traits": {"level": [1]}, "agent_id": agent.id.upper()}
    made = await ada.conversations.create(**given)
    assert (made.traits, made.agent_id) == ({"level": [1]}, agent.id)
    assert await ada.conversations.create(**given) == made
    changed = await ada.conversations.update(made.id, traits={}, agent_id=None)
    assert (changed.traits, changed.agent_id, changed.version) == ({}, None, 2)
    again = await ada.conversations.update(made.id, agent_id=agent.id)
    assert (again.traits, again.agent_id) == ({}, agent.id)
    assert await ada.conversations.get(made.id) == again


async def test_an_agent_must_be_ones_own_and_not_in_the_trash(
    db: Database, ada: Services, bob: Services
) -> None:
    own, foreign, gone = (
        await _agent(db, ada),
        await _agent(db, bob),
        await _agent_in_trash(db, ada),
    )
    made = await ada.conversations.create(agent_id=own.id)
    for missing in (foreign.id, gone.id, new_id(), "no id"):
        for call in (
            ada.conversations.create(agent_id=missing),
            ada.conversations.update(made.id, agent_id=missing),
        ):
            with pytest.raises(NotFound) as refused:
                await call
            assert refused.value.pointer == "/agent_id"
    assert len((await ada.conversations.list()).items) == 1


async def _agent_in_trash(db: Database, who: Services) -> Agent:
    agent = Agent(**who.conversations.stamp(None, db.clock()), name="Gone", **trashed(db.clock()))
    await db.storage.write(who.scope.tenant, lambda tx: tx.insert(agent))
    return agent


async def test_traits_must_be_json(ada: Services) -> None:
    made = await ada.conversations.create()
    for call in (
        ada.conversations.create(traits={"a": float("inf")}),
        ada.conversations.update(made.id, traits={"a": float("inf")}),
    ):
        with pytest.raises(InvalidInput) as refused:
            await call
        assert refused.value.pointer == "/traits/a"


async def test_the_tags_of_conversations_become_records(db: Database, ada: Services) -> None:
    made = await ada.conversations.create(tags=["red", "blue"])
    await ada.conversations.update(made.id, tags=["green", "red"])
    assert await _tags(db) == ["blue", "green", "red"]
    told = [entry.kind for entry in await ada.feed.read()]
    assert told.count("tag.created") == 3
    tags = ada.tags
    [_, green, _] = await tags.list()
    await tags.delete(green.id)
    await ada.conversations.update(made.id, tags=["green"])
    assert await _tags(db) == ["blue", "green", "red"]


async def test_a_change_that_is_refused_creates_no_tag(db: Database, ada: Services) -> None:
    made = await ada.conversations.create()
    for refused in (
        ada.conversations.update(made.id, tags=["red"], project_id=new_id()),
        ada.conversations.create(tags=["red"], project_id=new_id()),
    ):
        with pytest.raises(NotFound):
            await refused
    assert await _tags(db) == []


async def test_a_new_tag_that_many_use_at_once_is_created_once(db: Database, ada: Services) -> None:
    await ada.users.me()
    made = [ada.conversations.create(tags=["red", f"{n % 3}"]) for n in range(12)]
    await asyncio.gather(*made)
    assert await _tags(db) == ["0", "1", "2", "red"]
