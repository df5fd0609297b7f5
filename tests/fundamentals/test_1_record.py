"""The record: a conversation is a list of messages that never change.

A message is stored when `append` returns, and a retry of what may have been stored is harmless: the same id
with the same content is the same message. So a client that is in doubt simply asks again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import hansard
from hansard import Services
from hansard.errors import Conflict
from hansard.ids import new_id

pytestmark = pytest.mark.anyio


async def test_what_was_said_is_there_when_the_database_is_opened_again(tmp_path: Path) -> None:
    async with hansard.connect(tmp_path / "chats.db") as db:
        me = db.scope()
        talk = await me.conversations.create(title="Trip to Rome")
        await me.messages.append(talk.id, [hansard.user("Where do I sleep?")])

    async with hansard.connect(tmp_path / "chats.db") as db:
        me = db.scope()
        page = await me.messages.read(talk.id)
        assert [message.text for message in page.items] == ["Where do I sleep?"]


async def test_several_messages_are_stored_together_or_not_at_all(ada: Services) -> None:
    talk = await ada.conversations.create()
    with pytest.raises(hansard.HansardError):
        await ada.messages.append(talk.id, [hansard.user("fine"), hansard.user("not \0 text")])
    assert (await ada.messages.read(talk.id)).items == []


async def test_a_retry_is_harmless(ada: Services) -> None:
    talk = await ada.conversations.create()
    question = hansard.user("Where do I sleep?", id=new_id())
    first = await ada.messages.append(talk.id, [question])
    again = await ada.messages.append(talk.id, [question])
    assert again == first
    assert (await ada.conversations.get(talk.id)).message_count == 1


async def test_the_same_id_for_something_else_is_a_conflict(ada: Services) -> None:
    talk = await ada.conversations.create()
    chosen = new_id()
    await ada.messages.append(talk.id, [hansard.user("Rome", id=chosen)])
    with pytest.raises(Conflict):
        await ada.messages.append(talk.id, [hansard.user("Oslo", id=chosen)])
