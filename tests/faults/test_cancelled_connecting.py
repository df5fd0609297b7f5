"""A connection that is abandoned while it is opened leaves no error for the event loop to report."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from hansard.storage.postgres.connector import Connector

pytestmark = pytest.mark.anyio

STEPS = 20
"""More turns of the event loop than setting up a connection takes."""

_asyncpg: Any = asyncpg


@asynccontextmanager
async def _silent_server() -> AsyncIterator[int]:
    """A context with the port of a server that accepts connections, and closes them when it is asked for something."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def _nothing() -> None: ...


async def _reported(
    connect: Callable[..., Awaitable[Any]], close: Callable[[], Awaitable[None]] = _nothing
) -> list[str]:
    """Cancel `connect` after every number of turns of the event loop; return what the loop reports until the end."""
    reports: list[str] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: reports.append(repr(context["exception"])))
    try:
        async with _silent_server() as port:
            for turns in range(STEPS):
                opening = asyncio.ensure_future(
                    connect(host="127.0.0.1", port=port, user="ada", database="d", timeout=5)
                )
                for _ in range(turns):
                    await asyncio.sleep(0)
                opening.cancel()
                await asyncio.gather(opening, return_exceptions=True)
            await close()
            for _ in range(STEPS):
                await asyncio.sleep(0)
            gc.collect()
    finally:
        loop.set_exception_handler(before)
    return reports


async def test_a_cancelled_connection_reports_nothing() -> None:
    connector = Connector()
    assert await _reported(connector.connect, connector.close) == []


async def test_a_connection_of_the_driver_itself_reports_an_error() -> None:
    assert await _reported(_asyncpg.connect)


async def test_closing_waits_for_abandoned_connections(postgres_url: str) -> None:
    connector = Connector()
    opening = asyncio.ensure_future(connector.connect(postgres_url))
    await asyncio.sleep(0)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    assert connector._abandoned
    await connector.close()
    assert not connector._abandoned
