"""PostgreSQL without Hansard, under the same faults: a control that tells whose fault it is when a trial breaks."""

from __future__ import annotations

from typing import Any

from hansard.errors import OutcomeUnknown
from hansard.torture.ledger import texts_of
from hansard.torture.temporary_database import connection

_TABLE = "CREATE TABLE texts (text text PRIMARY KEY, position bigint GENERATED ALWAYS AS IDENTITY)"
_LOCK = "LOCK TABLE texts IN EXCLUSIVE MODE"
"""Taken before a position is, so that positions become visible in their order; readers do not wait for it."""
_STORE = "INSERT INTO texts (text) VALUES ($1) ON CONFLICT DO NOTHING"
_AFTER = "SELECT position FROM texts WHERE position > $1 ORDER BY position"


async def prepare(url: str) -> None:
    async with connection(url) as own:
        await own.execute(_TABLE)


async def store(own: Any, step: str) -> None:
    """Store the texts of a step in one transaction; stored again, they stay as they are.

    Raises OutcomeUnknown if the connection is lost, on which what was sent may have been done.
    """
    import asyncpg  # noqa: PLC0415

    try:
        async with own.transaction():
            await own.execute(_LOCK)
            await own.executemany(_STORE, [(text,) for text in texts_of(step)])
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
        raise OutcomeUnknown(str(error)) from error


async def stored(url: str) -> list[str]:
    async with connection(url) as own:
        return [row[0] for row in await own.fetch("SELECT text FROM texts")]


async def positions(own: Any, after: int = 0) -> list[int]:
    return [row[0] for row in await own.fetch(_AFTER, after)]
