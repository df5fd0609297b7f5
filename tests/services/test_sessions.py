"""How long a session is good, and what is remembered of those that are over."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from hansard import Database, Services
from hansard.errors import NotFound, Unauthenticated
from hansard.model.sessions import Session, SpentCode
from hansard.services.users import sessions
from hansard.services.users.sessions import IDLE, MAX_AGE, is_of
from hansard.storage.query import Query
from services.conftest import Clock

pytestmark = pytest.mark.anyio


async def rows(who: Services) -> tuple[int, int]:
    async def work(tx: sessions.Reader) -> tuple[int, int]:
        return await tx.count(Query(Session)), await tx.count(Query(SpentCode))

    return await who.sessions.run_read(work)


async def test_a_code_begins_one_session(ada: Services, bob: Services) -> None:
    made = await ada.sessions.begin("code", "Firefox on Linux")
    for who in (ada, bob):
        with pytest.raises(Unauthenticated):
            await who.sessions.begin("code")
    found = await ada.sessions.find(made.id)
    assert found is not None
    assert is_of(found, made.secret, made.key)
    assert not is_of(found, made.secret, made.secret)
    assert not is_of(found, made.key, made.key)
    assert made.secret not in str(found)
    assert made.key not in str(found)
    assert await bob.sessions.find(made.id) is None
    assert await ada.sessions.find("no id") is None


async def test_a_session_lasts_for_as_long_as_it_is_seen_and_not_for_ever(
    ada: Services, clock: Clock
) -> None:
    kept, idle = await ada.sessions.begin("one"), await ada.sessions.begin("two")
    for _ in range(MAX_AGE // timedelta(days=10) - 1):
        clock.pass_time(days=10)
        assert await ada.sessions.find(kept.id) is not None
    assert await ada.sessions.find(idle.id) is None
    assert [each.id for each in await ada.sessions.list()] == [kept.id]
    clock.pass_time(days=11)
    assert await ada.sessions.find(kept.id) is None
    assert await ada.sessions.list() == []
    with pytest.raises(NotFound):
        await ada.sessions.end(kept.id)


async def test_it_is_written_now_and_then_that_a_session_was_seen(
    ada: Services, clock: Clock
) -> None:
    made = await ada.sessions.begin("code")
    first = clock.now
    await ada.sessions.find(made.id)
    [told] = await ada.sessions.list()
    assert told.seen_at <= first
    clock.pass_time(minutes=11)
    await ada.sessions.find(made.id)
    [told] = await ada.sessions.list()
    assert told.seen_at > first + timedelta(minutes=10)
    assert told.expires_at == told.seen_at + IDLE


async def test_what_is_over_is_forgotten_by_tidying(
    db: Database, ada: Services, clock: Clock
) -> None:
    ended, idle, kept = [await ada.sessions.begin(str(uuid4())) for _ in range(3)]
    await ada.sessions.end(ended.id)
    await db.tidy()
    assert await rows(ada) == (3, 3)
    clock.pass_time(days=2)
    await ada.sessions.find(kept.id)
    await db.tidy()
    assert await rows(ada) == (2, 0)
    clock.pass_time(days=13.5)
    await db.tidy()
    assert await rows(ada) == (1, 0)
    assert [each.id for each in await ada.sessions.list()] == [kept.id]
    assert await ada.sessions.find(idle.id) is None


async def test_all_are_ended_but_one(ada: Services, bob: Services) -> None:
    made = [await ada.sessions.begin(str(number)) for number in range(3)]
    his = await bob.sessions.begin("his")
    assert await ada.sessions.end_all(but=made[0].id) == 2
    assert [each.id for each in await ada.sessions.list()] == [made[0].id]
    assert await ada.sessions.end_all() == 1
    assert [each.id for each in await bob.sessions.list()] == [his.id]
