"""What belongs to what, as the tables declare it: finding a record's owner, and removing it with what belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hansard.model.base import Entry
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query
from hansard.storage.schema import Reference


async def owner_of(tx: Reader, record: Entry) -> str | None:
    """Return the user who owns a record, or the record that it belongs to; None if it is the tenant's."""
    table = tx.schema.of(type(record))
    if table.owner == "tenant":
        return None
    if table.owner != "parent":
        return getattr(record, table.owner)
    parent = await parent_of(tx, record)
    return await owner_of(tx, parent) if parent is not None else None


async def parent_of(tx: Reader, record: Entry) -> Entry | None:
    """Return the record that a record belongs to; None if there is none."""
    reference = tx.schema.of(type(record)).parent
    return await target_of(tx, record, reference) if reference is not None else None


async def target_of(tx: Reader, record: Entry, reference: Reference) -> Entry | None:
    """Return the record that a record refers to; None if there is none."""
    values = [getattr(record, name) for name in reference.fields]
    key = dict(zip(reference.to, values, strict=True))
    names = tx.schema.of(reference.record).key
    if any(key[name] is None for name in names):
        return None
    return await tx.get(reference.record, *(key[name] for name in names))


async def remove(tx: Transaction, query: Query[Any]) -> int:
    """Delete the rows that match a query, after everything that belongs to them, and return how many they were.

    Raises Conflict if another record refers to one of them.
    """
    if tx.schema.children(query.record):
        rows = await tx.select(query)
        if not rows:
            return 0
        await remove_children(tx, query.record, rows)
    return await tx.delete(query)


async def remove_children(tx: Transaction, record: type[Entry], rows: Sequence[Any]) -> None:
    """Delete everything that belongs to rows of a type: last what other records may refer to."""
    for table, reference in reversed(tx.schema.children(record)):
        targets = {
            f"{name}__in": sorted({getattr(row, to) for row in rows})
            for name, to in zip(reference.fields, reference.to, strict=True)
        }
        await remove(tx, Query(table.record).where(**targets))
