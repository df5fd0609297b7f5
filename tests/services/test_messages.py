from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import pytest

import hansard
from hansard import Services
from hansard.errors import AlreadyExists, HeadConflict, InvalidInput, NotFound
from hansard.ids import new_id
from hansard.model.parts import Data, Error, Reasoning, Text, ToolCall, ToolResult
from services.conftest import Clock
from services.talks import path, said, say, talk, texts

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


async def test_a_conversation_is_read_from_its_end_in_pages(ada: Services) -> None:
    made = await talk(ada, *"abcdefg")
    page = await ada.messages.read(made.id, last=3)
    assert texts(page.items) == ["e", "f", "g"]
    assert page.after is None
    page = await ada.messages.read(made.id, before=page.before, limit=3)
    assert texts(page.items) == ["b", "c", "d"]
    earliest = await ada.messages.read(made.id, before=page.before, limit=3)
    assert (texts(earliest.items), earliest.before) == (["a"], None)
    later = await ada.messages.read(made.id, after=earliest.after, limit=3)
    assert texts(later.items) == ["b", "c", "d"]
    assert texts((await ada.messages.read(made.id)).items) == list("abcdefg")


async def test_a_page_around_a_message_has_it_in_the_middle(ada: Services) -> None:
    made = await talk(ada, *"abcdefg")
    everything = await path(ada, made)
    for text, expected in {"d": "bcdef", "a": "abcde", "g": "efg"}.items():
        wanted = next(m for m in everything if m.text == text)
        page = await ada.messages.read(made.id, around=wanted.id.upper(), limit=5)
        assert "".join(texts(page.items)) == expected
        assert (page.before is None) == (expected[0] == "a")
        assert (page.after is None) == (expected[-1] == "g")


async def test_around_a_message_on_another_branch_shows_that_branch(ada: Services) -> None:
    made = await talk(ada, *"abc")
    a, b, c = await path(ada, made)
    fork = await ada.branches.fork(made.id, at=a.id)
    [x, y] = await say(ada, made, "x", "y", branch=fork.id)
    assert texts((await ada.messages.read(made.id, around=y.id)).items) == ["a", "x", "y"]
    assert texts((await ada.messages.read(made.id, around=a.id)).items) == ["a", "b", "c"]
    for refused in (
        ada.messages.read(made.id, around=x.id, branch=made.branch),
        ada.messages.read(made.id, before=x.id),
        ada.messages.read(made.id, after=c.id, branch=fork.id),
        ada.messages.read(made.id, after=b.id, branch=fork.id),
    ):
        with pytest.raises(NotFound):
            await refused


async def test_an_empty_conversation_is_an_empty_page(ada: Services) -> None:
    made = await talk(ada)
    page = await ada.messages.read(made.id)
    assert (page.items, page.before, page.after) == ([], None, None)
    assert await said(ada, made) == []


async def test_one_way_to_read_at_a_time(ada: Services) -> None:
    made = await talk(ada, "a")
    [a] = await path(ada, made)
    with pytest.raises(InvalidInput):
        await ada.messages.read(made.id, last=3, around=a.id)
    for size in (0, -1, 501):
        with pytest.raises(InvalidInput) as refused:
            await ada.messages.read(made.id, last=size)
        assert refused.value.pointer == "/last"
    assert (await ada.messages.read(made.id, first=3)).items == [a]
    with pytest.raises(InvalidInput) as refused:
        await ada.messages.read(made.id, first=0)
    assert refused.value.pointer == "/first"


async def test_all_of_a_long_path_is_read_page_by_page(ada: Services) -> None:
    made = await talk(ada, *(str(i) for i in range(450)))
    at = (await ada.messages.read(made.id, last=100)).items[0]
    fork = await ada.branches.fork(made.id, at=at.id)
    await say(ada, made, "end", branch=fork.id)
    assert await said(ada, made, fork.id) == [*map(str, range(351)), "end"]


async def test_several_messages_are_one_step(ada: Services) -> None:
    made = await talk(ada)
    with pytest.raises(InvalidInput) as refused:
        await ada.messages.append(made.id, [hansard.user("good"), hansard.user("bad \0")])
    assert refused.value.pointer == "/messages/1/content/0/text"
    chosen = new_id()
    with pytest.raises(InvalidInput):
        await ada.messages.append(
            made.id, [hansard.user("a", id=chosen), hansard.user("a", id=chosen.upper())]
        )
    assert await said(ada, made) == []
    placed = await ada.messages.append(made.id, [hansard.user("a"), hansard.assistant("b")])
    assert [(m.seq, m.role, m.parent_id) for m in placed] == [
        (0, "user", None),
        (1, "assistant", placed[0].id),
    ]


