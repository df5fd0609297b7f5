"""Walks through all records of a query, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from hansard.model.base import Entry
from hansard.storage.base import Reader
from hansard.storage.query import Query

E = TypeVar("E", bound=Entry)
Read = Callable[[Callable[[Reader], Awaitable[list[Any]]]], Awaitable[list[Any]]]


async def pages(read: Read, query: Query[E], size: int) -> AsyncIterator[list[E]]:
    """Yield the records of a query, whose order has no ties, in lists of `size`; `read` runs a unit of work."""
    after: tuple[Any, ...] | None = None
    while True:
        following = query.page(size, after)
        records = await read(lambda tx, q=following: tx.select(q))
        if records:
            yield records
        if len(records) < size:
            return
        after = tuple([getattr(records[-1], order.field) for order in query.order])


def within(tx: Reader) -> Read:
    """Return what runs a unit of work as part of another one."""
    return lambda work: work(tx)
