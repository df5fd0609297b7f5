"""PostgreSQL without Hansard under the same faults: a control that shows which of the two failed."""

from __future__ import annotations

from typing import Any

from hansard.errors import OutcomeUnknown
from hansard.torture.ledger import texts_of
from hansard.torture.temporary_database import connection

_TABLE = "CREATE TABLE texts (text text PRIMARY KEY, position bigint GENERATED ALWAYS AS IDENTITY)"
_LOCK = "LOCK TABLE texts IN EXCLUSIVE MODE"
"""Locked before a position is assigned, so that positions become visible in order; readers do not wait for it."""
_STORE = "INSERT INTO texts (text) VALUES ($1) ON CONFLICT DO NOTHING"
_AFTER = "SELECT position FROM texts WHERE position > $1 ORDER BY position"


async def prepare(url: str) -> None:
    async with connection(url) as session:
        await session.execute(_TABLE)


async def store(session: Any, step: str) -> None:
    """Store the texts of a step in one transaction. Storing them again changes nothing.

    Raises OutcomeUnknown if the connection is lost, because the commit may have happened.
    """
    import asyncpg  # noqa: PLC0415

    try:
        async with session.transaction():
            await session.execute(_LOCK)
            await session.executemany(_STORE, [(text,) for text in texts_of(step)])
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
        raise OutcomeUnknown(str(error)) from error


async def stored(url: str) -> list[str]:
    async with connection(url) as session:
        return [row[0] for row in await session.fetch("SELECT text FROM texts")]


async def positions(session: Any, after: int = 0) -> list[int]:
    return [row[0] for row in await session.fetch(_AFTER, after)]
