"""Artifacts: made, read, changed, compared, found, let go; and each their owner's alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from hansard import Database, Services
from hansard.errors import (
    AlreadyExists,
    BadCursor,
    Conflict,
    InvalidInput,
    NotFound,
    RevisionConflict,
    TooLarge,
)
from hansard.ids import new_id
from hansard.model.artifacts import Artifact, Content, Revision
from hansard.services.artifacts.validation import MAX_CONTENT, ArtifactFilter
from hansard.services.search import ArtifactSearchFilter
from hansard.storage.query import Query
from services.conftest import Clock
from services.making import answer, artifacts, fenced, kinds, said, titles
from services.talks import talk

pytestmark = pytest.mark.anyio


async def page(services: Services, content: str = "<p>hi</p>", **fields: Any) -> Artifact:
    given: dict[str, Any] = {"type": "html", "title": "A page", "language": "html", **fields}
    return await services.artifacts.create(content, **given)


async def test_an_artifact_is_made_and_read(ada: Services) -> None:
    made = await page(ada, "<p>ünï</p>", description="Says hi.", metadata={"n": 1})
    assert await ada.artifacts.get(made.id.upper()) == made
    assert (made.version, made.revision, made.size, made.media_type) == (1, 1, 12, "text/html")
    assert await ada.artifacts.read(made.id) == "<p>ünï</p>"
    first = await ada.artifacts.revision(made.id)
    assert (first.author, first.model, first.number, first.title) == ("ada", None, 1, "A page")
    assert await kinds(ada) == ["artifact.created"]


async def test_making_it_again_with_the_same_id_returns_what_is_there(
    ada: Services, bob: Services
) -> None:
    chosen = new_id()
    made = await page(ada, id=chosen)
    assert await page(ada, id=chosen) == made
    for who, fields in ((ada, {"title": "other"}), (ada, {"content": "other"}), (bob, {})):
        with pytest.raises(AlreadyExists) as refused:
            await page(who, id=chosen, **fields)
        assert refused.value.pointer == "/id"


async def test_an_edit_is_a_revision_with_its_author(ada: Services) -> None:
    made = await page(ada)
    edited = await ada.artifacts.update(
        made.id, content="<p>ho</p>", title="Ho", note="shorter", expect_revision=1
    )
    assert (edited.revision, edited.title, edited.version) == (2, "Ho", 2)
    assert await said(ada, edited) == ["<p>hi</p>", "<p>ho</p>"]
    second, first = (await ada.artifacts.revisions(made.id)).items
    assert (second.author, second.note, second.title) == ("ada", "shorter", "Ho")
    assert (first.title, first.number) == ("A page", 1)


async def test_a_writer_who_expects_another_revision_is_told_both(ada: Services) -> None:
    made = await page(ada)
    await ada.artifacts.update(made.id, content="two")
    for call in (
        ada.artifacts.update(made.id, content="mine", expect_revision=1),
        ada.artifacts.update(made.id, title="mine", expect_revision=1),
        ada.artifacts.restore_revision(made.id, 1, expect_revision=1),
    ):
        with pytest.raises(RevisionConflict) as refused:
            await call
        assert refused.value.details == {"revision": 2, "expected": 1}
        assert refused.value.pointer == "/expect_revision"
    assert await said(ada, made) == ["<p>hi</p>", "two"]


async def test_what_is_the_same_changes_nothing(ada: Services) -> None:
    made = await page(ada)
    same = await ada.artifacts.update(made.id, content="<p>hi</p>", title="A page")
    assert same == made
    named = await ada.artifacts.update(made.id, content="<p>hi</p>", title="Other")
    assert (named.revision, named.version, named.title) == (1, 2, "Other")
    assert await kinds(ada) == ["artifact.created", "artifact.updated"]


async def test_to_go_back_is_to_say_it_again(ada: Services) -> None:
    made = await page(ada, title="First")
    await ada.artifacts.update(made.id, content="two", title="Second")
    back = await ada.artifacts.restore_revision(made.id, 1, expect_revision=2)
    assert (back.revision, back.title) == (3, "First")
    assert await said(ada, made) == ["<p>hi</p>", "two", "<p>hi</p>"]
    third = await ada.artifacts.revision(made.id)
    assert (third.restored_from, third.author) == (1, "ada")


async def test_a_difference_is_told_by_line(ada: Services) -> None:
    made = await page(ada, "one\ntwo\nthree\n", file_name="list.txt")
    await ada.artifacts.update(made.id, content="one\n2\nthree\nfour\n")
    diff = await ada.artifacts.diff(made.id, 1)
    assert (diff.old, diff.new, diff.added, diff.removed) == (1, 2, 2, 1)
    assert diff.text.splitlines() == [
        "--- list.txt (revision 1)",
        "+++ list.txt (revision 2)",
        "@@ -1,4 +1,5 @@",
        " one",
        "-two",
        "+2",
        " three",
        "+four",
        " ",
    ]
    assert (await ada.artifacts.diff(made.id, 2, 2)).text == ""
    for old, new, pointer in ((9, 1, "/from"), (1, 9, "/to"), (0, 1, "/from")):
        with pytest.raises(NotFound) as refused:
            await ada.artifacts.diff(made.id, old, new)
        assert refused.value.pointer == pointer


async def test_lists_are_narrowed_and_read_in_pages(ada: Services, clock: Clock) -> None:
    trips = await ada.projects.create("Trips")
    here = await ada.conversations.create(project_id=trips.id)
    one = await page(ada, title="one", conversation_id=here.id)
    await page(ada, title="two", type="svg", language="svg")
    later = clock.pass_time(days=1)
    await page(ada, title="three", project_id=trips.id)
    await ada.artifacts.update(one.id, content="<p>new</p>")
    assert [each.title for each in await artifacts(ada)] == ["one", "three", "two"]
    for which, expected in (
        ({"conversation_id": here.id}, ["one"]),
        ({"project_id": trips.id}, ["one", "three"]),
        ({"type": "svg"}, ["two"]),
        ({"language": "HTML"}, ["one", "three"]),
        ({"since": later}, ["one", "three"]),
        ({"until": later}, ["two"]),
        ({"message_id": new_id()}, []),
        ({"collection_id": new_id()}, []),
        ({"deleted": True}, []),
    ):
        assert await titles(ada, **which) == expected, which
    first = await ada.artifacts.list(limit=2)
    rest = await ada.artifacts.list(limit=2, cursor=first.next)
    assert [each.title for each in (*first.items, *rest.items)] == ["one", "three", "two"]
    assert rest.next is None
    with pytest.raises(BadCursor):
        await ada.artifacts.list(cursor=first.next, filter=ArtifactFilter(type="svg"))


async def test_search_finds_what_artifacts_say_now(ada: Services, bob: Services) -> None:
    made = await page(ada, "<p>marmot</p>", title="Alps", description="Who lives there")
    other = await page(ada, "marmot " * 3, title="Marmots", type="text", language="")
    await page(bob, "marmot")
    hits = (await ada.search.artifacts("marmot*")).items
    assert {hit.artifact.id for hit in hits} == {made.id, other.id}
    [hit] = (await ada.search.artifacts("lives alps marmot")).items
    assert (hit.artifact, hit.snippet) == (made, "Alps\n\nWho lives there\n\n<p>marmot</p>")
    assert [hit.snippet[a:b] for a, b in hit.marks] == ["Alps", "lives", "marmot"]
    only = ArtifactSearchFilter(types=("text",))
    [hit] = (await ada.search.artifacts("marmot", filter=only)).items
    assert hit.artifact.id == other.id
    await ada.artifacts.update(made.id, content="<p>ibex</p>", description="")
    assert (await ada.search.artifacts("lives")).items == []
    assert len((await ada.search.artifacts("ibex alps")).items) == 1
    await ada.artifacts.delete(made.id)
    assert (await ada.search.artifacts("ibex")).items == []
    await ada.artifacts.restore(made.id)
    assert len((await ada.search.artifacts("ibex")).items) == 1


async def test_a_search_goes_on_where_its_page_ended(ada: Services) -> None:
    ids = {(await page(ada, f"marmot {i}")).id for i in range(5)}
    found: list[str] = []
    cursor = None
    while True:
        some = await ada.search.artifacts("marmot", limit=2, cursor=cursor)
        found += [hit.artifact.id for hit in some.items]
        cursor = some.next
        if cursor is None:
            break
    assert (len(found), set(found)) == (5, ids)


async def test_the_trash_keeps_an_artifact_until_it_is_purged(db: Database, ada: Services) -> None:
    made = await page(ada)
    gone = await ada.artifacts.delete(made.id)
    assert (await artifacts(ada), await titles(ada, deleted=True)) == ([], ["A page"])
    assert await ada.artifacts.get(made.id, deleted=True) == gone
    for call in (
        ada.artifacts.get(made.id),
        ada.artifacts.read(made.id),
        ada.artifacts.update(made.id, title="x"),
        ada.artifacts.delete(made.id),
    ):
        with pytest.raises(NotFound):
            await call
    back = await ada.artifacts.restore(made.id)
    assert (back.deleted_at, back.updated_at) == (None, made.updated_at)
    with pytest.raises(NotFound):
        await ada.artifacts.purge(made.id)
    await ada.artifacts.delete(made.id)
    await ada.artifacts.purge(made.id)
    assert await titles(ada, deleted=True) == []
    assert [await left(db, kind) for kind in (Artifact, Revision, Content)] == [0, 0, 0]
    told = ["created", "deleted", "restored", "deleted", "purged"]
    assert await kinds(ada) == [f"artifact.{what}" for what in told]


async def left(db: Database, kind: type[Any]) -> int:
    return await db.storage.read("acme", lambda tx: tx.count(Query(kind)))


async def test_a_content_is_kept_once_and_as_long_as_it_is_said(
    db: Database, ada: Services, bob: Services
) -> None:
    long = "marmot\n" * 10_000
    made, other = await page(ada, long), await page(bob, long)
    await ada.artifacts.update(made.id, content="short")
    await ada.artifacts.restore_revision(made.id, 1)
    assert await left(db, Content) == 2
    [kept] = await db.storage.read(
        "acme", lambda tx: tx.select(Query(Content).where(encoding="zlib"))
    )
    assert len(kept.data) < 1_000
    assert await ada.artifacts.read(made.id, 3) == long
    await ada.artifacts.delete(made.id)
    await ada.artifacts.purge(made.id)
    assert await left(db, Content) == 1
    assert await bob.artifacts.read(other.id) == long


async def test_a_foreign_artifact_looks_like_a_missing_one(
    ada: Services, bob: Services, eve: Services
) -> None:
    made = await page(ada)
    gone = await page(ada)
    await ada.artifacts.delete(gone.id)
    told: set[tuple[str, str | None]] = set()
    asked = [(bob, made.id), (eve, made.id), (bob, gone.id), (ada, new_id()), (ada, "no id")]
    for who, wanted in asked:
        calls: list[Awaitable[Any]] = [
            who.artifacts.get(wanted),
            who.artifacts.read(wanted),
            who.artifacts.revision(wanted),
            who.artifacts.revisions(wanted),
            who.artifacts.diff(wanted, 1),
            who.artifacts.update(wanted, title="mine"),
            who.artifacts.update(wanted, content="mine", expect_revision=7),
            who.artifacts.restore_revision(wanted, 1),
            who.artifacts.delete(wanted),
            who.artifacts.restore(wanted),
            who.artifacts.purge(wanted),
            who.artifacts.used(wanted, "opened"),
        ]
        for call in calls:
            with pytest.raises(NotFound) as refused:
                await call
            told.add((refused.value.message, refused.value.pointer))
    assert told == {("There is no such artifact.", None)}
    assert await ada.artifacts.get(made.id) == made


async def test_a_foreign_place_looks_like_a_missing_one(
    ada: Services, bob: Services, eve: Services
) -> None:
    here, trips = await talk(ada), await ada.projects.create("Trips")
    places = {"conversation_id": here.id, "project_id": trips.id}
    for field, foreign in places.items():
        told: set[tuple[str, str | None]] = set()
        for who, wanted in ((bob, foreign), (eve, foreign), (bob, new_id()), (bob, "no id")):
            with pytest.raises(NotFound) as refused:
                await page(who, **{field: wanted})
            told.add((refused.value.message, refused.value.pointer))
        assert len(told) == 1
    assert await titles(bob, conversation_id=here.id) == []
    assert await titles(bob, project_id=trips.id) == []


async def test_what_is_no_artifact_is_refused(ada: Services) -> None:
    made = await page(ada)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"content": ""}, "/content"),
        ({"content": "a\0b"}, "/content"),
        ({"content": "\ud800"}, "/content"),
        ({"title": "  "}, "/title"),
        ({"title": "x" * 501}, "/title"),
        ({"type": "film"}, "/type"),
        ({"media_type": "html"}, "/media_type"),
        ({"media_type": "text/ht\nml"}, "/media_type"),
        ({"language": "x" * 101}, "/language"),
        ({"description": "x" * 2_001}, "/description"),
        ({"metadata": {"a": float("nan")}}, "/metadata/a"),
        ({"note": "x" * 1_001}, "/note"),
    ]
    for given, pointer in wrong:
        for call in (page(ada, **given), ada.artifacts.update(made.id, **given)):
            with pytest.raises(InvalidInput) as refused:
                await call
            assert refused.value.pointer == pointer
    for size in (MAX_CONTENT + 1, MAX_CONTENT // 2 + 1):
        with pytest.raises(TooLarge):
            await page(ada, "é" * size)
    assert await ada.artifacts.get(made.id) == made
    here = await talk(ada)
    with pytest.raises(InvalidInput):
        await page(ada, conversation_id=here.id, project_id=new_id())


async def test_who_may_only_read_changes_nothing(db: Database, ada: Services) -> None:
    made = await page(ada)
    reader = db.scope("acme", "ada", rights=["read"])
    assert await reader.artifacts.read(made.id) == "<p>hi</p>"
    for call in (
        page(reader),
        reader.artifacts.update(made.id, title="x"),
        reader.artifacts.delete(made.id),
    ):
        with pytest.raises(Exception, match="right to write"):
            await call


async def test_writers_at_the_same_time_each_make_a_revision(ada: Services) -> None:
    made = await page(ada)
    edits = [ada.artifacts.update(made.id, content=f"edit {i}") for i in range(8)]
    await asyncio.gather(*edits)
    assert sorted(await said(ada, made)) == sorted(["<p>hi</p>", *(f"edit {i}" for i in range(8))])
    racing = [
        ada.artifacts.update(made.id, content=f"race {i}", expect_revision=9) for i in range(4)
    ]
    results = await asyncio.gather(*racing, return_exceptions=True)
    assert sum(isinstance(result, RevisionConflict) for result in results) == 3
    assert (await ada.artifacts.get(made.id)).revision == 10


async def test_time_of_change_orders_lists_and_not_time_of_restoring(
    ada: Services, clock: Clock
) -> None:
    first = await page(ada, title="first")
    clock.pass_time(days=1)
    await page(ada, title="second")
    await ada.artifacts.delete(first.id)
    await ada.artifacts.restore(first.id)
    assert [each.title for each in await artifacts(ada)] == ["second", "first"]
    with pytest.raises(Conflict):
        await ada.artifacts.update(first.id, title="x", expect_revision=2)


async def test_what_is_done_is_counted_by_day_type_and_language(
    ada: Services, bob: Services, clock: Clock
) -> None:
    await answer(ada, await talk(ada), fenced(), fenced("1\n" * 9))
    [tick] = await artifacts(ada)
    clock.pass_time(days=1)
    page = await ada.artifacts.create("<p>", type="html", title="Page", language="html")
    await ada.artifacts.restore_revision(tick.id, 1)
    await ada.shares.share(page.id, "bob")
    for use in ("opened", "copied"):
        await bob.artifacts.used(page.id, use)

    async def counted(**which: Any) -> list[tuple[Any, ...]]:
        return [
            (use.day, use.type, use.language, use.made, use.edited, use.opened + use.copied)
            for use in await ada.artifacts.uses(**which)
        ]

    assert await counted() == [
        ("2026-03-01", "code", "python", 1, 1, 0),
        ("2026-03-02", "code", "python", 0, 1, 0),
        ("2026-03-02", "html", "html", 1, 0, 2),
    ]
    assert await counted(by=["type"]) == [("", "code", "", 1, 2, 0), ("", "html", "", 1, 0, 2)]
    assert await counted(by=["language", "day"], since="2026-03-02") == [
        ("2026-03-02", "", "html", 1, 0, 2),
        ("2026-03-02", "", "python", 0, 1, 0),
    ]
    assert await counted(by=[], until="2026-03-01") == [("", "", "", 1, 1, 0)]
    assert await counted(since="2026-03-03") == []
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"by": ["moon"]}, "/by"),
        ({"since": "today"}, "/from"),
        ({"until": "2026-3-1"}, "/to"),
    ]
    for which, pointer in wrong:
        with pytest.raises(InvalidInput) as refused:
            await ada.artifacts.uses(**which)
        assert refused.value.pointer == pointer
