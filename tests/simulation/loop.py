"""An event loop whose time is a number: whoever sleeps wakes at once, in order, and every run of a seed is the same.

The loop never waits for the machine. When nothing is ready it moves its clock to the next timer; work for a thread is
done in place. So an hour takes as long as what happens in it, and nothing depends on how busy the computer is.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any


class Stuck(AssertionError):
    """Nothing is ready and no timer runs: whoever waits would wait for ever."""


class _NoWaiting(selectors.DefaultSelector):
    """Moves the loop's clock instead of waiting for files."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck("Nothing is ready and no timer runs.")
        self.time += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _NoWaiting()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.time

    def run_in_executor(  # pyright: ignore[reportIncompatibleMethodOverride] - in place, so a plain future will do
        self,
        executor: Any,  # noqa: ARG002
        func: Callable[..., Any],
        *args: Any,
    ) -> asyncio.Future[Any]:
        done = self.create_future()
        try:
            value = func(*args)
        except Exception as error:
            self.call_soon(_settle, done, None, error)
        else:
            self.call_soon(_settle, done, value, None)
        return done


def _settle(future: asyncio.Future[Any], value: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
