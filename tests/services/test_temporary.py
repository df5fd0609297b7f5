"""Temporary conversations: in no list and no search, and gone for good after a day."""

from __future__ import annotations

import pytest

from hansard import Database, Services
from hansard.errors import AlreadyExists, NotFound
from hansard.ids import new_id
from hansard.model.conversations import Conversation
from hansard.services.conversations.service import ConversationFilter
from services.conftest import Clock
from services.talks import found, said, say, talk

pytestmark = pytest.mark.anyio

TEMPORARY = ConversationFilter(temporary=True)


async def _temporary(who: Services, *texts: str, title: str = "") -> Conversation:
    made = await who.conversations.create(title=title, temporary=True)
    await say(who, made, *texts)
    return made


async def test_a_temporary_conversation_is_found_by_its_id_alone(
    ada: Services, bob: Services
) -> None:
    made = await _temporary(ada, *["a marmot"] * 3, title="Marmots")
    kept = await talk(ada, *["a badger"] * 3, title="Badgers")
    assert [c.id for c in (await ada.conversations.list()).items] == [kept.id]
    assert [c.id for c in (await ada.conversations.list(filter=TEMPORARY)).items] == [made.id]
    assert (await bob.conversations.list(filter=TEMPORARY)).items == []
    await say(ada, made, "a marmot again")
    latest = await ada.conversations.latest()
    assert latest is not None
    assert latest.id == kept.id
    with pytest.raises(NotFound):
        await ada.conversations.find("Marmots")
    assert await found(ada, "marmot") == set()
    assert [topic.term for topic in (await ada.statistics.get()).topics] == ["badger"]
    assert await said(ada, made) == ["a marmot"] * 3 + ["a marmot again"]


async def test_it_is_gone_for_good_after_a_day(
    db: Database, ada: Services, eve: Services, clock: Clock
) -> None:
    made = await _temporary(ada, "a marmot")
    elsewhere = await _temporary(eve, "another")
    assert (await ada.statistics.get()).messages == 1, "while it is there, it counts"
    clock.pass_time(hours=23)
    await db.tidy()
    assert await said(ada, made) == ["a marmot"]
    before = await ada.feed.end()
    clock.pass_time(hours=1)
    await db.tidy()
    for who, gone in ((ada, made), (eve, elsewhere)):
        with pytest.raises(NotFound):
            await who.conversations.get(gone.id)
        with pytest.raises(NotFound):
            await who.conversations.restore(gone.id)
        assert (await who.statistics.get()).messages == 0
    [told] = await ada.feed.read(after=before)
    assert (told.kind, told.conversation_id) == ("conversation.purged", made.id)


async def test_it_stays_once_it_is_made_permanent(
    db: Database, ada: Services, clock: Clock
) -> None:
    made = await _temporary(ada, "a marmot")
    kept = await ada.conversations.update(made.id, temporary=False)
    assert kept.expires_at is None
    clock.pass_time(days=2)
    await db.tidy()
    assert [c.id for c in (await ada.conversations.list()).items] == [made.id]
    assert await found(ada, "marmot") == {"a marmot"}


async def test_what_was_to_stay_may_become_temporary(
    db: Database, ada: Services, clock: Clock
) -> None:
    made = await talk(ada, "a marmot")
    clock.pass_time(days=2)
    await ada.conversations.update(made.id, temporary=True)
    await db.tidy()
    assert await said(ada, made) == ["a marmot"], "the day begins now"
    clock.pass_time(days=1)
    await db.tidy()
    with pytest.raises(NotFound):
        await ada.conversations.get(made.id)


async def test_one_in_the_trash_is_not_kept_longer(
    db: Database, ada: Services, clock: Clock
) -> None:
    made = await _temporary(ada, "a marmot")
    await ada.conversations.delete(made.id)
    clock.pass_time(days=1)
    await db.tidy()
    with pytest.raises(NotFound):
        await ada.conversations.restore(made.id)
    assert (await ada.statistics.get()).conversations == 0


async def test_the_same_creation_again_is_as_temporary_as_the_first(ada: Services) -> None:
    chosen = new_id()
    first = await ada.conversations.create(id=chosen, temporary=True)
    again = await ada.conversations.create(id=chosen, temporary=True)
    assert again.expires_at == first.expires_at
    with pytest.raises(AlreadyExists):
        await ada.conversations.create(id=chosen)
