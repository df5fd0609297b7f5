"""Positions of the feed: the writer gives each once, whatever is deleted, fails or is opened again."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import apsw
import pytest

import hansard
from hansard import Database, errors
from hansard.ids import now
from hansard.services.feed.retention import trim_feeds
from hansard.storage.base import Change
from hansard.storage.sqlite import positions
from hansard.storage.sqlite.positions import RESERVE, Positions

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chats.db"


@pytest.mark.parametrize("plant", [False, True])
async def test_no_position_is_given_again_after_the_feed_was_trimmed(
    path: Path, monkeypatch: pytest.MonkeyPatch, plant: bool
) -> None:
    if plant:  # it goes on after the newest entry that is there
        newest = "SELECT coalesce(max(position), 0) FROM feed"
        monkeypatch.setattr(positions, "SQL", {**positions.SQL, "reserved": newest})
    async with hansard.connect(path, providers=[]) as db:
        await _change(db, "ada")
        before = max(await _change(db, "bob"))
        delete = "DELETE FROM feed WHERE user_id = 'bob'"
        await db.storage.write("local", lambda tx: cast("Any", tx).run(delete, ()))
    async with hansard.connect(path, providers=[]) as db:
        given = await _change(db, "ada")
    assert (max(given) > before) is not plant


async def test_a_reader_of_a_trimmed_feed_goes_on_after_the_position_that_it_has(
    path: Path,
) -> None:
    async with hansard.connect(path, providers=[]) as db:
        seen = max(await _change(db, "ada"))
        await trim_feeds(db.storage, "local", now() + timedelta(days=1))
    async with hansard.connect(path, providers=[]) as db:
        await _change(db, "ada")
        later = await db.scope(user="ada").feed.read(after=seen)
    assert [entry.kind for entry in later] == ["conversation.created"]


@pytest.mark.parametrize("plant", [False, True])
async def test_no_position_is_given_again_after_a_reservation_was_undone(
    path: Path, monkeypatch: pytest.MonkeyPatch, plant: bool
) -> None:
    if plant:
        monkeypatch.setattr(Positions, "undo", lambda _: None)

    async with hansard.connect(path, providers=[]) as db:
        me = db.scope(user="ada")

        async def create_and_fail(tx: Any) -> None:
            await tx.publish(
                Change(user_id="ada", kind="project.created", subject_id="x", at=now())
            )
            raise errors.Conflict("no")

        with pytest.raises(errors.Conflict):
            await db.storage.write("local", create_and_fail)
        await me.conversations.create()
        given = [entry.position for entry in await me.feed.read()]
    assert (_reserved(path) >= max(given)) is not plant


async def test_a_position_is_reserved_once_for_many_entries(path: Path) -> None:
    async with hansard.connect(path, providers=[]) as db:
        first = max(await _change(db, "ada"))
        reserved = _reserved(path)
        last = max(await _change(db, "ada"))
    assert first < last <= reserved == _reserved(path)
    assert reserved <= first + RESERVE


def _reserved(path: Path) -> int:
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        return connection.execute("SELECT position FROM feed_reserved").get


async def _change(db: Database, user: str) -> list[int]:
    """Make a conversation, and return the positions of the user's entries."""
    await db.scope(user=user).conversations.create()
    return [entry.position for entry in await db.scope(user=user).feed.read()]
