"""Sixteen write to one conversation at once, while somebody follows what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import pytest

import hansard
from faults.installed import strict_writer_pool
from hansard import Services
from hansard.storage import admin
from hansard.storage.base import Transaction
from hansard.storage.postgres.storage import PostgresStorage
from hansard.testing import factories
from hansard.torture.ledger import Ledger, changes, check_changes
from hansard.torture.writer_processes import WriterJob

pytestmark = pytest.mark.anyio

WRITERS, STEPS, PROCESSES = 16, 20, 4


@pytest.mark.parametrize("kind", ["tasks", "threads"])
async def test_writers_in_one_process_lose_and_double_nothing(tmp_path: Path, kind: str) -> None:
    ledger = Ledger()
    async with hansard.connect(tmp_path / "chats.db", providers=[]) as db:
        ada = db.scope("acme", "ada")
        talk = await ada.conversations.create()
        writers = [_write(ada, talk.id, ledger, f"w{i}") for i in range(WRITERS)]
        if kind == "threads":
            writers = [asyncio.to_thread(asyncio.run, writer) for writer in writers]
        writing = asyncio.gather(*writers)
        told = await changes(ada, talk.id, writing.done)
        await writing
        assert await ledger.check(ada, talk.id) == ledger.acknowledged
        check_changes(told, ledger.messages)
        assert told == sorted(told)
    assert await admin.verify(str(tmp_path / "chats.db")) == []


async def _write(ada: Services, conversation: str, ledger: Ledger, name: str) -> None:
    for i in range(STEPS):
        await ledger.store(ada, conversation, f"{name}n{i}")


async def test_writers_in_many_processes_lose_and_double_nothing(postgres_url: str) -> None:
    ledger = Ledger()
    with ExitStack() as stack:
        nurseries = [stack.enter_context(strict_writer_pool()) for _ in range(PROCESSES)]
        async with hansard.connect(postgres_url, providers=[]) as db:
            ada = db.scope("acme", "ada")
            talk = await ada.conversations.create()
            for number, each in enumerate(nurseries):
                share = WRITERS // PROCESSES
                order = WriterJob(
                    address=postgres_url,
                    conversation=talk.id,
                    name=f"p{number}",
                    writers=share,
                    steps=STEPS,
                )
                each.begin(order)
            writing = asyncio.gather(
                *(asyncio.to_thread(list[str], each.lines()) for each in nurseries)
            )
            told = await changes(ada, talk.id, writing.done)
            for line in (line for lines in await writing for line in lines):
                ledger.note(line)
            assert await ledger.check(ada, talk.id) == ledger.sent == ledger.acknowledged
            assert len(ledger.acknowledged) == WRITERS * STEPS
            check_changes(told, ledger.messages)
    assert await admin.verify(postgres_url) == []


# The feed when changes do not become visible in the order in which they were made


@pytest.fixture
async def storage(postgres_url: str) -> AsyncIterator[PostgresStorage]:
    opened = PostgresStorage(postgres_url)
    await opened.open()
    yield opened
    await opened.close()


async def test_a_follower_does_not_miss_what_was_committed_late(storage: PostgresStorage) -> None:
    assert await _followed(storage) == ["early", "late"]


async def test_a_feed_that_shows_what_is_not_settled_is_found_out(
    storage: PostgresStorage, postgres_url: str
) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(
        "CREATE OR REPLACE FUNCTION hansard.feed_end() RETURNS bigint LANGUAGE sql AS "
        "'SELECT 9223372036854775807'"
    )
    await connection.close()
    assert await _followed(storage) == ["late"]


async def _followed(storage: PostgresStorage) -> list[str]:
    """What a follower sees of two changes, of which the first to begin is the last to end.

    The follower looks while the first is still under way, and again afterwards.
    """
    rows, talk, _ = factories.conversation()
    _, other, _ = others = factories.conversation()
    await storage.write("acme", lambda tx: factories.insert(tx, [*rows, *others[0][2:]]))
    names = {talk.id: "early", other.id: "late"}
    begun, end = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction) -> None:
        await tx.append(factories.append(talk, "begun first"))
        begun.set()
        await end.wait()

    first = asyncio.create_task(storage.write("acme", slow))
    await begun.wait()
    await storage.append("acme", factories.append(other, "ended first"))
    seen: list[str] = []
    after = 0
    for look in range(2):
        for entry in await storage.read("acme", lambda tx: tx.feed("ada", after, 100)):  # noqa: B023
            seen.append(names[entry.conversation_id or ""])
            after = entry.position
        if look == 0:
            end.set()
            await first
    return seen
