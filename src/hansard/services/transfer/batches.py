"""Reads a file of records in batches on a thread, limited by bytes and by number.

So the event loop is not blocked, and at most a batch and a line of the file are in memory.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable

from hansard.errors import InvalidInput
from hansard.formats import jsonl
from hansard.model.base import Entry
from hansard.services.transfer.validation import admit

BATCH = 500
"""Records."""
MAX_BYTES = 1024 * 1024
"""The approximate size of the lines of a batch."""


class Batches:
    """The records of a file's lines for a tenant; `unknown` counts the lines of unknown kinds."""

    def __init__(self, tenant: str, lines: Iterable[bytes]) -> None:
        self.unknown: Counter[str] = Counter()
        self._reader = jsonl.Reader(tenant, admit)
        self._items = self._reader.read(lines)

    async def __aiter__(self) -> AsyncIterator[list[Entry]]:
        """Yield batches of records. Raises InvalidInput at an invalid line, after the records before it."""
        error: InvalidInput | None = None
        more = True
        while more and error is None:
            batch, more, error = await asyncio.to_thread(self._next)
            if batch:
                yield batch
        if error is not None:
            raise error

    def _next(self) -> tuple[list[Entry], bool, InvalidInput | None]:
        """Return the next records, whether more may follow, and the error after them."""
        batch: list[Entry] = []
        end = self._reader.size + MAX_BYTES
        try:
            for item in self._items:
                if isinstance(item, Entry):
                    batch.append(item)
                elif isinstance(item, jsonl.Unknown):
                    self.unknown[item.kind] += 1
                if len(batch) >= BATCH or self._reader.size >= end:
                    return batch, True, None
        except InvalidInput as error:
            return batch, False, error
        return batch, False, None
