"""What belongs to a user goes wherever the user goes: everything out, everything back; settings; and statistics."""

from __future__ import annotations

from pathlib import Path

import pytest

import hansard
from hansard import Database, Services
from hansard.errors import VersionConflict

pytestmark = pytest.mark.anyio


async def test_everything_goes_out_and_comes_back_equal(db: Database, ada: Services) -> None:
    talk = await ada.conversations.create(title="Rome", tags=["travel"])
    await ada.messages.append(talk.id, [hansard.user("Where do I sleep?")])
    lines = [line async for line in ada.transfer.export()]
    elsewhere = db.scope(tenant="globex", user="ada")
    report = await elsewhere.transfer.import_lines(lines)
    assert report.added == {"user": 1, "tag": 1, "conversation": 1, "branch": 1, "message": 1}
    again = [line async for line in elsewhere.transfer.export()]
    assert again[1:] == lines[1:], "the first line says when it was written"


async def test_a_setting_changes_only_for_who_saw_the_last_one(ada: Services) -> None:
    await ada.settings.set("theme", {"dark": True})
    await ada.settings.set("theme", {"dark": False}, version=1)
    with pytest.raises(VersionConflict):
        await ada.settings.set("theme", {"dark": True}, version=1)
    assert (await ada.settings.get("theme")).value == {"dark": False}


async def test_statistics_are_counted_as_things_happen(ada: Services) -> None:
    talk = await ada.conversations.create()
    await ada.messages.append(talk.id, [hansard.user("Where do I sleep?")])
    stats = await ada.statistics.get()
    assert (stats.conversations, stats.messages, stats.words) == (1, 1, 4)


async def test_the_feed_tells_what_changed_since(ada: Services) -> None:
    talk = await ada.conversations.create()
    [created] = await ada.feed.read()
    await ada.messages.append(talk.id, [hansard.user("Hello")])
    [entry] = await ada.feed.read(after=created.position)
    assert (created.kind, entry.kind) == ("conversation.created", "message.created")


def test_scripts_and_notebooks_need_no_event_loop(tmp_path: Path) -> None:
    with hansard.connect(tmp_path / "chats.db") as db:
        me = db.scope()
        talk = me.conversations.create(title="Rome")
        me.messages.append(talk.id, [hansard.user("Where do I sleep?")])
        assert [hit.message.text for hit in me.search.messages("sleep")] == ["Where do I sleep?"]
