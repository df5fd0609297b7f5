"""Reads a file of records in batches on a thread, limited by bytes and by number.

So the event loop is not blocked. The next batch is read while the one before it is imported: at most two batches and a
line of the file are in memory.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from typing import NamedTuple

from hansard.errors import InvalidInput
from hansard.formats import jsonl
from hansard.model.base import Entry
from hansard.services.transfer.validation import admit_all

BATCH = 500
"""Records."""
MAX_BYTES = 1024 * 1024
"""The approximate size of the lines of a batch."""


class Batch(NamedTuple):
    """The next records of a file, and what comes after them."""

    records: list[Entry]
    error: InvalidInput | None = None
    """The error of the line after the records."""
    is_last: bool = True


class Batches:
    """The records of a file's lines for a tenant; `unknown` counts the lines of unknown kinds."""

    def __init__(self, tenant: str, lines: Iterable[bytes]) -> None:
        self.unknown: Counter[str] = Counter()
        self._reader = jsonl.Reader(tenant)
        self._items = self._reader.read(lines)
        self._is_stopped = False

    async def read(self) -> AsyncGenerator[list[Entry], None]:
        """Yield batches of records. Raises InvalidInput at an invalid line, after the records before it.

        When the iterator is closed, nothing reads the lines any more.
        """
        coming = self._begin()
        try:
            while True:
                batch = await asyncio.shield(coming)
                if not batch.is_last:
                    coming = self._begin()
                if batch.records:
                    yield batch.records
                if batch.error is not None:
                    raise batch.error
                if batch.is_last:
                    return
        finally:
            await self._stop(coming)

    def _begin(self) -> asyncio.Future[Batch]:
        """Start to read the next batch on a thread."""
        return asyncio.ensure_future(asyncio.to_thread(self._next))

    async def _stop(self, coming: asyncio.Future[Batch]) -> None:
        """Wait until the thread has left the lines, whatever it found in them."""
        self._is_stopped = True
        with suppress(Exception):
            await asyncio.shield(coming)

    def _next(self) -> Batch:
        records: list[Entry] = []
        numbers: list[int] = []
        error: InvalidInput | None = None
        end = self._reader.size + MAX_BYTES
        is_full = False
        try:
            for item in self._items:
                if isinstance(item, Entry):
                    records.append(item)
                    numbers.append(self._reader.number)
                elif isinstance(item, jsonl.Unknown):
                    self.unknown[item.kind] += 1
                is_full = len(records) >= BATCH or self._reader.size >= end
                if is_full or self._is_stopped:
                    break
        except InvalidInput as invalid:
            error = invalid
        admitted, refusal = admit_all(records)
        if refusal is not None:
            error = jsonl.invalid_line(numbers[len(admitted)], refusal)
            error.__cause__ = refusal
        return Batch(admitted, error, is_last=error is not None or not is_full)
