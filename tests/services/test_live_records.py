"""A live event carries the record, as the receiver may see it when the event is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import msgspec
import pytest

from hansard import Database, Services
from hansard.errors import PermissionDenied
from hansard.model.artifacts import Artifact
from hansard.model.conversations import Conversation
from hansard.model.events import Appended
from hansard.model.feed import FeedEntry
from hansard.model.users import Tenant
from hansard.services.artifacts.access import ArtifactService
from hansard.services.feed.kinds import RECORDS
from hansard.services.feed.records import MAX_BYTES, MAX_MESSAGES, Records
from hansard.storage.base import Reader
from services.talks import ask, path, say, talk

pytestmark = pytest.mark.anyio

UNSET = msgspec.UNSET


async def one_of_everything(who: Services) -> Conversation:
    """Publish an event of every noun; return the conversation."""
    made = await talk(who, "one", title="Trip to Rome")
    [first] = await path(who, made)
    fork = await who.branches.fork(made.id, at=first.id, switch=True)
    await who.branches.rename(made.id, fork.id, "again")
    await who.ratings.rate(made.id, first.id, 1)
    await ask(who, made, "two", model="echo/echo")
    await who.artifacts.create("x", type="text", title="x", conversation_id=made.id)
    await who.projects.create(name="Travel")
    await who.collections.create("Maps")
    await who.settings.set("theme", "dark")
    await who.users.update_me(name="Ada")
    await who.users.update_tenant(name="Acme")
    return made


async def carried(who: Services, entries: Sequence[FeedEntry]) -> list[Any]:
    """The record of each entry, each asked for alone."""
    return [(await who.feed.records([entry]))[0] for entry in entries]


async def test_an_event_carries_the_record_that_its_kind_declares(
    db: Database, ada: Services
) -> None:
    made = await one_of_everything(ada)
    await db.runner.settle()
    entries = await ada.feed.read()
    records = await carried(ada, entries)
    for entry, record in zip(entries, records, strict=True):
        assert type(record) is RECORDS[entry.kind], entry.kind
    by_kind = {entry.kind: record for entry, record in zip(entries, records, strict=True)}
    assert by_kind["conversation.created"] == await ada.conversations.get(made.id)
    assert by_kind["setting.updated"] == await ada.settings.get("theme")
    assert by_kind["run.completed"].status == "completed"
    branches = {branch.id: branch for branch in await ada.branches.list(made.id)}
    appended = by_kind["message.created"]
    assert appended.branch == branches[appended.branch.id]
    assert appended.conversation == await ada.conversations.get(made.id)
    assert appended.messages == (await path(ada, made))[-1:]


async def test_what_is_gone_or_in_the_trash_is_none(ada: Services) -> None:
    made = await one_of_everything(ada)
    entries = await ada.feed.read()
    await ada.conversations.delete(made.id)
    await ada.settings.delete("theme")
    for entry, record in zip(entries, await carried(ada, entries), strict=True):
        if entry.conversation_id is not None or entry.kind == "setting.updated":
            assert record is None, entry.kind
    await ada.conversations.purge(made.id)
    [deleted] = [e for e in await ada.feed.read() if e.kind == "conversation.purged"]
    assert await carried(ada, [deleted]) == [None]


async def test_of_several_events_of_one_record_the_last_carries_it(ada: Services) -> None:
    made = await talk(ada, title="1")
    for number in range(2, 6):
        await ada.conversations.update(made.id, title=str(number))
    await ada.settings.set("theme", "dark")
    *before, last, setting = await ada.feed.records(await ada.feed.read())
    assert before == [UNSET] * 4
    assert isinstance(last, Conversation)
    assert last.title == "5"
    assert setting == await ada.settings.get("theme")


async def test_what_was_appended_to_a_branch_comes_with_the_last_event(ada: Services) -> None:
    made, other = await talk(ada, "a"), await talk(ada, "x")
    await say(ada, made, "b", "c")
    entries = [e for e in await ada.feed.read() if e.kind == "message.created"]
    first, elsewhere, last = await ada.feed.records(entries)
    assert first is UNSET
    assert isinstance(elsewhere, Appended)
    assert isinstance(last, Appended)
    assert elsewhere.messages == await path(ada, other)
    assert last.messages == await path(ada, made)
    assert last.branch.head_seq == last.messages[-1].seq == 2


@pytest.mark.parametrize(
    "texts", [["x"] * (MAX_MESSAGES + 1), ["x" * MAX_BYTES]], ids=["many", "large"]
)
async def test_messages_that_are_many_or_large_are_left_out(
    ada: Services, texts: list[str]
) -> None:
    made = await talk(ada, *texts)
    [_, entry] = await ada.feed.read()
    [record] = await carried(ada, [entry])
    assert record.messages == []
    assert record.conversation == await ada.conversations.get(made.id)
    assert record.branch.head_seq == len(texts) - 1


async def test_messages_that_were_deleted_meanwhile_are_left_out(ada: Services) -> None:
    made = await talk(ada, "a", "b")
    _, second = await path(ada, made)
    [_, entry] = await ada.feed.read()
    await ada.messages.delete(made.id, second.id)
    [record] = await carried(ada, [entry])
    assert [message.text for message in record.messages] == ["a"]
    assert record.branch.head_seq == 0


async def test_a_scope_that_may_not_read_gets_no_record(db: Database, ada: Services) -> None:
    await talk(ada)
    entries = await ada.feed.read()
    writer = db.scope("acme", "ada", ["write"])
    with pytest.raises(PermissionDenied):
        await writer.feed.records(entries)


async def test_followers_of_a_user_share_one_read(
    ada: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one_of_everything(ada)
    entries = await ada.feed.read()
    reads = list[int]()
    read = Records.of

    async def counted(self: Records, entries: Sequence[FeedEntry]) -> list[Any]:
        reads.append(len(entries))
        return await read(self, entries)

    monkeypatch.setattr(Records, "of", counted)
    first, *others = await asyncio.gather(*(ada.feed.records(entries) for _ in range(50)))
    assert reads == [len(entries)]
    assert all(other == first for other in others)
    await ada.feed.records(entries)
    assert reads == [len(entries)] * 2


async def test_a_reader_who_leaves_does_not_end_the_read_of_the_others(ada: Services) -> None:
    await talk(ada)
    entries = await ada.feed.read()
    leaving = asyncio.ensure_future(ada.feed.records(entries))
    staying = asyncio.ensure_future(ada.feed.records(entries))
    await asyncio.sleep(0)
    leaving.cancel()
    [record] = await staying
    assert isinstance(record, Conversation)


# Isolation


async def check_isolation(ada: Services, strangers: Sequence[Services]) -> None:
    """Whatever an entry names, nobody gets a record that belongs to somebody else."""
    await one_of_everything(ada)
    entries = await ada.feed.read()
    for stranger in strangers:
        await stranger.users.update_me(name="Eve")
        for entry, record in zip(entries, await carried(stranger, entries), strict=True):
            if entry.kind in ("user.updated", "tenant.updated") and record is not None:
                assert record.tenant_id == stranger.scope.tenant
                assert isinstance(record, Tenant) or record.id == stranger.scope.user
            else:
                assert record is None, entry.kind


async def test_nobody_gets_a_record_of_somebody_else(
    ada: Services, bob: Services, eve: Services
) -> None:
    await check_isolation(ada, [bob, eve])


async def _of_anybody(_: Records, tx: Reader, ids: Sequence[str], record: Any) -> Mapping[str, Any]:
    return {i: found for i in ids if (found := await tx.get(record, i)) is not None}


async def _any_artifact(
    _: ArtifactService, tx: Reader, ids: Sequence[str]
) -> Mapping[str, Artifact]:
    return await _of_anybody(Records.__new__(Records), tx, ids, Artifact)


@pytest.mark.parametrize(
    ("cls", "name", "hole"),
    [(Records, "_owned", _of_anybody), (ArtifactService, "visible", _any_artifact)],
    ids=["owned", "artifacts"],
)
async def test_a_hole_in_the_isolation_would_be_seen(
    ada: Services,
    bob: Services,
    monkeypatch: pytest.MonkeyPatch,
    cls: type[Any],
    name: str,
    hole: Callable[..., Coroutine[Any, Any, Any]],
) -> None:
    """The planted bug: records are read without asking whose they are."""
    monkeypatch.setattr(cls, name, hole)
    with pytest.raises(AssertionError):
        await check_isolation(ada, [bob])


async def test_a_shared_artifact_is_shown_as_its_receiver_may_see_it(
    ada: Services, bob: Services
) -> None:
    made = await talk(ada)
    artifact = await ada.artifacts.create("x", type="text", title="x", conversation_id=made.id)
    share = await ada.shares.share(artifact.id, "bob")
    [entry] = await bob.feed.read()
    [record] = await carried(bob, [entry])
    assert record == await bob.artifacts.get(artifact.id)
    assert record.conversation_id is None
    await ada.shares.revoke(share.id)
    assert await carried(bob, await bob.feed.read()) == [None, None]


async def test_an_entry_of_an_unknown_kind_carries_nothing(ada: Services) -> None:
    await talk(ada)
    [entry] = await ada.feed.read()
    unknown = msgspec.structs.replace(entry, kind="poem.written")
    assert await carried(ada, [unknown]) == [None]