async def test_every_kind_of_part_comes_back_as_it_was_said(ada: Services) -> None:
    parts = [
        Reasoning("hm", signature="sig"),
        Text("née “Ü” \u2028 🦉"),
        ToolCall("c1", "look", {"at": [1, 2.5, None, {"x": 10**39}]}),
        ToolResult("c1", ["sky"], is_error=True),
        Data({"": {"deep": [[]]}}, name="citation"),
        Error("provider-error", "went away"),
    ]
    then = datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    draft = hansard.assistant(
        parts=parts,
        model="p/m",
        finish="stop",
        tokens_in=3,
        tokens_out=2**53 - 1,
        metadata={"a": {"b": [True, 0.1, "☃"]}},
        created_at=then,
    )
    made = await talk(ada)
    [placed] = await ada.messages.append(made.id, [draft])
    stored = await ada.messages.get(made.id, placed.id.upper())
    assert stored == placed
    assert stored.parts == tuple(parts)
    assert (stored.created_at, stored.tokens_out) == (then, 2**53 - 1)
    assert stored.metadata == {"a": {"b": [True, 0.1, "☃"]}}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"role": "foo"}, "/role"),
        ({"role": ["user"]}, "/role"),
        ({"content": 5}, "/content/0/text"),
        ({"content": None, "parts": 5}, "/parts"),
        (
            {"content": None, "parts": [ToolResult("c", 1, cast("bool", "yes"))]},
            "/parts/0/is_error",
        ),
        ({"content": None, "parts": [Reasoning("x", "\ud800")]}, "/parts/0/signature"),
        ({"id": 5}, "/id"),
        ({"model": 5}, "/model"),
        ({"finish": "zzz"}, "/finish"),
        ({"finish": ""}, "/finish"),
        ({"tokens_in": 1.5}, "/tokens_in"),
        ({"tokens_out": True}, "/tokens_out"),
        ({"metadata": [1]}, "/metadata"),
        ({"created_at": "yesterday"}, "/created_at"),
        ({"created_at": datetime(2200, 12, 31, 23, tzinfo=timezone(-14 * HOUR))}, "/created_at"),
    ],
)
async def test_a_draft_is_refused_where_it_is_wrong(
    ada: Services, fields: dict[str, Any], pointer: str
) -> None:
    made = await talk(ada)
    whole: dict[str, Any] = {"role": "assistant", "content": "x", **fields}
    wrong = hansard.Draft(**whole)
    with pytest.raises(InvalidInput) as refused:
        await ada.messages.append(made.id, [hansard.user("fine"), wrong])
    assert refused.value.pointer == f"/messages/1{pointer}"
    assert await said(ada, made) == []


async def test_an_append_is_refused_that_says_nothing_known_of_the_head(ada: Services) -> None:
    made = await talk(ada, "one")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"expect_head": None, "on_conflict": "zzz"}, "/on_conflict"),
        ({"expect_head": 5}, "/expect_head"),
    ]
    for how, pointer in wrong:
        with pytest.raises(InvalidInput) as refused:
            await ada.messages.append(made.id, [hansard.user("two")], **how)
        assert refused.value.pointer == pointer
    assert await said(ada, made) == ["one"]


async def test_the_same_append_again_is_harmless(ada: Services, clock: Clock) -> None:
    made = await talk(ada)
    drafts = [
        hansard.user("hello", id=new_id(), metadata={"n": 1}),
        hansard.assistant("ok", id=new_id()),
    ]
    first = await ada.messages.append(made.id, drafts, expect_head=None)
    await say(ada, made, "and more")
    clock.pass_time(days=1)
    assert await ada.messages.append(made.id, drafts, expect_head=None) == first
    assert await said(ada, made) == ["hello", "ok", "and more"]
    assert (await ada.statistics.get()).messages == 3
    kinds = [entry.kind for entry in await ada.feed.read()]
    assert kinds == ["conversation.created", "message.created", "message.created"]


