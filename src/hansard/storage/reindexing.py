"""Indexing for search anew, after a migration that changed what the terms of texts are: beside everybody else.

A small batch of rows is one unit, with the note of how far it got (`Reindex`), so it may be stopped at any time and
goes on from there. Until a row's turn comes it is found by the terms that it had before.
"""

from __future__ import annotations

import asyncio
from typing import Any

from hansard.model.reindexes import Reindex
from hansard.storage import search_terms
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.digest_backfill import DIGESTS
from hansard.storage.query import Query
from hansard.storage.sql.transaction import SqlTransaction
from hansard.storage.tables import Table

BATCH = 50
"""Rows."""
MAX_TEXT = 500_000
"""Characters of a batch, about."""
PAUSE = 0.02
"""Seconds between two batches, for others to write."""


async def reindex(storage: Storage, tenant: str) -> int:
    """Index anew what is left to be; returns how many rows that were."""
    count = 0
    for name in await storage.read(tenant, _names):
        while (done := await step(storage, tenant, storage.schema.named(name))) is not None:
            count += done
            await asyncio.sleep(PAUSE)
    return count


async def step(storage: Storage, tenant: str, table: Table[Any]) -> int | None:
    """Do the next batch; returns how many rows it had, or None if nothing is left."""
    query: Query[Any] = Query(table.record).by("id")

    async def work(tx: Transaction) -> int | None:
        note = await tx.get(Reindex, table.name, lock=True)
        if note is None or not isinstance(tx, SqlTransaction):
            return None
        page = query.page(BATCH, (note.after,) if note.after else None)
        rows = await tx.select(page)
        batch = _short(table, rows)
        search_terms.require(tx.make_passages, [table.text_of(row) for row in batch])
        await tx.reindex(table, batch)
        if batch:
            await tx.update(Reindex, table.name, after=batch[-1].id)
        if len(batch) == len(rows) < BATCH:
            await tx.delete(Query(Reindex).where(name=table.name))
        return len(batch)

    return await storage.write(tenant, work)


async def _names(tx: Reader) -> list[str]:
    """The tables to be indexed anew."""
    notes = await tx.select(Query(Reindex).where(name__ne=DIGESTS).by("name"))
    return [note.name for note in notes]


def _short(table: Table[Any], rows: list[Any]) -> list[Any]:
    """As many of the rows as have not too much text together; at least one."""
    size = 0
    for number, row in enumerate(rows):
        size += len(table.text_of(row))
        if size > MAX_TEXT and number:
            return rows[:number]
    return rows
