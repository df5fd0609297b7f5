"""What a PostgreSQL server is doing, and waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    """Wait for something to be so."""
    async with asyncio.timeout(30):
        while not (found := await condition()):  # noqa: ASYNC110 - it happens on the server
            await asyncio.sleep(0.005)
        return found


def other_sessions(admin: Any, waiting: str = "") -> Callable[[], Awaitable[list[int]]]:
    """The process ids of the storage's sessions, or of those that wait for a kind of event."""

    async def look() -> list[int]:
        rows = await admin.fetch(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND ($1 = '' OR wait_event_type = $1)",
            waiting,
        )
        return [row[0] for row in rows]

    return look