@pytest.mark.parametrize(
    "other",
    [
        lambda d: [hansard.user("other", id=d.id)],
        lambda d: [hansard.assistant("hello", id=d.id)],
        lambda d: [hansard.user("hello", id=d.id, metadata={"a": 1})],
        lambda d: [hansard.user("hello", id=d.id), hansard.user("new")],
        lambda d: [hansard.user("new"), hansard.user("hello", id=d.id)],
    ],
    ids=["text", "role", "metadata", "one more", "one before"],
)
async def test_an_id_stands_for_one_content(
    ada: Services, other: Callable[[Any], list[hansard.Draft]]
) -> None:
    made = await talk(ada)
    draft = hansard.user("hello", id=new_id())
    await ada.messages.append(made.id, [draft])
    with pytest.raises(AlreadyExists):
        await ada.messages.append(made.id, other(draft))
    assert await said(ada, made) == ["hello"]


async def test_what_a_writer_does_not_know_of_is_its_choice(ada: Services) -> None:
    made = await talk(ada, "one")
    [one] = await path(ada, made)
    await say(ada, made, "two")
    late = [hansard.user("late")]
    with pytest.raises(HeadConflict) as told:
        await ada.messages.append(made.id, late, expect_head=one.id)
    head = (await ada.branches.current(made.id)).head_id
    assert told.value.details == {"head": head, "branch": made.branch}
    [after] = await ada.messages.append(made.id, late, expect_head=one.id, on_conflict="append")
    assert (after.seq, after.branch) == (2, made.branch)
    [forked] = await ada.messages.append(made.id, late, expect_head=one.id, on_conflict="fork")
    assert (forked.seq, forked.parent_id) == (1, one.id)
    assert await said(ada, made, forked.branch) == ["one", "late"]
    assert await said(ada, made) == ["one", "two", "late"]
    [second] = await ada.messages.append(made.id, late, expect_head=after.id.upper())
    assert second.seq == 3


async def test_an_expected_head_from_elsewhere_is_refused(ada: Services, bob: Services) -> None:
    made, other = await talk(ada, "one"), await talk(bob, "secret")
    foreign = (await path(bob, other))[0].id
    for head in (foreign, new_id()):
        for how, error in (("error", HeadConflict), ("fork", NotFound)):
            with pytest.raises(error):
                await ada.messages.append(
                    made.id,
                    [hansard.user("x")],
                    expect_head=head,
                    on_conflict=how,  # pyright: ignore[reportArgumentType]
                )
    with pytest.raises(InvalidInput) as refused:
        await ada.messages.append(made.id, [hansard.user("x")], expect_head="no id")
    assert refused.value.pointer == "/expect_head"
    assert await said(ada, made) == ["one"]


async def test_an_edit_is_said_on_a_branch_of_its_own(ada: Services) -> None:
    made = await talk(ada, *"abc")
    a, b, _ = await path(ada, made)
    edited = await ada.messages.edit(made.id, b.id, "B")
    assert (edited.seq, edited.parent_id, edited.role) == (1, a.id, b.role)
    assert await said(ada, made) == ["a", "B"], "the user is on the new branch"
    assert await said(ada, made, made.branch) == ["a", "b", "c"]
    first = await ada.messages.edit(made.id, a.id, parts=[Text("A")])
    assert (first.seq, first.parent_id) == (0, None)
    assert await said(ada, made) == ["A"]


async def test_an_edit_sent_twice_is_one_edit(ada: Services) -> None:
    made = await talk(ada, "a")
    [a] = await path(ada, made)
    chosen = new_id()
    first = await ada.messages.edit(made.id, a.id, "b", id=chosen)
    assert await ada.messages.edit(made.id, a.id, "b", id=chosen) == first
    assert len(await ada.branches.list(made.id)) == 2
    with pytest.raises(AlreadyExists):
        await ada.messages.edit(made.id, a.id, "c", id=chosen)


async def test_a_rating_takes_the_place_of_the_last(ada: Services) -> None:
    made = await talk(ada, "a", "b")
    a, b = await path(ada, made)
    await ada.ratings.rate(made.id, a.id, 1, "good")
    await ada.ratings.rate(made.id, b.id, -1)
    changed = await ada.ratings.rate(made.id, a.id, 0)
    assert changed.version == 2
    rated = [(r.message_id, r.value, r.note) for r in await ada.ratings.list(made.id)]
    assert rated == [(a.id, 0, ""), (b.id, -1, "")]
    with pytest.raises(InvalidInput) as refused:
        await ada.ratings.rate(made.id, a.id, 2)
    assert refused.value.pointer == "/value"
