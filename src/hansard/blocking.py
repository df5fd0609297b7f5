"""The blocking API for scripts and notebooks: every call waits for its result.

The database runs on its own event loop in its own thread, and the objects here pass each call on to it: a coroutine
becomes a blocking call, an asynchronous iterator an ordinary one. The types are in ``blocking.pyi``, which
``scripts/blocking_stub.py`` generates from the services.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, Self

from hansard.errors import StorageError

_CLOSED = "The database is closed."
_SERVICES = ("hansard.services", "hansard.client")
"""The modules of the classes whose methods block."""
_NOT_OPEN = "The database is not open: use `with hansard.connect(…) as db`."


class Openable(ABC):
    """A database that is open within `async with`; within `with`, its blocking twin is."""

    _twin: BlockingDatabase

    @abstractmethod
    async def open(self) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    def scope(self) -> Any: ...

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __enter__(self) -> BlockingDatabase:
        self._twin = BlockingDatabase(self)
        return self._twin.__enter__()

    def __exit__(self, *exception: object) -> None:
        self._twin.__exit__(*exception)


class BlockingDatabase:
    """A database whose services block; use it in a `with` statement."""

    def __init__(self, database: Openable) -> None:
        self._database = database
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="hansard-loop", daemon=True
        )
        self._stopping = threading.Lock()
        self._stopped = False

    def scope(self, *names: Any, **options: Any) -> Any:
        """Return the blocking services for a user; the arguments are those of `Database.scope`."""
        return _Blocking(self._database.scope(*names, **options), self.wait)

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the database's loop and return its result. Raises StorageError after closing."""
        with self._stopping:
            if self._stopped or not self._thread.is_alive():
                work.close()
                raise StorageError(_CLOSED if self._stopped else _NOT_OPEN)
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except CancelledError:
            raise StorageError(_CLOSED) from None
        except KeyboardInterrupt:
            future.cancel()
            raise

    def __enter__(self) -> Self:
        if self._thread.is_alive() or self._stopped:
            raise StorageError("The database was opened already; connect again.")
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
        """Stop the loop; calls that wait in other threads raise StorageError."""
        with self._stopping:
            self._stopped = True
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Blocking:
    """A service, or the services of a scope, with blocking methods."""

    def __init__(self, target: Any, wait: Callable[[Any], Any]) -> None:
        self._target = target
        self._wait = wait

    def __getattr__(self, name: str) -> Any:
        attribute: Any = getattr(self._target, name)
        function = inspect.unwrap(attribute) if callable(attribute) else None
        if inspect.iscoroutinefunction(function):

            def call(*args: Any, **kwargs: Any) -> Any:
                return self._wait(attribute(*args, **kwargs))

            return call
        if inspect.isasyncgenfunction(function):

            def iterate(*args: Any, **kwargs: Any) -> Iterator[Any]:
                items: Any = attribute(*args, **kwargs)
                return self._each(items)

            return iterate
        if type(attribute).__module__.startswith(_SERVICES):
            return _Blocking(attribute, self._wait)
        return attribute

    def __dir__(self) -> list[str]:
        return dir(self._target)

    def _each(self, items: AsyncGenerator[Any]) -> Iterator[Any]:
        async def next_item() -> tuple[bool, Any]:
            try:
                return True, await anext(items)
            except StopAsyncIteration:
                return False, None

        try:
            while (result := self._wait(next_item()))[0]:
                yield result[1]
        finally:
            with suppress(StorageError):  # the database is closed
                self._wait(items.aclose())
