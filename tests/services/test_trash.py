from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard import Database, Services, database
from hansard.errors import Conflict, NotFound
from hansard.ids import new_id
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message, Summary
from hansard.model.parts import Image, Text
from hansard.providers.base import TextDelta
from hansard.providers.echo import Echo, Scripted
from hansard.services.conversations import purge
from hansard.services.conversations.purge import release_uploads
from hansard.services.conversations.service import BATCH
from hansard.storage import verification
from hansard.storage.base import Transaction
from hansard.storage.query import Query
from services.conftest import Clock
from services.making import answer, artifacts, fenced
from services.talks import found, path, said, say, talk, texts

pytestmark = pytest.mark.anyio


async def test_a_message_goes_with_all_that_follows_from_it(ada: Services) -> None:
    made = await talk(ada, *"abcd")
    a, b, c, _ = await path(ada, made)
    before = await ada.branches.fork(made.id, at=a.id)
    await say(ada, made, "stays", branch=before.id)
    after = await ada.branches.fork(made.id, at=c.id)
    [x] = await say(ada, made, "goes", branch=after.id)
    deeper = await ada.branches.fork(made.id, at=x.id, switch=True)
    await say(ada, made, "goes too")
    trashed = await ada.messages.delete(made.id, b.id)
    assert trashed.count == 5
    assert await said(ada, made) == ["a"]
    assert await said(ada, made, before.id) == ["a", "stays"]
    assert {b.id for b in await ada.branches.list(made.id)} == {made.branch, before.id}
    assert (await ada.branches.current(made.id)).id == made.branch
    assert await found(ada, "goes") == set()
    shown = await ada.conversations.get(made.id)
    assert (shown.message_count, shown.preview) == (2, "a")
    assert deeper.id in {b.id for b in await ada.branches.list(made.id, deleted=True)}


async def test_the_trash_gives_everything_back_as_it_was(ada: Services) -> None:
    made = await talk(ada, *"abcd")
    _, b, c, _ = await path(ada, made)
    fork = await ada.branches.fork(made.id, at=c.id)
    await say(ada, made, "x", branch=fork.id)
    was = [await path(ada, made), await path(ada, made, fork.id)]
    branches = {b.id for b in await ada.branches.list(made.id)}
    trashed = await ada.messages.delete(made.id, b.id)
    assert await ada.branches.restore(made.id, trashed.branch) == 4
    assert [await path(ada, made), await path(ada, made, fork.id)] == was
    assert {b.id for b in await ada.branches.list(made.id)} == branches
    assert await ada.branches.list(made.id, deleted=True) == []
    shown = await ada.conversations.get(made.id)
    assert (shown.message_count, shown.preview) == (5, "d")
    await say(ada, made, "e")
    assert await said(ada, made) == list("abcde")


async def test_the_place_of_what_was_deleted_is_free(ada: Services) -> None:
    made = await talk(ada, *"ab")
    _, b = await path(ada, made)
    await ada.messages.delete(made.id, b.id)
    [other] = await say(ada, made, "B")
    assert other.seq == b.seq
    assert await said(ada, made) == ["a", "B"]


async def test_what_comes_back_when_something_else_was_said_has_a_branch_of_its_own(
    ada: Services,
) -> None:
    made = await talk(ada, *"abc")
    _, b, c = await path(ada, made)
    fork = await ada.branches.fork(made.id, at=c.id)
    await say(ada, made, "x", branch=fork.id)
    trashed = await ada.messages.delete(made.id, b.id)
    await say(ada, made, "B")
    await ada.branches.restore(made.id, trashed.branch)
    assert await said(ada, made) == ["a", "B"]
    assert await said(ada, made, trashed.branch) == ["a", "b", "c"]
    assert await said(ada, made, fork.id) == ["a", "b", "c", "x"]
    assert texts(await ada.branches.siblings(made.id, b.id)) == ["b", "B"]


