"""Storing the end of a run, with retries.

If the end cannot be stored (disk full, database unreachable, unknown outcome), storing is attempted again until the
process ends; clients are only told of an end that is stored. The run keeps its slot meanwhile, so no more ends are
pending than runs may be active, each at most as large as a message. If the database rejects the content itself, a
reduced version is stored instead, step by step.
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

MIN_BACKOFF, MAX_BACKOFF = 0.1, 5.0
"""Seconds between attempts; the maximum is well below the lease after which other processes end the run."""
MAX_UNEXPECTED_ERRORS = 5
"""How often an unexpected error may occur before it counts as a rejection."""


async def store(
    storage: Storage, completion: RunCompletion, closing: asyncio.Event
) -> RunEvent | None:
    """Store the end of a run; return its last event, or None if the process ends or nothing can be stored.

    A run without a stored end is ended from its stored events by the next process that opens the database.
    """
    reduced = completion.as_failed()
    attempt = 0
    while True:
        try:
            event = await storage.write(completion.run.tenant_id, completion.write)
        except Exception as error:
            attempt += 1
            if closing.is_set():
                _log.warning("The end of run %s was not stored: %s", completion.run.id, error)
                return None
            if attempt == 1:
                _log.warning(
                    "Storing the end of run %s failed, retrying: %s", completion.run.id, error
                )
            if is_refusal(error, attempt) and (await storage.health()).writable:
                _log.exception("The database rejected the answer of run %s", completion.run.id)
                next_best = next(reduced, None)
                if next_best is None:
                    return None
                completion, attempt = next_best, 0
                continue
        else:
            _log_artifacts(completion, event)
            return event
        await _pause(attempt, closing)


def _log_artifacts(completion: RunCompletion, last_event: RunEvent) -> None:
    """Log how many artifacts were stored with an answer, unless there are none or its conversation was purged."""
    run = completion.run
    count = len(completion.finds.get(run.message_id, ()))
    if count and last_event.data.get("message_id") is not None:
        _log.info(
            "Artifacts stored: %d, of an answer in conversation %s", count, run.conversation_id
        )


def is_refusal(error: Exception, attempt: int) -> bool:
    """Return whether storing the same content can never succeed."""
    if isinstance(error, Unavailable | StorageError):
        return isinstance(error, Unstorable)
    return isinstance(error, HansardError) or attempt >= MAX_UNEXPECTED_ERRORS


async def _pause(attempt: int, closing: asyncio.Event) -> None:
    """Wait with exponential backoff; return early when the process ends."""
    seconds = min(MAX_BACKOFF, MIN_BACKOFF * 2 ** min(attempt - 1, 10))
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await closing.wait()
