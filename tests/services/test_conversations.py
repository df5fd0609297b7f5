from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hansard import Database, Services
from hansard.errors import AlreadyExists, BadCursor, InvalidInput, NotFound, VersionConflict
from hansard.ids import new_id
from hansard.services.conversations.service import ConversationFilter
from services.conftest import Clock
from services.talks import say, talk

pytestmark = pytest.mark.anyio


async def _titles(services: Services, **wanted: Any) -> list[str]:
    page = await services.conversations.list(filter=ConversationFilter(**wanted))
    assert page.next is None
    return [c.title for c in page.items]


async def test_the_list_has_the_most_recently_active_first_page_by_page(ada: Services) -> None:
    talks = [await talk(ada, "hello", title=f"talk {i}") for i in range(7)]
    await say(ada, talks[2], "once more")
    pages: list[list[str]] = []
    cursor: str | None = None
    while True:
        page = await ada.conversations.list(limit=3, cursor=cursor)
        pages.append([c.title for c in page.items])
        cursor = page.next
        if cursor is None:
            break
    assert pages == [
        ["talk 2", "talk 6", "talk 5"],
        ["talk 4", "talk 3", "talk 1"],
        ["talk 0"],
    ]
    latest = await ada.conversations.latest()
    assert latest is not None
    assert latest.id == talks[2].id


async def test_what_becomes_active_meanwhile_is_neither_repeated_nor_lost_for_the_rest(
    ada: Services,
) -> None:
    talks = [await talk(ada, title=f"talk {i}") for i in range(4)]
    first = await ada.conversations.list(limit=2)
    await say(ada, talks[0], "suddenly")
    second = await ada.conversations.list(limit=2, cursor=first.next)
    assert [c.title for c in first.items + second.items] == ["talk 3", "talk 2", "talk 1"]


async def test_the_list_shows_the_last_message_and_how_many_there_are(ada: Services) -> None:
    made = await talk(ada, "one", "two  \n words")
    fork = await ada.branches.fork(made.id, at=(await ada.messages.read(made.id)).items[0].id)
    await say(ada, made, "three " * 100, branch=fork.id)
    [shown] = (await ada.conversations.list()).items
    assert shown.message_count == 3
    assert shown.preview == ("three " * 100)[:160]
    assert shown.version == 1, "to say something is not to change the conversation"


async def test_filters(ada: Services, clock: Clock) -> None:
    project = await ada.projects.create("Italy")
    rome = await ada.conversations.create(
        title="Straße nach Rom", project_id=project.id, tags=["red", "big"]
    )
    later = clock.pass_time(hours=1)
    cafe = await ada.conversations.create(title="CAFÉ 100%", tags=["red"], pinned=True)
    await ada.conversations.update(cafe.id, archived=True)
    gone = await ada.conversations.create(title="gone")
    await ada.conversations.delete(gone.id)
    both = ["CAFÉ 100%", "Straße nach Rom"]
    assert await _titles(ada) == both
    for wanted, titles in [
        ({"project_id": project.id}, both[1:]),
        ({"project_id": project.id.upper()}, both[1:]),
        ({"project_id": new_id()}, []),
        ({"pinned": True}, both[:1]),
        ({"pinned": False}, both[1:]),
        ({"archived": True}, both[:1]),
        ({"archived": False}, both[1:]),
        ({"tag": "red"}, both),
        ({"tag": "big"}, both[1:]),
        ({"tag": "re"}, []),
        ({"q": "cafe"}, both[:1]),
        ({"q": "STRASSE"}, both[1:]),
        ({"q": "0%"}, both[:1]),
        ({"q": "%"}, both[:1]),
        ({"q": "_"}, []),
        ({"since": later}, both[:1]),
        ({"until": later}, both[1:]),
        ({"deleted": True}, ["gone"]),
        ({"tag": "red", "archived": True, "q": "é"}, both[:1]),
    ]:
        assert await _titles(ada, **wanted) == titles, wanted
    assert rome.tags == ("red", "big")


