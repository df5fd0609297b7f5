"""Running a unit of work without an event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar, cast

from hansard.errors import StorageError

T = TypeVar("T")


def run_now(unit: Awaitable[T]) -> T:
    """Run a coroutine to its end on this thread, without an event loop, and return its result.

    It may only await operations that complete at once, as those of memory and SQLite do. Raises StorageError if it
    awaits anything else.
    """
    coroutine = cast("Coroutine[Any, Any, T]", unit)
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise StorageError("A unit of work must only await methods of its transaction.")
