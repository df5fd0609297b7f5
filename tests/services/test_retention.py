"""Old revisions go when they are too many or too old; the newest never does, and no number comes twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

import hansard
from hansard import Database, Services
from hansard.config import load
from hansard.errors import AlreadyExists, HansardError, InvalidConfig, InvalidInput, NotFound
from hansard.model.artifacts import Artifact, Content, Revision
from hansard.services.options import Retention
from hansard.storage.query import Query
from services.conftest import Clock
from services.making import said

pytestmark = pytest.mark.anyio


@pytest.fixture
async def plan(ada: Services) -> Artifact:
    return await _made(ada)


async def _made(who: Services, title: str = "Plan", revisions: int = 5) -> Artifact:
    """An artifact that says at each revision which it is."""
    made = await who.artifacts.create(f"{title} 1", type="text", title=title)
    for number in range(2, revisions + 1):
        made = await who.artifacts.update(made.id, content=f"{title} {number}")
    return made


async def numbers(who: Services, artifact: Artifact) -> list[int]:
    return [each.number for each in (await who.artifacts.revisions(artifact.id)).items]


async def contents(db: Database) -> int:
    return await db.storage.read("acme", lambda tx: tx.count(Query(Content)))


async def test_by_default_all_are_kept(db: Database, ada: Services, plan: Artifact) -> None:
    assert await db.retire() == 0
    assert len(await numbers(ada, plan)) == 5


async def test_so_many_are_kept_as_their_owner_wants(
    db: Database, ada: Services, bob: Services, plan: Artifact
) -> None:
    other = await _made(bob, "Other")
    await ada.settings.set("artifacts.keep_revisions", 2)
    assert await db.retire() == 3
    assert await numbers(ada, plan) == [5, 4]
    assert len(await numbers(bob, other)) == 5
    assert await contents(db) == 2 + 5, "what they said is gone as well"
    assert await db.retire() == 0
    assert (await ada.artifacts.get(plan.id)).revision == 5
    changed = await ada.artifacts.update(plan.id, content="more", expect_revision=5)
    assert changed.revision == 6, "numbers go on where they were"
    await db.retire()
    assert await numbers(ada, plan) == [6, 5]


async def test_those_that_are_too_old_go_but_the_newest(
    db: Database, ada: Services, plan: Artifact, clock: Clock
) -> None:
    await ada.settings.set("artifacts.keep_days", 30)
    clock.pass_time(days=20)
    await ada.artifacts.update(plan.id, content="later")
    assert await db.retire() == 0
    clock.pass_time(days=20)
    assert await db.retire() == 5
    clock.pass_time(days=200)
    assert await db.retire() == 0
    assert await said(ada, plan) == ["later"]


async def test_what_the_installation_says_holds_where_a_user_says_nothing(
    address: str, clock: Clock
) -> None:
    kept = Retention(keep_revisions=1, keep_days=365)
    async with hansard.connect(address, providers=[], clock=clock, retention=kept) as db:
        ada, bob = db.scope("acme", "ada"), db.scope("acme", "bob")
        hers, his = await _made(ada), await _made(bob)
        await bob.settings.set("artifacts.keep_revisions", 0)
        await db.retire()
        assert (await numbers(ada, hers), len(await numbers(bob, his))) == ([5], 5)
        clock.pass_time(days=366)
        await db.retire()
        assert await numbers(bob, his) == [5], "the other rule still holds for him"


async def test_what_a_link_shows_stays_as_long_as_the_link(
    db: Database, ada: Services, plan: Artifact, clock: Clock
) -> None:
    await ada.settings.set("artifacts.keep_revisions", 1)
    staying = await ada.shares.link(plan.id, revision=2)
    await ada.shares.link(plan.id, revision=3, expires_at=clock() + timedelta(hours=1))
    await ada.shares.link(plan.id)
    await db.retire()
    assert await numbers(ada, plan) == [5, 3, 2]
    assert (await ada.shares.follow(staying.token)).content == "Plan 2"
    clock.pass_time(hours=2)
    await db.retire()
    assert await numbers(ada, plan) == [5, 2]
    await ada.shares.revoke(staying.share.id)
    await db.retire()
    assert await numbers(ada, plan) == [5]
    with pytest.raises(NotFound):
        await ada.shares.link(plan.id, revision=2)


async def test_what_another_revision_says_too_is_still_there(db: Database, ada: Services) -> None:
    made = await ada.artifacts.create("same", type="text", title="Plan")
    await ada.artifacts.update(made.id, content="other")
    await ada.artifacts.restore_revision(made.id, 1)
    await ada.settings.set("artifacts.keep_revisions", 1)
    assert await db.retire() == 2
    assert (await said(ada, made), await contents(db)) == (["same"], 1)


async def test_what_is_left_is_compared_exported_and_searched(
    db: Database, ada: Services, eve: Services, plan: Artifact
) -> None:
    await ada.settings.set("artifacts.keep_revisions", 2)
    await db.retire()
    diff = await ada.artifacts.diff(plan.id)
    assert (diff.old, diff.new) == (4, 5)
    for number in (1, 3):
        with pytest.raises(NotFound):
            await ada.artifacts.restore_revision(plan.id, number)
    with pytest.raises(AlreadyExists):
        await ada.artifacts.create("Plan 1", type="text", title="Plan", id=plan.id)
    lines = [line async for line in ada.transfer.export()]
    assert (await eve.transfer.import_lines(lines)).added["revision"] == 2
    assert await numbers(eve, plan) == [5, 4]
    [use] = await eve.artifacts.uses()
    assert (use.made, use.edited) == (1, 1)
    assert len((await eve.search.artifacts("plan 5")).items) == 1


class Stopped(Exception):
    """As if the process had been killed."""


async def test_who_is_stopped_in_the_middle_goes_on(
    db: Database, ada: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [await _made(ada, f"Plan {n}", 4) for n in range(6)]
    await ada.settings.set("artifacts.keep_revisions", 1)
    write, left = db.storage.write, [3]

    async def stopping(*given: Any) -> Any:
        if not left[0]:
            raise Stopped
        left[0] -= 1
        return await write(*given)

    monkeypatch.setattr(db.storage, "write", stopping)
    with pytest.raises(Stopped):
        await db.retire()
    monkeypatch.undo()
    counts = sorted([len(await numbers(ada, each)) for each in several])
    assert 1 in counts
    assert 4 in counts, "it was in the middle"
    for each in several:
        assert await ada.artifacts.read(each.id) == f"{each.title} 4"
    found = await asyncio.gather(db.retire(), db.retire())
    assert sum(found) == sum(count - 1 for count in counts), "two at once do no more than one"
    assert [await numbers(ada, each) for each in several] == [[4]] * 6
    assert await contents(db) == 6


async def test_very_many_go_in_batches(
    db: Database, ada: Services, plan: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hansard.services.artifacts.retention.BATCH", 2)
    for n in range(3):
        await _made(ada, f"Other {n}", 4)
    await ada.settings.set("artifacts.keep_revisions", 1)
    assert await db.retire() == 4 + 3 * 3
    assert await numbers(ada, plan) == [5]
    assert await db.storage.read("acme", lambda tx: tx.count(Query(Revision))) == 4


async def test_what_is_coming_in_is_left_alone(
    db: Database, ada: Services, eve: Services, plan: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old revisions are looked for after each step of an import."""
    monkeypatch.setattr("hansard.services.transfer.import_session.MAX_WAITING", 2)
    await eve.settings.set("artifacts.keep_revisions", 1)
    lines = [line async for line in ada.transfer.export()]
    write = db.storage.write
    gone: list[int] = []

    async def looking(tenant: str, work: Any) -> Any:
        done = await write(tenant, work)
        with monkeypatch.context() as usual:
            usual.setattr(db.storage, "write", write)
            gone.append(await db.retire())
        return done

    with monkeypatch.context() as watched:
        watched.setattr(db.storage, "write", looking)
        await eve.transfer.import_lines(lines)
    assert len(gone) > 3
    assert gone[:-1] == [0] * (len(gone) - 1), "only when all of it had come"
    await db.retire()
    assert await numbers(eve, plan) == [5]


@pytest.mark.parametrize("value", [-1, 10_001, "3", 1.5, None, True, [3]])
async def test_a_rule_that_is_none_is_refused(ada: Services, value: Any) -> None:
    for name in ("artifacts.keep_revisions", "artifacts.keep_days"):
        with pytest.raises(InvalidInput) as refused:
            await ada.settings.set(name, value)
        assert refused.value.pointer == "/value"
    with pytest.raises(HansardError):
        await ada.settings.get("artifacts.keep_days")


def test_the_installation_is_told_of_a_rule_that_is_none() -> None:
    loaded = load({"artifacts_keep_days": -1}, {"HANSARD_HOME": "/nowhere"})
    with pytest.raises(InvalidConfig, match="artifacts_keep_days"):
        loaded.retention()
    loaded = load({"artifacts_keep_revisions": 7}, {"HANSARD_HOME": "/nowhere"})
    assert loaded.retention() == Retention(keep_revisions=7)
