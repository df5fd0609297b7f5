"""Letting go: first into the trash, from where everything comes back as it was; then for good."""

from __future__ import annotations

import pytest

import hansard
from hansard import Services
from hansard.errors import NotFound

pytestmark = pytest.mark.anyio


async def test_what_was_deleted_comes_back(ada: Services) -> None:
    talk = await ada.conversations.create(title="Rome")
    await ada.conversations.delete(talk.id)
    assert (await ada.conversations.list()).items == []
    await ada.conversations.restore(talk.id)
    assert [c.title for c in (await ada.conversations.list()).items] == ["Rome"]


async def test_a_message_takes_what_follows_it_along(ada: Services) -> None:
    talk = await ada.conversations.create()
    placed = await ada.messages.append(talk.id, [hansard.user(word) for word in "abc"])
    trashed = await ada.messages.delete(talk.id, placed[1].id)
    assert trashed.count == 2
    await ada.branches.restore(talk.id, trashed.branch)
    assert [m.text for m in (await ada.messages.read(talk.id)).items] == ["a", "b", "c"]


async def test_what_was_purged_is_gone(ada: Services) -> None:
    talk = await ada.conversations.create(title="Rome")
    await ada.conversations.delete(talk.id)
    await ada.conversations.purge(talk.id)
    with pytest.raises(NotFound):
        await ada.conversations.restore(talk.id)
    assert (await ada.statistics.get()).conversations == 0
