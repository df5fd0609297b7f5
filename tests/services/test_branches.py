from __future__ import annotations

import pytest

import hansard
from hansard import Database, Services
from hansard.errors import AlreadyExists, Conflict, InvalidInput, NotFound
from hansard.ids import new_id
from hansard.storage import verification
from services.making import answer, artifacts, fenced
from services.talks import found, path, said, say, talk, texts

pytestmark = pytest.mark.anyio


async def test_a_fork_shares_what_came_before_and_copies_nothing(ada: Services) -> None:
    made = await talk(ada, *"abc")
    messages = await path(ada, made)
    fork = await ada.branches.fork(made.id, at=messages[1].id, name="what if")
    assert (fork.name, fork.head_seq, fork.head_id) == ("what if", 1, messages[1].id)
    assert await path(ada, made, fork.id) == messages[:2]
    await say(ada, made, "x", branch=fork.id)
    assert await said(ada, made, fork.id) == ["a", "b", "x"]
    assert await said(ada, made) == ["a", "b", "c"]
    assert (await ada.conversations.get(made.id)).message_count == 4


async def test_forks_of_forks_of_forks(ada: Services) -> None:
    made = await talk(ada, *"abcd")
    branch, expected = made.branch, list("abcd")
    for depth in range(8):
        messages = await path(ada, made, branch)
        fork = await ada.branches.fork(made.id, at=messages[-2].id)
        expected = [*expected[:-1], f"x{depth}", f"y{depth}"]
        await say(ada, made, *expected[-2:], branch=fork.id)
        branch = fork.id
        assert await said(ada, made, branch) == expected
    leaf = await path(ada, made, branch)
    assert [m.seq for m in leaf] == list(range(len(leaf)))
    assert [m.parent_id for m in leaf] == [None, *(m.id for m in leaf[:-1])]
    middle = await ada.messages.read(made.id, around=leaf[5].id, limit=4, branch=branch)
    assert texts(middle.items) == expected[3:7]


async def test_a_fork_where_another_branch_ended_owns_nothing_of_it(ada: Services) -> None:
    made = await talk(ada, *"ab")
    first = await ada.branches.fork(made.id, at=(await path(ada, made))[0].id)
    at_shared = await ada.branches.fork(made.id, at=(await path(ada, made, first.id))[0].id)
    await say(ada, made, "x", branch=first.id)
    assert await said(ada, made, at_shared.id) == ["a"]


async def test_siblings_are_what_follows_the_same_message(ada: Services) -> None:
    made = await talk(ada, *"abc")
    a, b, c = await path(ada, made)
    edited = await ada.messages.edit(made.id, b.id, "B")
    again = await ada.messages.edit(made.id, edited.id, "β")
    for message in (b, edited, again):
        assert texts(await ada.branches.siblings(made.id, message.id)) == ["b", "B", "β"]
    assert texts(await ada.branches.siblings(made.id, c.id)) == ["c"]
    first = await ada.messages.edit(made.id, a.id, "A")
    assert texts(await ada.branches.siblings(made.id, first.id)) == ["a", "A"]


async def test_what_is_in_the_trash_is_no_sibling(ada: Services) -> None:
    made = await talk(ada, *"ab")
    _, b = await path(ada, made)
    edited = await ada.messages.edit(made.id, b.id, "B")
    await ada.messages.delete(made.id, edited.id)
    assert texts(await ada.branches.siblings(made.id, b.id)) == ["b"]


async def test_the_branch_one_is_on_is_remembered(ada: Services) -> None:
    made = await talk(ada, *"ab")
    a, _ = await path(ada, made)
    fork = await ada.branches.fork(made.id, at=a.id)
    assert (await ada.branches.current(made.id)).id == made.branch, "to fork is not to go there"
    await ada.branches.switch(made.id, fork.id.upper())
    await say(ada, made, "x")
    assert await said(ada, made) == ["a", "x"]
    other = await ada.branches.fork(made.id, at=a.id, switch=True)
    assert (await ada.branches.current(made.id)).id == other.id
    await ada.branches.switch(made.id, made.branch)
    assert await said(ada, made) == ["a", "b"]