async def test_what_followed_the_deleted_comes_back_after_it(ada: Services) -> None:
    made = await talk(ada, *"abcd")
    _, b, _, d = await path(ada, made)
    late = await ada.messages.delete(made.id, d.id)
    early = await ada.messages.delete(made.id, b.id)
    with pytest.raises(Conflict):
        await ada.branches.restore(made.id, late.branch)
    await ada.branches.restore(made.id, early.branch)
    assert await said(ada, made) == ["a", "b", "c"], "what went alone stays away"
    await ada.branches.restore(made.id, late.branch)
    assert await said(ada, made) == list("abcd")


async def test_the_first_message_goes_and_comes_back(ada: Services) -> None:
    made = await talk(ada, *"ab")
    trashed = await ada.messages.delete(made.id, (await path(ada, made))[0].id)
    shown = await ada.conversations.get(made.id)
    assert (shown.message_count, shown.preview) == (0, "")
    await ada.branches.restore(made.id, trashed.branch)
    assert await said(ada, made) == ["a", "b"]


async def everything(services: Services, made: Conversation) -> dict[str, list[Message]]:
    """The messages of each branch, by its id."""
    branches = await services.branches.list(made.id)
    return {branch.id: await path(services, made, branch.id) for branch in branches}


async def rooted(services: Services) -> Conversation:
    """A conversation that begins in three ways, with a fork, artifacts, and something in the trash."""
    made = await talk(services, *"abc")
    a, b, c = await path(services, made)
    fork = await services.branches.fork(made.id, at=b.id)
    await answer(services, made, fenced(), branch=fork.id)
    await services.messages.edit(made.id, a.id, "A")
    await say(services, made, "B")
    await services.messages.edit(made.id, a.id, "Å")
    await services.messages.delete(made.id, c.id)
    return made


async def check_that_all_is_in_order(db: Database) -> None:
    assert (await verification.verify(db.storage)).findings == []


async def test_all_messages_go_at_once_and_come_back(ada: Services, db: Database) -> None:
    made = await rooted(ada)
    was, count = await everything(ada, made), (await ada.conversations.get(made.id)).message_count
    assert (len(was), count) == (4, 6)
    trashed = await ada.messages.delete_all(made.id)
    assert trashed.count == count
    assert await everything(ada, made) == {made.branch: []}
    assert (await ada.branches.current(made.id)).id == made.branch
    shown = await ada.conversations.get(made.id)
    assert (shown.message_count, shown.preview) == (0, "")
    assert await found(ada, "a") | await found(ada, "B") == set()
    assert await artifacts(ada) == []
    await check_that_all_is_in_order(db)
    assert await ada.branches.restore(made.id, trashed.branch) == count
    assert await everything(ada, made) == was
    assert (await ada.conversations.get(made.id)).message_count == count
    assert len(await artifacts(ada)) == 1
    assert len(await ada.branches.list(made.id, deleted=True)) == 1, "what went alone stays away"
    await check_that_all_is_in_order(db)


async def test_all_messages_come_back_beside_what_was_said_since(
    ada: Services, db: Database
) -> None:
    made = await rooted(ada)
    was = await everything(ada, made)
    trashed = await ada.messages.delete_all(made.id)
    [new] = await say(ada, made, "new")
    assert new.seq == 0
    await ada.branches.restore(made.id, trashed.branch)
    ids = {branch: [m.id for m in ms] for branch, ms in (await everything(ada, made)).items()}
    assert ids.pop(made.branch) == [new.id]
    ids[made.branch] = ids.pop(trashed.branch)
    assert ids == {branch: [m.id for m in ms] for branch, ms in was.items()}
    assert texts(await ada.branches.siblings(made.id, new.id)) == ["a", "A", "Å", "new"]
    await check_that_all_is_in_order(db)


async def test_all_messages_go_when_the_main_branch_is_empty(ada: Services, db: Database) -> None:
    made = await rooted(ada)
    [a, *_] = await path(ada, made, made.branch)
    await ada.messages.delete(made.id, a.id)
    was = await everything(ada, made)
    trashed = await ada.messages.delete_all(made.id)
    assert trashed.count == 3
    assert await everything(ada, made) == {made.branch: []}
    await check_that_all_is_in_order(db)
    with pytest.raises(Conflict):
        await ada.messages.delete_all(made.id)
    assert await ada.branches.restore(made.id, trashed.branch) == 3
    assert await everything(ada, made) == was
    await check_that_all_is_in_order(db)