async def test_a_cursor_is_good_for_its_own_list_alone(ada: Services, bob: Services) -> None:
    for who in (ada, ada, bob, bob):
        await talk(who, title="a title")
    cursor = (await ada.conversations.list(limit=1)).next
    assert cursor is not None
    with pytest.raises(BadCursor) as refused:
        await ada.conversations.list(cursor=cursor, filter=ConversationFilter(archived=False))
    assert refused.value.pointer == "/cursor"
    await say(ada, await talk(ada), "title", "title", "title")
    with pytest.raises(BadCursor):
        await ada.search.page("title", cursor=cursor)
    hers = (await bob.conversations.list(cursor=cursor)).items
    assert {c.owner_id for c in hers} <= {"bob"}, "somebody else's cursor opens nothing"


async def test_a_forged_cursor_is_refused(ada: Services) -> None:
    await talk(ada)
    await talk(ada)
    cursor = (await ada.conversations.list(limit=1)).next
    assert cursor is not None
    mark = base64.urlsafe_b64decode(cursor + "==")[2:10].decode()
    some_id = "01890000-0000-7000-8000-000000000000"
    forged = [
        base64.urlsafe_b64encode(values.encode()).decode()
        for values in (
            "",
            "no JSON",
            "[]",
            f'["{mark}"]',
            f'["{mark}",1,2]',
            f'["{mark}","2026-01-01T00:00:00","{some_id}"]',
            f'["{mark}","2026-01-01T00:00:00Z","no id"]',
            f'["{mark}","2026-01-01T00:00:00Z","{some_id}",1]',
            f'["{mark}","9999-12-31T23:59:59-12:00","{some_id}"]',
        )
    ]
    for bad in (*forged, forged[-1] + "=", "é", cursor[:-3], "%%%"):
        with pytest.raises(BadCursor):
            await ada.conversations.list(cursor=bad)


async def test_a_page_has_1_to_500_items(ada: Services) -> None:
    for limit in (0, -1, 501, 10**30):
        with pytest.raises(InvalidInput) as refused:
            await ada.conversations.list(limit=limit)
        assert refused.value.pointer == "/limit"


async def test_creating_again_with_the_same_id_returns_what_is_there(
    ada: Services, bob: Services
) -> None:
    chosen = new_id()
    first = await ada.conversations.create(id=chosen.upper(), title="Rome", tags=["a"])
    assert first.id == chosen
    await say(ada, first, "hello")
    again = await ada.conversations.create(id=chosen, title="Rome", tags=["a"])
    assert (again.branch, again.created_at, again.message_count) == (
        first.branch,
        first.created_at,
        1,
    )
    for who, title in ((ada, "Paris"), (bob, "Rome")):
        with pytest.raises(AlreadyExists) as refused:
            await who.conversations.create(id=chosen, title=title, tags=["a"])
        assert refused.value.pointer == "/id"
    assert (await ada.statistics.get()).conversations == 1


async def test_a_change_may_insist_on_the_version_it_saw(ada: Services) -> None:
    made = await talk(ada, title="a")
    changed = await ada.conversations.update(made.id, version=1, title="b", pinned=True)
    assert (changed.version, changed.title, changed.pinned) == (2, "b", True)
    assert changed.updated_at > made.updated_at
    with pytest.raises(VersionConflict) as refused:
        await ada.conversations.update(made.id, version=1, title="c")
    assert refused.value.details == {"version": 2}
    await ada.conversations.update(made.id, title="d")
    shown = await ada.conversations.get(made.id)
    assert (shown.version, shown.title) == (3, "d")


async def test_a_version_that_cannot_be_has_moved(ada: Services) -> None:
    made = await talk(ada, title="a")
    for version in (0, -1, 2**63, 10**30):
        with pytest.raises(VersionConflict):
            await ada.conversations.update(made.id, version=version, title="c")


async def test_only_what_is_given_changes(ada: Services) -> None:
    made = await ada.conversations.create(
        title="a", system="Be kind.", model="p/m", tags=["x"], metadata={"k": [1, None]}
    )
    await ada.conversations.update(made.id, title="b")
    await ada.conversations.update(made.id, model=None)
    shown = await ada.conversations.get(made.id)
    assert (shown.title, shown.model, shown.system) == ("b", None, "Be kind.")
    assert (shown.tags, shown.metadata) == (("x",), {"k": [1, None]})