async def test_branches_are_listed_and_named(ada: Services) -> None:
    made = await talk(ada, "a")
    [a] = await path(ada, made)
    await ada.branches.fork(made.id, at=a.id)
    fork = await ada.branches.fork(made.id, at=a.id, name="ideas")
    renamed = await ada.branches.rename(made.id, fork.id, "Ideen für später")
    assert renamed.version == 2
    names = [branch.name for branch in await ada.branches.list(made.id)]
    assert names == ["main", "branch 2", "Ideen für später"]
    with pytest.raises(InvalidInput) as refused:
        await ada.branches.rename(made.id, fork.id, "\0")
    assert refused.value.pointer == "/name"


async def test_the_same_fork_again_is_the_branch_that_is_there(
    ada: Services, bob: Services
) -> None:
    made = await talk(ada, "a", "b")
    a, b = await path(ada, made)
    chosen = new_id()
    fork = await ada.branches.fork(made.id, at=a.id, name="ideas", id=chosen.upper())
    assert fork.id == chosen
    await say(ada, made, "x", branch=chosen)
    again = await ada.branches.fork(made.id, at=a.id, name="ideas", id=chosen)
    assert (again.id, again.created_at, again.head_seq) == (chosen, fork.created_at, 1)
    assert len(await ada.branches.list(made.id)) == 2
    hers = await talk(bob, "hers")
    for who, where, at, name, taken in (
        (ada, made, b, "ideas", chosen),
        (ada, made, a, "other", chosen),
        (ada, made, a, "", made.branch),
        (bob, hers, (await path(bob, hers))[0], "ideas", chosen),
    ):
        with pytest.raises(AlreadyExists) as refused:
            await who.branches.fork(where.id, at=at.id, name=name, id=taken)
        assert refused.value.pointer == "/id"


async def test_a_branchs_id_is_a_uuid(ada: Services) -> None:
    made = await talk(ada, "a")
    [a] = await path(ada, made)
    with pytest.raises(InvalidInput) as refused:
        await ada.branches.fork(made.id, at=a.id, id="mine")
    assert refused.value.pointer == "/id"


async def test_a_merge_says_again_what_the_other_branch_has(ada: Services) -> None:
    made = await talk(ada, *"abc")
    a, *_ = await path(ada, made)
    fork = await ada.branches.fork(made.id, at=a.id)
    x, y = await say(ada, made, "x", "y", branch=fork.id)
    copies = await ada.branches.merge(made.id, source=fork.id, into=made.branch)
    assert await said(ada, made) == ["a", "b", "c", "x", "y"]
    assert [(m.origin_id, m.created_at) for m in copies] == [
        (x.id, x.created_at),
        (y.id, y.created_at),
    ]
    assert {m.id for m in copies}.isdisjoint({x.id, y.id})
    assert await said(ada, made, fork.id) == ["a", "x", "y"], "the source stays as it is"


async def test_a_merge_again_brings_only_what_is_new(ada: Services) -> None:
    made = await talk(ada, *"ab")
    fork = await ada.branches.fork(made.id, at=(await path(ada, made))[0].id)
    await say(ada, made, "x", branch=fork.id)
    await ada.branches.merge(made.id, source=fork.id)
    assert await ada.branches.merge(made.id, source=fork.id) == []
    await say(ada, made, "y", branch=fork.id)
    assert texts(await ada.branches.merge(made.id, source=fork.id)) == ["y"]
    back = await ada.branches.merge(made.id, source=made.branch, into=fork.id)
    assert texts(back) == ["b"], "what came from here does not come back"
    assert await said(ada, made) == ["a", "b", "x", "y"]


