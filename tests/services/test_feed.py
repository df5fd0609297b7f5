"""The feed: every change of a user's things, once, in order."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from hansard import Database, Services
from hansard.database import KEEP_FEED
from hansard.errors import HansardError, InvalidInput, StorageError
from hansard.model.feed import TRIMMED
from hansard.services.feed import broadcaster
from hansard.services.feed.service import FeedStart
from services.conftest import Clock
from services.talks import path, say, talk

pytestmark = pytest.mark.anyio


async def test_every_change_is_told_in_the_order_in_which_it_happened(ada: Services) -> None:
    made = await talk(ada, "a", "b")
    a, b = await path(ada, made)
    fork = await ada.branches.fork(made.id, at=a.id)
    await ada.branches.switch(made.id, fork.id)
    await ada.branches.rename(made.id, fork.id, "x")
    await ada.ratings.rate(made.id, b.id, 1)
    trashed = await ada.messages.delete(made.id, b.id)
    await ada.branches.restore(made.id, trashed.branch)
    await ada.conversations.update(made.id, title="t")
    await ada.settings.set("s", 1)
    await ada.settings.delete("s")
    await ada.conversations.delete(made.id)
    await ada.conversations.purge(made.id)
    entries = await ada.feed.read()
    assert [entry.kind for entry in entries] == [
        "conversation.created", "message.created", "branch.created", "branch.switched",
        "branch.updated", "message.rated", "message.deleted", "branch.restored",
        "conversation.updated", "setting.updated", "setting.deleted", "conversation.deleted",
        "conversation.purged",
    ]  # fmt: skip
    said = entries[1]
    assert (said.subject_id, said.branch, said.seq, said.count) == (b.id, made.branch, 0, 2)
    assert {entry.conversation_id for entry in entries} == {made.id, None}


async def test_who_comes_back_with_a_position_gets_what_came_since(ada: Services) -> None:
    made = await talk(ada)
    seen = await ada.feed.read()
    for text in "abcde":
        await say(ada, made, text)
    collected: list[int] = []
    after = seen[-1].position
    while page := await ada.feed.read(after=after, limit=2):
        after = page[-1].position
        collected += [entry.position for entry in page]
    assert collected == sorted(set(collected))
    assert len(collected) == 5
    assert await ada.feed.read(after=after) == []


async def test_what_did_not_happen_is_not_told(ada: Services) -> None:
    made = await talk(ada, "a")
    with pytest.raises(HansardError):
        await say(ada, made, "b", "\0")
    with pytest.raises(HansardError):
        await ada.conversations.update(made.id, version=7, title="x")
    assert len(await ada.feed.read()) == 2


async def test_everybody_has_a_feed_of_their_own(
    ada: Services, bob: Services, eve: Services
) -> None:
    for who in (ada, bob, eve):
        await talk(who, "a")
    for who in (ada, bob, eve):
        entries = await who.feed.read()
        assert len(entries) == 2
        assert {(e.tenant_id, e.user_id) for e in entries} == {(who.scope.tenant, who.scope.user)}


async def test_a_position_that_cannot_be_is_refused(ada: Services) -> None:
    for after in (-1, 2**63, 10**30):
        with pytest.raises(InvalidInput) as refused:
            await ada.feed.read(after=after)
        assert refused.value.pointer == "/after"


async def test_a_feed_is_trimmed_and_says_where_it_begins(
    db: Database, ada: Services, bob: Services, clock: Clock
) -> None:
    for _ in range(3):
        await talk(ada)
    first, _, third = await ada.feed.read()
    await talk(bob)
    clock.pass_time(days=KEEP_FEED / timedelta(days=1))
    later = await talk(ada)
    await db.retire()
    mark, kept = await ada.feed.read()
    assert (mark.kind, mark.position) == (TRIMMED, third.position)
    assert (kept.kind, kept.subject_id) == ("conversation.created", later.id)
    assert [entry.kind for entry in await bob.feed.read()] == [TRIMMED]
    assert await ada.feed.begin(first.position) == FeedStart(kept.position, resync=True)
    assert await ada.feed.begin(third.position) == FeedStart(third.position)
    clock.pass_time(days=KEEP_FEED / timedelta(days=1))
    for _ in range(2):
        await db.retire()
        assert [(e.kind, e.position) for e in await ada.feed.read()] == [(TRIMMED, kept.position)]
    assert await ada.feed.end() == kept.position


async def test_a_feed_that_was_never_trimmed_begins_at_zero(ada: Services) -> None:
    assert await ada.feed.begin() == FeedStart(0)
    assert await ada.feed.begin(0) == FeedStart(0)
    await talk(ada)
    assert await ada.feed.begin(0) == FeedStart(0)
    end = await ada.feed.end()
    assert await ada.feed.begin() == FeedStart(end)
    assert await ada.feed.begin(end + 1) == FeedStart(end, resync=True)


async def test_followers_share_what_is_read(ada: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many follow, and however far behind one is."""
    monkeypatch.setattr(broadcaster, "MAX_ENTRIES", 3)
    looks: list[int] = []
    look = broadcaster.FeedBroadcaster._look

    async def counted(self: broadcaster.FeedBroadcaster, after: int) -> object:
        looks.append(after)
        return await look(self, after)

    monkeypatch.setattr(broadcaster.FeedBroadcaster, "_look", counted)
    start = await ada.feed.end()
    following = [ada.feed.follow(start) for _ in range(50)]
    coming = [asyncio.ensure_future(anext(each)) for each in following]
    made = [(await talk(ada)).id for _ in range(10)]
    async with asyncio.timeout(20):
        assert {(await each).subject_id for each in coming} == {made[0]}
        for wanted in made[1:]:
            assert {(await anext(each)).subject_id for each in following[:3]} == {wanted}
        for wanted in made[1:]:
            assert (await anext(following[3])).subject_id == wanted
    assert len(looks) < 100
    for each in following:
        await each.aclose()  # pyright: ignore[reportAttributeAccessIssue] - a generator


async def test_a_fault_while_the_feed_is_read_stops_nobodys_following(
    ada: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcaster, "RETRY", 0.0)
    look, faults = broadcaster.FeedBroadcaster._look, [ValueError("a bug"), StorageError("away")]
    mended = asyncio.Event()

    async def faulty(self: broadcaster.FeedBroadcaster, after: int) -> object:
        if faults:
            raise faults.pop()
        mended.set()
        return await look(self, after)

    monkeypatch.setattr(broadcaster.FeedBroadcaster, "_look", faulty)
    following = ada.feed.follow(0)
    coming = asyncio.ensure_future(anext(following))
    async with asyncio.timeout(20):
        await mended.wait()
        made = await talk(ada)
        assert (await coming).subject_id == made.id
    await following.aclose()  # pyright: ignore[reportAttributeAccessIssue] - a generator


async def test_who_follows_is_told_that_the_database_is_closed(db: Database, ada: Services) -> None:
    coming = asyncio.ensure_future(anext(ada.feed.follow(0)))
    await talk(ada)
    await coming
    coming = asyncio.ensure_future(anext(ada.feed.follow(await ada.feed.end())))
    await asyncio.sleep(0)
    db.broadcasters.close()
    with pytest.raises(StorageError):
        async with asyncio.timeout(20):
            await coming