async def test_a_conversation_is_found_by_id_or_by_title(ada: Services) -> None:
    rome, _ = await talk(ada, title="Trip to Rome"), await talk(ada, title="Trip to Oslo")
    both = await talk(ada, title="Rome")
    assert (await ada.conversations.find(rome.id.upper())).id == rome.id
    assert (await ada.conversations.find("trip to ROME")).id == rome.id
    assert (await ada.conversations.find("róme")).id == both.id, "an exact title goes first"
    assert (await ada.conversations.find("oslo")).title == "Trip to Oslo"
    await talk(ada, title="Twice")
    newest = await talk(ada, title="Twice")
    for wanted, told in (
        ("twice", f"titled 'twice'.*the newest is {newest.id}"),
        ("Trip", "Several conversations are titled"),
        ("", "Several conversations are titled"),
        ("Paris", "No conversation is titled"),
        (new_id(), "no such conversation"),
    ):
        with pytest.raises(NotFound, match=told):
            await ada.conversations.find(wanted)


async def test_a_foreign_conversation_looks_like_a_missing_one(
    ada: Services, bob: Services, eve: Services
) -> None:
    made = await talk(ada, "secret")
    message = (await ada.messages.read(made.id)).items[0].id

    def calls(who: Services, id: str) -> list[Any]:  # noqa: A002
        return [
            who.conversations.get(id),
            who.conversations.get(id, deleted=True),
            who.conversations.update(id, title="mine"),
            who.conversations.delete(id),
            who.conversations.restore(id),
            who.conversations.purge(id),
            who.messages.read(id),
            who.messages.get(id, message),
            who.messages.edit(id, message, "other"),
            who.messages.delete(id, message),
            who.branches.list(id),
            who.branches.current(id),
            who.branches.fork(id, at=message),
            who.branches.switch(id, made.branch),
            who.branches.merge(id, source=made.branch),
            who.ratings.rate(id, message, 1),
            who.ratings.list(id),
            who.runs.list(id),
            who.chat.send(id, "hello", model="echo/echo"),
            who.chat.send(id, "hello"),
            who.chat.answer(id, model="echo/echo"),
            who.chat.retry(id, message),
            who.chat.dialogue(id, ["echo/echo", "echo/echo"]),
        ]

    async def told(call: Any) -> Any:
        with pytest.raises(NotFound) as refused:
            await call
        return refused.value.message, refused.value.pointer, refused.value.details

    missing = [await told(call) for call in calls(ada, new_id())]
    for who, asked in ((bob, made.id), (eve, made.id), (ada, "no id"), (eve, made.branch)):
        assert [await told(call) for call in calls(who, asked)] == missing
    assert (await ada.conversations.get(made.id)).version == 1


async def test_a_parent_of_ones_own_opens_no_foreign_child(ada: Services, bob: Services) -> None:
    made = await talk(ada, "secret")
    message = (await ada.messages.read(made.id)).items[0].id
    mine = await talk(bob, "my own")
    own = (await bob.messages.read(mine.id)).items[0].id
    calls: list[Any] = [
        bob.messages.get(mine.id, message),
        bob.messages.read(mine.id, around=message),
        bob.messages.read(mine.id, branch=made.branch),
        say(bob, mine, "hello", branch=made.branch),
        bob.branches.fork(mine.id, at=message),
        bob.branches.switch(mine.id, made.branch),
        bob.branches.merge(mine.id, source=made.branch),
        bob.branches.merge(mine.id, source=made.branch, source_conversation=made.id),
        bob.branches.siblings(mine.id, message),
        bob.messages.edit(mine.id, message, "other"),
        bob.messages.delete(mine.id, message),
        bob.ratings.rate(mine.id, message, 1),
        bob.chat.retry(mine.id, message),
        bob.conversations.update(mine.id, project_id=(await ada.projects.create("p")).id),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            await call
    assert (await bob.messages.get(mine.id, own)).text == "my own"


async def test_a_creation_may_be_in_the_past(db: Database, ada: Services) -> None:
    then = datetime(2020, 5, 5, 5, 5, 5, 123456, tzinfo=UTC)
    made = await ada.conversations.create(created_at=then + timedelta(0))
    assert (await ada.conversations.get(made.id)).active_at == then
    assert db.clock().year == 2026
