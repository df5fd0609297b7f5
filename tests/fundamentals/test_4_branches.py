"""Branches: nothing is overwritten. To edit is to say something else, beside what was said.

A branch knows where it left another, and shares all that came before; so a fork copies nothing.
"""

from __future__ import annotations

import pytest

import hansard
from hansard import Services
from hansard.model.messages import Message

pytestmark = pytest.mark.anyio


async def _talk(ada: Services) -> tuple[str, list[Message]]:
    talk = await ada.conversations.create()
    drafts = [hansard.user("Where to?"), hansard.assistant("Rome."), hansard.user("When?")]
    return talk.id, await ada.messages.append(talk.id, drafts)


async def _texts(ada: Services, talk: str, branch: str | None = None) -> list[str]:
    return [message.text async for message in ada.messages.all(talk, branch=branch)]


async def test_an_edit_is_a_branch(ada: Services) -> None:
    talk, messages = await _talk(ada)
    await ada.messages.edit(talk, messages[0].id, "Where to, in winter?")
    assert await _texts(ada, talk) == ["Where to, in winter?"]
    assert await _texts(ada, talk, messages[0].branch) == ["Where to?", "Rome.", "When?"]


async def test_one_is_on_a_branch_until_one_switches(ada: Services) -> None:
    talk, messages = await _talk(ada)
    edited = await ada.messages.edit(talk, messages[2].id, "Why?")
    assert (await ada.branches.current(talk)).id == edited.branch
    await ada.branches.switch(talk, messages[0].branch)
    assert await _texts(ada, talk) == ["Where to?", "Rome.", "When?"]


async def test_a_fork_copies_nothing(ada: Services) -> None:
    talk, messages = await _talk(ada)
    fork = await ada.branches.fork(talk, at=messages[1].id, name="what if")
    await ada.messages.append(talk, [hansard.user("Or Oslo?")], branch=fork.id)
    assert await _texts(ada, talk, fork.id) == ["Where to?", "Rome.", "Or Oslo?"]
    assert (await ada.conversations.get(talk)).message_count == 4, "two of them are shared"


async def test_what_was_said_in_the_same_place_is_found_together(ada: Services) -> None:
    talk, messages = await _talk(ada)
    await ada.messages.edit(talk, messages[2].id, "Why?")
    siblings = await ada.branches.siblings(talk, messages[2].id)
    assert [message.text for message in siblings] == ["When?", "Why?"]
