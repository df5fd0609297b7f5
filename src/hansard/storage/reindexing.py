"""Rebuilds the search index after a migration that changed the tokenizer, while the database is in use.

A small batch of rows and its progress (`Reindex`) are one unit, so the work can stop at any time and continue from
there. Until a row is done, search finds it by its old terms.
"""

from __future__ import annotations

import asyncio
from typing import Any

from hansard.model.reindexes import Reindex
from hansard.storage import search_terms
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.digest_backfill import DIGESTS
from hansard.storage.query import Query
from hansard.storage.schema import Table
from hansard.storage.sql.transaction import SqlTransaction

BATCH = 50
"""Rows."""
MAX_TEXT = 500_000
"""Characters of a batch, approximately."""
PAUSE = 0.02
"""Seconds between two batches, in which others can write."""


async def reindex(storage: Storage, tenant: str) -> int:
    """Reindex the remaining rows and return their number."""
    count = 0
    for name in await storage.read(tenant, _names):
        while (done := await step(storage, tenant, storage.schema.named(name))) is not None:
            count += done
            await asyncio.sleep(PAUSE)
    return count


async def step(storage: Storage, tenant: str, table: Table[Any]) -> int | None:
    """Reindex the next batch and return its number of rows; None if nothing is left."""
    query: Query[Any] = Query(table.record).by("id")

    async def reindex_batch(tx: Transaction) -> int | None:
        progress = await tx.get(Reindex, table.name, lock=True)
        base = tx.innermost
        if progress is None or not isinstance(base, SqlTransaction):
            return None
        page = query.page(BATCH, (progress.after,) if progress.after else None)
        rows = await base.select(page)
        batch = _limited(base, rows)
        search_terms.require(base.make_passages, map(base.text_of, batch))
        await base.reindex(table, batch)
        if batch:
            await tx.update(Reindex, table.name, after=batch[-1].id)
        if len(batch) == len(rows) < BATCH:
            await tx.delete(Query(Reindex).where(name=table.name))
        return len(batch)

    return await storage.write(tenant, reindex_batch)


async def _names(tx: Reader) -> list[str]:
    """Return the names of the tables to reindex."""
    pending = await tx.select(Query(Reindex).where(name__ne=DIGESTS).by("name"))
    return [row.name for row in pending]


def _limited(tx: Reader, rows: list[Any]) -> list[Any]:
    """Return the first rows whose text is at most `MAX_TEXT` in total; at least one."""
    size = 0
    for number, row in enumerate(rows):
        size += len(tx.text_of(row))
        if size > MAX_TEXT and number:
            return rows[:number]
    return rows