async def test_conversations_merge_too(ada: Services) -> None:
    one, two = await talk(ada, "a", "b"), await talk(ada, "c", "d" * 3)
    copies = await ada.branches.merge(one.id, source=two.branch, source_conversation=two.id)
    assert await said(ada, one) == ["a", "b", "c", "ddd"]
    assert {m.conversation_id for m in copies} == {one.id}
    assert [m.origin_id for m in copies] == [m.id for m in await path(ada, two)]
    assert await said(ada, two) == ["c", "ddd"]
    hits = [hit.conversation.id async for hit in ada.search.messages("ddd")]
    assert sorted(hits) == sorted([one.id, two.id])


async def test_many_conversations_merge_into_a_new_one(ada: Services, db: Database) -> None:
    one, two, three = await talk(ada, "a", "b"), await talk(ada, "c"), await talk(ada)
    await answer(ada, two, fenced())
    await ada.messages.edit(one.id, (await path(ada, one))[1].id, "B")
    sources = await path(ada, two) + await path(ada, one)
    merged = await ada.conversations.merge([two.id, three.id, one.id.upper()], title="All")
    copies = await path(ada, merged)
    assert (merged.title, merged.message_count) == ("All", 4)
    assert [(m.origin_id, m.text, m.created_at) for m in copies] == [
        (m.id, m.text, m.created_at) for m in sources
    ]
    assert {m.id for m in copies}.isdisjoint({m.id for m in sources})
    assert await path(ada, two) + await path(ada, one) == sources, "the sources stay as they are"
    assert [a.conversation_id for a in await artifacts(ada)] == [merged.id, two.id]
    assert await ada.conversations.get(merged.id) == merged
    assert (await verification.verify(db.storage)).findings == []


async def test_a_merge_of_many_that_is_refused_makes_nothing(ada: Services, bob: Services) -> None:
    mine, others = await talk(ada, "a"), await talk(bob, "b")
    gone = await ada.conversations.delete((await talk(ada, "c")).id)
    for missing in (others.id, gone.id, new_id()):
        with pytest.raises(NotFound):
            await ada.conversations.merge([mine.id, missing])
    for wrong in ([], [mine.id] * 101):
        with pytest.raises(InvalidInput) as refused:
            await ada.conversations.merge(wrong)
        assert refused.value.pointer == "/ids"
    assert [c.id for c in (await ada.conversations.list()).items] == [mine.id]
    assert (await ada.conversations.merge([mine.id] * 100)).message_count == 100


async def test_a_branch_goes_to_the_trash_with_what_left_it(ada: Services) -> None:
    made = await talk(ada, *"ab")
    fork = await ada.branches.fork(made.id, at=(await path(ada, made))[0].id, switch=True)
    [x] = await say(ada, made, "x")
    deep = await ada.branches.fork(made.id, at=x.id, switch=True)
    await say(ada, made, "deep")
    trashed = await ada.branches.delete(made.id, fork.id)
    assert (trashed.branch, trashed.count) == (fork.id, 2)
    assert (await ada.branches.current(made.id)).id == made.branch, "one cannot stay on it"
    assert await found(ada, "x") | await found(ada, "deep") == set()
    assert {b.id for b in await ada.branches.list(made.id, deleted=True)} == {fork.id, deep.id}
    for refused in (
        ada.messages.read(made.id, branch=fork.id),
        ada.messages.append(made.id, [hansard.user("z")], branch=deep.id),
        ada.branches.switch(made.id, deep.id),
        ada.branches.fork(made.id, at=x.id),
        ada.messages.get(made.id, x.id),
    ):
        with pytest.raises(NotFound):
            await refused
    assert await ada.branches.restore(made.id, fork.id) == 2
    assert await said(ada, made, deep.id) == ["a", "x", "deep"]
    assert (await ada.conversations.get(made.id)).message_count == 4


async def test_the_main_branch_goes_only_with_its_conversation(ada: Services) -> None:
    made = await talk(ada, "a")
    with pytest.raises(Conflict):
        await ada.branches.delete(made.id, made.branch)