async def test_all_messages_are_purged_at_once(ada: Services, db: Database) -> None:
    made = await rooted(ada)
    [a, *_] = await path(ada, made, made.branch)
    early = await ada.messages.delete(made.id, a.id)
    trashed = await ada.messages.delete_all(made.id)
    await ada.branches.purge(made.id, trashed.branch)
    assert early.branch in {b.id for b in await ada.branches.list(made.id, deleted=True)}
    assert await ada.branches.restore(made.id, early.branch) == 3
    assert await said(ada, made) == ["a", "b"]
    await check_that_all_is_in_order(db)


async def test_all_messages_in_the_trash_are_exported_and_imported(
    ada: Services, eve: Services, db: Database
) -> None:
    made = await rooted(ada)
    was = [m.id for path in (await everything(ada, made)).values() for m in path]
    trashed = await ada.messages.delete_all(made.id)
    lines = [line async for line in ada.transfer.export(conversation_id=made.id)]
    await eve.transfer.import_lines(lines)
    await eve.branches.restore(made.id, trashed.branch)
    assert [m.id for path in (await everything(eve, made)).values() for m in path] == was
    await check_that_all_is_in_order(db)


async def test_only_the_owner_deletes_all_messages(ada: Services, bob: Services) -> None:
    made = await talk(ada, "a")
    with pytest.raises(NotFound):
        await bob.messages.delete_all(made.id)
    assert await said(ada, made) == ["a"]


async def test_the_feed_says_that_all_messages_went(ada: Services) -> None:
    made = await rooted(ada)
    [a, *_] = await path(ada, made, made.branch)
    end = await ada.feed.end()
    trashed = await ada.messages.delete_all(made.id)
    [entry] = await ada.feed.read(after=end)
    assert (entry.kind, entry.subject_id, entry.branch) == ("message.deleted", a.id, trashed.branch)
    assert (entry.seq, entry.count) == (0, trashed.count)


async def test_nothing_goes_on_from_what_is_in_the_trash(ada: Services) -> None:
    made = await talk(ada, *"ab")
    _, b = await path(ada, made)
    await ada.messages.delete(made.id, b.id)
    with pytest.raises(NotFound):
        await ada.messages.append(
            made.id, [hansard.user("c")], expect_head=b.id, on_conflict="fork"
        )
    assert [branch.id for branch in await ada.branches.list(made.id)] == [made.branch]


async def test_an_answer_to_a_prompt_that_was_deleted_meanwhile_does_not_bring_it_back(
    address: str, clock: Clock
) -> None:
    slow = Scripted([TextDelta("so"), 0.05, TextDelta(" slow")])
    async with hansard.connect(address, providers=[slow], clock=clock) as db:
        ada = db.scope("acme", "ada")
        made = await talk(ada)
        [run] = await ada.chat.send(made.id, "secret", model="scripted/one")
        assert run.prompt_id is not None
        await ada.messages.delete(made.id, run.prompt_id)
        assert (await ada.runs.wait(run.id)).status == "completed"
        assert [b.id for b in await ada.branches.list(made.id)] == [made.branch]
        assert await said(ada, made) == []
        assert await found(ada, "secret") | await found(ada, "slow") == set()


async def test_a_summary_goes_to_the_trash_with_what_it_is_of(ada: Services, db: Database) -> None:
    made = await talk(ada, *"abc")
    a, b, _ = await path(ada, made)
    summary = Summary(
        tenant_id="acme", id=new_id(), conversation_id=made.id, branch=made.branch, seq=1,
        text="of a and b", created_at=db.clock(), updated_at=db.clock(),
    )  # fmt: skip
    await db.storage.write("acme", lambda tx: tx.insert(summary))
    trashed = await ada.messages.delete(made.id, b.id)

    async def place() -> str | None:
        stored = await db.storage.read("acme", lambda tx: tx.get(Summary, summary.id))
        return stored.branch if stored else None

    assert await place() == trashed.branch
    await ada.branches.restore(made.id, trashed.branch)
    assert await place() == made.branch
    trashed = await ada.messages.delete(made.id, a.id)
    await ada.branches.purge(made.id, trashed.branch)
    assert await place() is None


