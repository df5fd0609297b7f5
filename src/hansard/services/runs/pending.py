"""Keeping the end of a run until it is stored.

What cannot be stored now (a full disk, a database that is away, an outcome that is unknown) is tried again for as
long as the process lives, and nobody is told an end before it is stored. The run keeps its turn meanwhile, so no
more endings wait than runs may go on at once, each no larger than a message. Only what the database refuses for
what it says gives way, step by step, to an ending with less in it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from hansard.errors import HansardError, StorageError, Unavailable, Unstorable
from hansard.model.runs import RunEvent
from hansard.services.runs.completion import RunCompletion
from hansard.storage.base import Storage

_log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two attempts. The longest is well below what others wait before they end a run of this process."""
STRANGE_ATTEMPTS = 5
"""How often an error that nobody foresaw may come before it is taken for a refusal."""


async def store(storage: Storage, ending: RunCompletion, closing: asyncio.Event) -> RunEvent | None:
    """The stored last event of the run; None if the process ends, or nothing of it can ever be stored.

    What is left so is ended by whoever opens the database next, from the events that were stored.
    """
    lesser = ending.as_failed()
    attempt = 0
    while True:
        try:
            return await storage.write(ending.run.tenant_id, ending.write)
        except Exception as error:
            attempt += 1
            if closing.is_set():
                _log.warning("The end of run %s is not stored: %s", ending.run.id, error)
                return None
            if attempt == 1:
                _log.warning("The end of run %s waits to be stored: %s", ending.run.id, error)
            if is_refusal(error, attempt) and (await storage.health()).writable:
                _log.exception("The answer of run %s cannot be stored", ending.run.id)
                less = next(lesser, None)
                if less is None:
                    return None
                ending, attempt = less, 0
                continue
        await _pause(attempt, closing)


def is_refusal(error: Exception, attempt: int) -> bool:
    """Whether the same ending will never be stored."""
    if isinstance(error, Unavailable | StorageError):
        return isinstance(error, Unstorable)
    return isinstance(error, HansardError) or attempt >= STRANGE_ATTEMPTS


async def _pause(attempt: int, closing: asyncio.Event) -> None:
    """Wait a little longer each time, but not when the process ends."""
    seconds = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempt - 1, 10))
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await closing.wait()
