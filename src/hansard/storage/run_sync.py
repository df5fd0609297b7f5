"""Running a unit of work where there is nothing to wait for."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar, cast

from hansard.errors import StorageError

T = TypeVar("T")


def run_now(unit: Awaitable[T]) -> T:
    """Run a coroutine to its end on this thread, without an event loop.

    It may await only what is done at once, which is all that memory and SQLite have.
    """
    coroutine = cast("Coroutine[Any, Any, T]", unit)
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise StorageError("A unit of work may only await its transaction.")