async def test_a_conversation_goes_and_comes_back_as_it_was(ada: Services) -> None:
    made = await talk(ada, "tea", title="Rome")
    deleted = await ada.conversations.delete(made.id)
    assert deleted.deleted_at is not None
    for refused in (ada.conversations.get(made.id), ada.messages.read(made.id)):
        with pytest.raises(NotFound):
            await refused
    assert await found(ada, "tea") == set()
    assert (await ada.conversations.get(made.id, deleted=True)).title == "Rome"
    await ada.conversations.restore(made.id)
    assert await said(ada, made) == ["tea"]
    assert await found(ada, "tea") == {"tea"}
    with pytest.raises(NotFound):
        await ada.conversations.restore(made.id)


async def test_only_what_is_in_the_trash_is_purged(ada: Services) -> None:
    made = await talk(ada, "tea")
    for refused in (
        ada.conversations.purge(made.id),
        ada.branches.purge(made.id, made.branch),
        ada.branches.restore(made.id, made.branch),
    ):
        with pytest.raises(NotFound):
            await refused
    assert await said(ada, made) == ["tea"]


async def test_what_is_purged_is_gone_and_its_ids_are_free(ada: Services) -> None:
    made = await talk(ada)
    chosen = new_id()
    await ada.messages.append(made.id, [hansard.user("first", id=chosen)])
    await ada.ratings.rate(made.id, chosen, 1)
    trashed = await ada.messages.delete(made.id, chosen)
    await ada.branches.purge(made.id, trashed.branch)
    for again in (ada.branches.purge, ada.branches.restore):
        with pytest.raises(NotFound):
            await again(made.id, trashed.branch)
    assert await ada.ratings.list(made.id) == []
    stats = await ada.statistics.get()
    assert (stats.messages, stats.conversations) == (0, 1)
    [other] = await ada.messages.append(made.id, [hansard.user("other", id=chosen)])
    assert other.text == "other"
    await ada.conversations.delete(made.id)
    await ada.conversations.purge(made.id)
    assert (await ada.conversations.create(id=made.id, title="again")).title == "again"
    assert (await ada.statistics.get()).messages == 0


async def test_all_conversations_go_into_the_trash_and_out_of_it_for_good(
    ada: Services, bob: Services, eve: Services
) -> None:
    """More of them than one unit of work takes; and those of nobody else."""
    kept = [(who, await talk(who, "stays")) for who in (bob, eve)]
    trashed = await talk(bob, "stays too")
    await bob.conversations.delete(trashed.id)
    made = [await talk(ada, f"hello {n}") for n in range(BATCH + 1)]
    await ada.conversations.update(made[0].id, archived=True)
    await ada.conversations.create(temporary=True)
    before = await ada.feed.end()
    assert await ada.conversations.delete_all() == BATCH + 2
    assert (await ada.conversations.list()).items == []
    told = await ada.feed.read(after=before, limit=500)
    assert [entry.kind for entry in told] == ["conversation.deleted"] * (BATCH + 2)
    assert await ada.conversations.delete_all() == 0
    back = await ada.conversations.restore(made[1].id)
    assert await ada.conversations.purge_all() == BATCH + 1
    assert [c.id for c in (await ada.conversations.list()).items] == [back.id]
    assert (await ada.statistics.get()).messages == 1
    assert await ada.conversations.purge_all() == 0
    for who, conversation in kept:
        assert await said(who, conversation) == ["stays"]
    assert await said(bob, await bob.conversations.restore(trashed.id)) == ["stays too"]


