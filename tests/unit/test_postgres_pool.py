"""Who gets a connection, and that none is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from hansard.errors import Overloaded
from hansard.storage.postgres import pool as pools
from hansard.storage.postgres.pool import Pool

pytestmark = pytest.mark.anyio


class Connection:
    closed = False

    def is_closed(self) -> bool:
        return self.closed

    def terminate(self) -> None:
        self.closed = True

    async def close(self) -> None:
        self.closed = True


class Server:
    """Opens connections; while it is away, it fails to."""

    def __init__(self) -> None:
        self.opened: list[Connection] = []
        self.is_away = False
        self.answers = asyncio.Event()
        self.answers.set()

    async def connect(self) -> Connection:
        await self.answers.wait()
        if self.is_away:
            raise ConnectionRefusedError
        self.opened.append(Connection())
        return self.opened[-1]


@pytest.fixture
def server() -> Server:
    return Server()


async def waiting(pool: Pool, seconds: float = 30) -> asyncio.Task[Any]:
    """One who asks for a connection, and has to wait."""
    task = asyncio.create_task(pool.acquire(seconds))
    await asyncio.sleep(0)
    assert not task.done()
    return task


async def test_a_connection_is_used_again_and_those_who_wait_get_it_in_turn(server: Server) -> None:
    pool = Pool(server.connect, 1)
    first = await pool.acquire(1)
    tasks = [await waiting(pool) for _ in range(3)]
    for task in tasks:
        pool.release(first)
        assert await task is first
    pool.release(first)
    assert await pool.acquire(1) is first
    assert len(server.opened) == 1


async def test_who_waits_too_long_is_told(server: Server) -> None:
    pool = Pool(server.connect, 1)
    first = await pool.acquire(1)
    with pytest.raises(Overloaded):
        await pool.acquire(0)
    pool.release(first)
    assert await pool.acquire(1) is first


@pytest.mark.parametrize("plant", [False, True])
async def test_what_is_given_to_one_who_waits_no_more_goes_to_the_next(
    server: Server, monkeypatch: pytest.MonkeyPatch, plant: bool
) -> None:
    if plant:
        monkeypatch.setattr(Pool, "_pass_on", lambda *_: None)
    pool = Pool(server.connect, 1)
    first = await pool.acquire(1)
    leaving, staying = await waiting(pool), await waiting(pool)
    pool.release(first)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    for _ in range(5):
        await asyncio.sleep(0)
    assert staying.done() != plant
    staying.cancel()


async def test_a_closed_connection_leaves_its_place_to_one_who_waits(server: Server) -> None:
    pool = Pool(server.connect, 1)
    first = await pool.acquire(1)
    task = await waiting(pool)
    first.terminate()
    pool.release(first)
    second = await task
    assert server.opened == [first, second]
    assert first is not second


@pytest.mark.parametrize("how", ["cancelled", "refused"])
async def test_a_place_is_not_lost_when_none_can_be_opened(server: Server, how: str) -> None:
    pool = Pool(server.connect, 1)
    server.answers.clear()
    opening = await waiting(pool)
    following = await waiting(pool)
    if how == "cancelled":
        opening.cancel()
    else:
        server.is_away = True
        server.answers.set()
        with pytest.raises(ConnectionRefusedError):
            await opening
        with pytest.raises(ConnectionRefusedError):
            await following
        server.is_away = False
        following = asyncio.create_task(pool.acquire(1))
    server.answers.set()
    assert await following in server.opened


async def test_what_was_closed_or_idle_for_long_is_not_given_out(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool(server.connect, 3)
    for connection in [await pool.acquire(1) for _ in range(3)]:
        pool.release(connection)
    server.opened[2].terminate()
    assert await pool.acquire(1) is server.opened[1]
    monkeypatch.setattr(pools, "IDLE", -1)
    fresh = await pool.acquire(1)
    assert fresh is server.opened[3]
    assert server.opened[0].closed


@pytest.mark.parametrize("comes_back", [True, False])
async def test_closing_waits_for_what_is_in_use(server: Server, comes_back: bool) -> None:
    pool = Pool(server.connect, 2)
    used, free = await pool.acquire(1), await pool.acquire(1)
    pool.release(free)
    closing = asyncio.create_task(pool.close(30 if comes_back else 0))
    await asyncio.sleep(0)
    if comes_back:
        assert not closing.done()
        assert not used.closed
        pool.release(used)
    await closing
    assert Counter(connection.closed for connection in server.opened) == {True: 2}
