"""Records that can be in the trash: their state and the time of their deletion agree."""

from __future__ import annotations

from hansard.storage.base import Reader
from hansard.storage.query import Query
from hansard.storage.verification.findings import Collector


async def verify_states(tx: Reader, collector: Collector) -> None:
    """Check every table whose records can be moved to the trash."""
    for table in tx.schema.tables:
        if not table.trashable:
            continue
        query = Query(table.record)
        for wrong, message in (
            (query.where(state="active", deleted_at__ne=None), "is active but has a deleted_at"),
            (query.where(state="trashed", deleted_at=None), "is in the trash without a deleted_at"),
        ):
            for record in await tx.select(wrong.by("id")):
                collector.find(f"{table.record.__name__.lower()} {record.id}", message)
