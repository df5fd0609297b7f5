"""After the migration to digests, messages that are there get theirs: in batches, beside writers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard import Services
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.reindexes import Reindex
from hansard.providers.registry import Registry
from hansard.storage import digest_backfill, verification
from hansard.storage.base import Storage, Transaction
from hansard.storage.query import Query

pytestmark = pytest.mark.anyio

LOCAL = "local"


class Interrupted(Exception):
    """The process ends in the middle of a batch."""


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "chats.db")
    return request.getfixturevalue("postgres_url")


@pytest.fixture
async def storage(address: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Storage]:
    """Conversations with branches and a trash, opened without what a database does in the background."""
    storage = hansard.connect(address, providers=[]).storage
    await storage.open()
    me = services(storage)
    for _ in range(3):
        talk = await me.conversations.create()
        said = [hansard.user(f"word {number}") for number in range(7)]
        placed = await me.messages.append(talk.id, said)
        await me.messages.edit(talk.id, placed[3].id, "another word")
        await me.branches.fork(talk.id, at=placed[1].id)
        await me.messages.delete(talk.id, (await me.messages.read(talk.id)).items[-1].id)
    monkeypatch.setattr(digest_backfill, "BATCH", 4)
    monkeypatch.setattr(digest_backfill, "PAUSE", 0)
    yield storage
    await storage.close()


def services(storage: Storage) -> Services:
    return hansard.Database(storage, providers=Registry([])).scope()


async def take_digests_away(storage: Storage) -> None:
    """Leave the messages as a version without digests left them, and the note that the migration makes."""

    async def work(tx: Transaction) -> None:
        for message in await tx.select(Query(Message)):
            await tx.update(Message, message.id, digest=None)
        for branch in await tx.select(Query(Branch)):
            await tx.update(Branch, branch.id, head_digest=None)
        [talk, *_] = await tx.select(Query(Conversation).page(1))
        note = Reindex(tenant_id=LOCAL, created_at=talk.created_at, name=digest_backfill.DIGESTS)
        await tx.insert(note)

    await storage.write(LOCAL, work)


async def digests(storage: Storage) -> dict[str, str | None]:
    async def work(tx: Any) -> dict[str, str | None]:
        messages, branches = await tx.select(Query(Message)), await tx.select(Query(Branch))
        return {m.id: m.digest for m in messages} | {b.id: b.head_digest for b in branches}

    return await storage.read(LOCAL, work)


async def is_sound(storage: Storage) -> bool:
    return not (await verification.verify(storage)).findings


async def test_every_message_gets_the_digest_it_would_have(storage: Storage) -> None:
    before = await digests(storage)
    await take_digests_away(storage)
    assert set((await digests(storage)).values()) == {None}
    assert await is_sound(storage), "while the note is there, they may be without"
    assert await digest_backfill.seal(storage, LOCAL) > 0
    assert await digests(storage) == before
    assert await storage.read(LOCAL, lambda tx: tx.select(Query(Reindex))) == []
    assert await is_sound(storage)


@pytest.mark.parametrize("at", range(6))
async def test_an_interruption_in_any_batch_loses_nothing(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    before = await digests(storage)
    await take_digests_away(storage)
    seal_some, calls = digest_backfill.seal_some, 0

    async def broken(tx: Transaction, conversation_id: str, limit: int) -> int:
        nonlocal calls
        done = await seal_some(tx, conversation_id, limit)
        calls += 1
        if calls > at:
            raise Interrupted
        return done

    with monkeypatch.context() as patch:
        patch.setattr(digest_backfill, "seal_some", broken)
        with pytest.raises(Interrupted):
            await digest_backfill.seal(storage, LOCAL)
    assert await is_sound(storage)
    await digest_backfill.seal(storage, LOCAL)
    assert await digests(storage) == before


async def test_who_writes_meanwhile_is_not_disturbed(storage: Storage) -> None:
    await take_digests_away(storage)
    me = services(storage)
    for _ in range(4):
        await storage.write(LOCAL, digest_backfill.step)
        for talk in (await me.conversations.list()).items:
            await me.messages.append(talk.id, [hansard.user("meanwhile")])
            items = (await me.messages.read(talk.id)).items
            await me.messages.edit(talk.id, items[len(items) // 2].id, "changed meanwhile")
    await digest_backfill.seal(storage, LOCAL)
    assert None not in (await digests(storage)).values()
    assert await is_sound(storage)


async def test_a_message_without_a_digest_is_missed_when_the_note_is_gone(storage: Storage) -> None:
    """The planted bug: the work is taken for done before it is."""
    await take_digests_away(storage)
    await storage.write(LOCAL, lambda tx: tx.delete(Query(Reindex)))
    assert not await is_sound(storage)
    await verification.repair(storage)
    assert await is_sound(storage)
