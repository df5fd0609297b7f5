"""Agents and their tasks, which go with them."""

from __future__ import annotations

from typing import Any

import pytest

from hansard import Services
from hansard.errors import InvalidInput, NotFound
from hansard.model.prompts import PromptRevision
from hansard.storage.base import Reader
from hansard.storage.query import Query

pytestmark = pytest.mark.anyio


async def test_tasks_go_to_the_trash_with_their_agent_and_come_back_with_it(
    ada: Services,
) -> None:
    agent = await ada.agents.create("Writer")
    one = await ada.prompts.create("one", "1", agent_id=agent.id)
    two = await ada.prompts.create("two", "2", agent_id=agent.id)
    other = await ada.prompts.create("one", "not a task")
    assert [task.id for task in await ada.prompts.list(agent_id=agent.id)] == [one.id, two.id]
    assert [prompt.id for prompt in await ada.prompts.list()] == [other.id]
    await ada.prompts.delete(two.id)
    await ada.agents.delete(agent.id)
    with pytest.raises(NotFound):
        await ada.prompts.list(agent_id=agent.id)
    with pytest.raises(NotFound):
        await ada.prompts.restore(one.id)
    await ada.agents.restore(agent.id)
    assert [task.id for task in await ada.prompts.list(agent_id=agent.id)] == [one.id]
    assert (await ada.prompts.restore(two.id)).agent_id == agent.id


async def test_a_purged_agent_leaves_no_task_and_its_conversations_go_on(
    ada: Services,
) -> None:
    agent = await ada.agents.create("Writer")
    task = await ada.prompts.create("one", "1", agent_id=agent.id)
    await ada.prompts.update(task.id, body="2")
    talk = await ada.conversations.create(agent_id=agent.id)
    await ada.agents.delete(agent.id)
    assert (await ada.conversations.get(talk.id)).agent_id == agent.id
    await ada.agents.purge(agent.id)
    assert (await ada.conversations.get(talk.id)).agent_id is None
    with pytest.raises(NotFound):
        await ada.prompts.get(task.id)

    async def count_revisions(tx: Reader) -> int:
        return await tx.count(Query(PromptRevision).where(prompt_id=task.id))

    assert await ada.agents.run_read(count_revisions) == 0


async def test_what_does_not_fit_an_agent_is_refused(ada: Services) -> None:
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"model": "nothing"}, "/model"),
        ({"output_schema": {"type": "array"}}, "/output_schema"),
        ({"tools": ["a", " "]}, "/tools/1"),
        ({"options": {"temperature": "hot"}}, "/options/temperature"),
        ({"options": {"warmth": 1}}, "/options/warmth"),
    ]
    for fields, pointer in refusals:
        with pytest.raises(InvalidInput) as refused:
            await ada.agents.create("Writer", **fields)
        assert refused.value.pointer == pointer
    with pytest.raises(NotFound):
        await ada.agents.create("Writer", rules=["nothing"])
    assert await ada.agents.list() == []
