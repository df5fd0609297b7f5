"""A clock that stands still, is at the epoch, or leaps: what was deleted can be restored, and nothing goes early."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
import pytest

import hansard
from hansard import Database, Services, database
from hansard.errors import NotFound
from hansard.services.conversations import trash
from services.conftest import Clock
from services.making import answer, artifacts, fenced, titles
from services.talks import export, path, said, talk

pytestmark = pytest.mark.anyio


class StillClock(Clock):
    """A clock that stands still until it is set."""

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return StillClock()


async def test_two_deletions_at_one_time_come_back_one_by_one(ada: Services) -> None:
    made = await talk(ada, *"abcdef")
    messages = await path(ada, made)
    inner = await ada.messages.delete(made.id, messages[4].id)
    outer = await ada.messages.delete(made.id, messages[2].id)
    assert await ada.branches.restore(made.id, outer.branch) == 2
    assert await said(ada, made) == list("abcd")
    assert await ada.branches.restore(made.id, inner.branch) == 2
    assert await said(ada, made) == list("abcdef")


async def test_an_artifact_that_was_deleted_alone_stays_in_the_trash(ada: Services) -> None:
    made = await talk(ada, "make two")
    [first] = await answer(ada, made, fenced("one = 1\n" * 9, "python one.py"))
    await answer(ada, made, fenced("two = 2\n" * 9, "python two.py"))
    [alone] = [each for each in await artifacts(ada) if each.message_id == first.id]
    await ada.artifacts.delete(alone.id)
    await ada.conversations.delete(made.id)
    await ada.conversations.restore(made.id)
    assert await titles(ada) == ["two.py"]
    gone = await ada.messages.delete(made.id, first.id)
    await ada.branches.restore(made.id, gone.branch)
    assert await titles(ada) == ["two.py"]
    await ada.artifacts.restore(alone.id)
    assert await titles(ada) == ["one.py", "two.py"]


async def test_what_is_deleted_at_the_epoch_can_be_restored(
    db: Database, ada: Services, clock: Clock
) -> None:
    whole, cut = await talk(ada, "precious"), await talk(ada, "a", "b")
    await answer(ada, whole, fenced())
    [artifact] = await artifacts(ada)
    for day in (1, 2):
        clock.now = datetime(1970, 1, day, tzinfo=UTC)
        await ada.artifacts.delete(artifact.id)
        await ada.artifacts.restore(artifact.id)
        await ada.conversations.delete(whole.id)
        gone = await ada.messages.delete(cut.id, (await path(ada, cut))[1].id)
        clock.now = datetime(2026, 3, 1, tzinfo=UTC)
        await db.tidy(starting=True)
        await ada.conversations.restore(whole.id)
        await ada.branches.restore(cut.id, gone.branch)
        assert (await said(ada, whole))[0] == "precious"
        assert await said(ada, cut) == ["a", "b"]
        assert len(await artifacts(ada)) == 1


async def test_deletions_at_one_time_come_back_together_without_the_guard(
    ada: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault."""

    def unguarded(now: datetime, _: Iterable[datetime | None] = ()) -> datetime:
        return now

    monkeypatch.setattr(trash, "deletion_time", unguarded)
    made = await talk(ada, *"abcdef")
    messages = await path(ada, made)
    await ada.messages.delete(made.id, messages[4].id)
    outer = await ada.messages.delete(made.id, messages[2].id)
    assert await ada.branches.restore(made.id, outer.branch) == 4


async def test_a_clock_that_leaps_for_a_moment_purges_nothing(
    db: Database, ada: Services, clock: Clock
) -> None:
    made = await ada.conversations.create(temporary=True)
    await ada.messages.append(made.id, [hansard.user("a marmot")])
    before = clock.now
    clock.pass_time(days=365)
    await db.tidy()
    clock.now = before
    await db.tidy()
    assert await said(ada, made) == ["a marmot"]
    clock.pass_time(days=365)
    for _ in range(2):  # a clock that stays where it leapt to is believed
        await db.tidy()
    with pytest.raises(NotFound):
        await ada.conversations.get(made.id)


async def test_a_clock_that_is_believed_at_once_purges_what_is_young(
    db: Database, ada: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault."""
    monkeypatch.setattr(database, "MAX_CLOCK_JUMP", clock.now - datetime(1970, 1, 1, tzinfo=UTC))
    made = await ada.conversations.create(temporary=True)
    clock.pass_time(days=365)
    await db.tidy()
    with pytest.raises(NotFound):
        await ada.conversations.get(made.id)


@pytest.mark.parametrize("state", ["importing", "purging", "trashed"])
@pytest.mark.parametrize("kind", ["conversation", "branch", "artifact"])
async def test_the_state_of_an_imported_record_follows_from_its_deletion(
    ada: Services, eve: Services, state: str, kind: str
) -> None:
    made = await talk(ada, "precious")
    await answer(ada, made, fenced())
    lines = [msgspec.json.decode(line) for line in await export(ada)]
    [line] = [line for line in lines if line["kind"] == kind]
    line["state"] = state
    await eve.transfer.import_lines(msgspec.json.encode(line) for line in lines)
    assert (await said(eve, made))[0] == "precious"
    assert len(await artifacts(eve)) == 1