async def test_a_purge_that_was_cut_off_is_finished_at_the_next_start(
    db: Database, ada: Services
) -> None:
    made, other = await talk(ada, "tea"), await talk(ada, "coffee", "more coffee")
    deep = await ada.messages.delete(other.id, (await path(ada, other))[1].id)

    async def cut_off(tx: Transaction) -> None:
        at: dict[str, Any] = {"state": "purging", "updated_at": db.clock()}
        await tx.update(Conversation, made.id, **at)
        await tx.update(Branch, deep.branch, **at)

    await db.storage.write("acme", cut_off)
    with pytest.raises(NotFound):
        await ada.conversations.restore(made.id)
    await db.tidy()
    assert (await ada.statistics.get()).messages == 1
    assert await db.storage.read("acme", lambda tx: tx.get(Conversation, made.id)) is None
    assert await db.storage.read("acme", lambda tx: tx.get(Branch, deep.branch)) is None


async def test_a_conversation_of_many_branches_is_purged_in_few_batches(
    db: Database, ada: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await talk(ada, "tea")
    [first] = await path(ada, made)
    for number in range(60):
        await ada.messages.edit(made.id, first.id, f"tea {number}")
    await ada.conversations.delete(made.id)
    units, write = [], db.storage.write

    async def counted(tenant: str, work: Any) -> Any:
        units.append(tenant)
        return await write(tenant, work)

    monkeypatch.setattr(db.storage, "write", counted)
    monkeypatch.setattr(purge, "BATCH", 40)
    await ada.conversations.purge(made.id)
    assert len(units) < 10
    assert (await ada.statistics.get()).messages == 0
    assert await db.storage.read("acme", lambda tx: tx.count(Query(Branch))) == 0


async def test_what_cannot_be_tidied_does_not_keep_the_record_shut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hansard.connect(tmp_path / "chats.db", providers=[]) as db:
        made = await talk(db.scope(), "tea")

    async def faulty(*_: Any, **__: Any) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(database, "finish_purges", faulty)
    async with hansard.connect(tmp_path / "chats.db", providers=[]) as db:
        assert (await db.scope().conversations.get(made.id)).message_count == 1


@pytest.mark.parametrize("what", ["message", "branch", "conversation"])
async def test_no_byte_of_what_was_purged_is_in_the_files(tmp_path: Path, what: str) -> None:
    secret = "Xylophonisten"
    scripted = Scripted([TextDelta(f"I keep {secret} safe")])
    file = tmp_path / "chats.db"
    plain = hansard.ChatOptions(auto_title=False)
    async with hansard.connect(file, providers=[scripted, Echo()], options=plain) as db:
        ada = db.scope()
        made = await ada.conversations.create(title="other" if what == "message" else secret)
        await say(ada, made, "before")
        blob = await ada.blobs.put(secret.encode() * 10, "text/plain")
        [run] = await ada.chat.send(
            made.id, parts=[Text(secret), Image(blob.id, "image/png")], model="scripted/one"
        )
        await ada.runs.wait(run.id)
        assert run.prompt_id is not None
        await ada.ratings.rate(made.id, run.prompt_id, 1, secret)
        if what == "branch":
            edited = await ada.messages.edit(made.id, run.prompt_id, f"{secret} edited")
            trashed = await ada.branches.delete(made.id, edited.branch)
            await ada.branches.purge(made.id, trashed.branch)
        assert secret.encode() in _bytes_of(file)
        if what == "conversation":
            await ada.conversations.delete(made.id)
            await ada.conversations.purge(made.id)
        else:
            trashed = await ada.messages.delete(made.id, run.prompt_id)
            await ada.branches.purge(made.id, trashed.branch)
            await ada.conversations.update(made.id, title="other")
        await _release_uploads(db)
        assert secret.encode() not in _bytes_of(file)
        assert secret.lower().encode() not in _bytes_of(file), "nor in the index"
    assert secret.encode() not in _bytes_of(file)


def _bytes_of(file: Path) -> bytes:
    return b"".join(found.read_bytes() for found in sorted(file.parent.iterdir()))


async def _release_uploads(db: Database) -> None:
    """What the daily upkeep does for uploads that nobody shows."""
    later = db.clock() + timedelta(days=1)
    for tenant in await db.storage.tenants():
        await db.storage.write(tenant, lambda tx: release_uploads(tx, later))
    await db.storage.erase()
