"""The same database for scripts and notebooks: every call waits for its answer.

Nothing is written twice. The database runs on an event loop of its own, on a thread of its own, and the objects here
pass each call on to it: a coroutine becomes a call that returns, an asynchronous iterator an ordinary one. What
they offer is written down in ``blocking.pyi``, which ``scripts/blocking_stub.py`` derives from the services.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, Protocol, Self

from hansard.errors import StorageError

_CLOSED = "The database is closed."


class Asynchronous(Protocol):
    """What a database does that is made to wait."""

    async def open(self) -> Any: ...

    async def close(self) -> None: ...

    def scope(self, *names: Any, **options: Any) -> Any: ...


class BlockingDatabase:
    """A database whose services wait; used with `with`."""

    def __init__(self, database: Asynchronous) -> None:
        self._database = database
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="hansard-loop", daemon=True
        )
        self._stopping = threading.Lock()
        self._stopped = False

    def scope(self, *names: Any, **options: Any) -> Any:
        return _Blocking(self._database.scope(*names, **options), self.wait)

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of a coroutine that is run on the database's loop; StorageError once that has ended."""
        with self._stopping:
            if self._stopped:
                work.close()
                raise StorageError(_CLOSED)
            answer = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return answer.result()
        except CancelledError:
            raise StorageError(_CLOSED) from None
        except KeyboardInterrupt:
            answer.cancel()
            raise

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.wait(self._database.open())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.wait(self._database.close())
        finally:
            self._stop()

    def _stop(self) -> None:
        """End the loop; whoever waits for it in another thread is told."""
        with self._stopping:
            self._stopped = True
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_all() -> None:
    waiting = asyncio.all_tasks() - {asyncio.current_task()}
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


class _Blocking:
    """A service, or the services of a scope, whose calls wait."""

    def __init__(self, target: Any, wait: Callable[[Any], Any]) -> None:
        self._target = target
        self._wait = wait

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if inspect.iscoroutinefunction(found):

            def call(*args: Any, **kwargs: Any) -> Any:
                return self._wait(found(*args, **kwargs))

            return call
        if inspect.isasyncgenfunction(found):

            def each(*args: Any, **kwargs: Any) -> Iterator[Any]:
                return self._each(found(*args, **kwargs))

            return each
        if type(found).__module__.startswith("hansard.services"):
            return _Blocking(found, self._wait)
        return found

    def __dir__(self) -> list[str]:
        return dir(self._target)

    def _each(self, items: AsyncGenerator[Any]) -> Iterator[Any]:
        async def following() -> tuple[bool, Any]:
            try:
                return True, await anext(items)
            except StopAsyncIteration:
                return False, None

        try:
            while (step := self._wait(following()))[0]:
                yield step[1]
        finally:
            with suppress(StorageError):  # who goes on after the end has been told already
                self._wait(items.aclose())
