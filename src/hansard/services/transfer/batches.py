"""A file of records in batches: read and checked on a thread, and bounded by bytes as well as by number.

So the loop is never held up, whatever the lines are, and no more of a file is in memory than a batch and a line.
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
"""Of the lines of a batch, about."""


class Batches:
    """The records of a file's lines for a tenant; `unknown` counts the lines of kinds that are not known."""

    def __init__(self, tenant: str, lines: Iterable[bytes]) -> None:
        self.unknown: Counter[str] = Counter()
        self._reader = jsonl.Reader(tenant, admit)
        self._items = self._reader.read(lines)

    async def __aiter__(self) -> AsyncIterator[list[Entry]]:
        """Raises InvalidInput at a line that is wrong, after the records that come before it."""
        error: InvalidInput | None = None
        more = True
        while more and error is None:
            batch, more, error = await asyncio.to_thread(self._next)
            if batch:
                yield batch
        if error is not None:
            raise error

    def _next(self) -> tuple[list[Entry], bool, InvalidInput | None]:
        """The next records, whether more may follow, and what was wrong after them."""
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
