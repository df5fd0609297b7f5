"""Units that read on the event loop's own thread, as long as nothing waits for the disk and it takes a moment only.

A connection of its own reads through a file layer that asks Linux for what is in memory (`RWF_NOWAIT`). When a page is
not there, or units take too many steps, the unit is given up: whatever came of it does not count, and it runs again on
a thread. That is noted beside the engine and not told through its errors, so a page that is missing cannot be taken
for the end of a file, for damage, or for anything else that the engine or the unit makes of it.

**Steps** measure the loop's time. All units between two turns of the loop share `ALLOWANCE`, so code that reads again
and again without a pause cannot hold the loop either.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, NoReturn, cast

import apsw

from hansard.errors import StorageError
from hansard.storage.base import ArtifactMatch, ArtifactSearch, Match, Read, TextSearch
from hansard.storage.run_sync import run_now
from hansard.storage.sqlite import files
from hansard.storage.sqlite.transaction import SqliteTransaction

ALLOWANCE = 30_000
"""Steps of the engine between two turns of the loop. One takes about 0.1 µs, with what Python makes of it."""
UNIT, PAGE = 300, 20
"""The steps that a unit counts at least, and that a page counts which the connection does not hold."""
ENOUGH = 3_000
"""Steps that must be left for a unit to begin: most take fewer."""
INTERVAL = 1_000
"""Steps of a statement after which they are counted."""
CACHE_KIB = 4_096
"""What the connection holds: little, because pages that it holds are not counted."""

_numbers = count()


class Elsewhere(Exception):
    """The unit must run on a thread; nothing that it did counts."""


OpenUnit = Callable[[str, apsw.Connection, Callable[[], None]], SqliteTransaction]
"""Returns a unit of work for a tenant on a connection; the function gives it up."""


class LoopReader:
    """Runs units on the thread of one event loop, each in a transaction that ends before its result is returned."""

    def __init__(
        self, path: Path, descriptor: int, loop: asyncio.AbstractEventLoop, unit: OpenUnit
    ) -> None:
        """Open the file, of which `descriptor` stays open for as long as this reader.

        Raises StorageError if the system or the file system cannot tell what is in memory.
        """
        self._loop, self._unit = loop, unit
        self._has_turned = True
        self._in_use = threading.Lock()
        self._files = _Files(descriptor)
        try:
            self._connection = files.connect(path, readonly=True, vfs=self._files.name, locked=True)
        except StorageError:
            self._files.unregister()
            raise
        self._connection.pragma("cache_size", -CACHE_KIB)
        self._connection.set_busy_timeout(0)
        self._connection.set_progress_handler(self._files.count, INTERVAL)

    def run(self, tenant: str, work: Read[Any]) -> Any:
        """Run a unit and return its result. Raises Elsewhere if a thread must run it."""
        if asyncio.get_running_loop() is not self._loop or not self._in_use.acquire(blocking=False):
            raise Elsewhere
        try:
            return self._run(tenant, work)
        finally:
            self._in_use.release()

    def close(self) -> None:
        """Close the file. From any thread; no unit may begin meanwhile."""
        with self._in_use:
            self._connection.close()
            self._files.unregister()

    def _run(self, tenant: str, work: Read[Any]) -> Any:
        self._begin()
        result, error = None, None
        try:
            result = self._read(tenant, work)
        except apsw.Error:
            self._files.give_up()  # also if it has another reason: the thread finds and tells it
        except Exception as raised:
            error = raised
        if self._files.given_up:
            raise Elsewhere
        if error is not None:
            raise error
        return result

    def _begin(self) -> None:
        if self._has_turned:
            self._has_turned = False
            self._files.allowance = ALLOWANCE
            self._loop.call_soon(self._turn)
        self._files.given_up = False
        self._files.allowance -= UNIT
        if self._files.allowance < ENOUGH:
            raise Elsewhere

    def _turn(self) -> None:
        self._has_turned = True

    def _read(self, tenant: str, work: Read[Any]) -> Any:
        connection = self._connection
        unit = self._unit(tenant, connection, self._files.give_up)
        connection.execute("BEGIN")
        self._files.may_wait = False
        try:
            return run_now(work(unit))
        finally:
            self._files.may_wait = True  # ending reads nothing, and must not be interrupted
            if connection.in_transaction:  # the engine ends it itself after some errors
                connection.execute("COMMIT")


class LoopUnit(SqliteTransaction):
    """A unit of work that is given up for what the engine does in few but long steps."""

    def __init__(self, give_up: Callable[[], None], *parts: Any) -> None:
        super().__init__(*parts)
        self._give_up = give_up

    async def search(self, search: TextSearch) -> list[Match]:
        self._leave(search)

    async def search_artifacts(self, search: ArtifactSearch) -> list[ArtifactMatch]:
        self._leave(search)

    def each(self, text: str, values: Any = ()) -> Iterator[Any]:  # noqa: ARG002
        self._leave(text)

    def _leave(self, _: object) -> NoReturn:
        self._give_up()
        raise Elsewhere


class _Files(apsw.VFS):
    """The file and its log as far as they are in memory, and the steps that may still be taken."""

    def __init__(self, database: int) -> None:
        self.name = f"hansard-{next(_numbers)}"
        super().__init__(self.name, "")
        self.database = database
        self.may_wait = True
        self.allowance = 0
        self.given_up = False

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:  # noqa: N802 - the engine's name
        return _File(self, name, flags)

    def xSleep(self, microseconds: int) -> int:  # noqa: N802
        """Do not wait for a lock; after some attempts the engine reports an error."""
        return microseconds if not self.may_wait else super().xSleep(microseconds)

    def spend(self, steps: int) -> bool:
        """Count steps, and return whether they are too many."""
        self.allowance -= steps
        if self.allowance < 0:
            self.give_up()
        return self.given_up

    def count(self) -> bool:
        """Count the steps of a statement, and return whether it must end."""
        return not self.may_wait and self.spend(INTERVAL)

    def give_up(self) -> None:
        self.given_up = True


class _File(apsw.VFSFile):
    """The database or its log. It is locked by the engine's own layer, and read here."""

    def __init__(self, owner: _Files, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._files = owner
        self._own: int | None = None
        self._part = bytearray()
        if flags[0] & apsw.SQLITE_OPEN_MAIN_DB:
            # Closing a descriptor of the database would release the engine's locks on it; no lock is on the log.
            self._descriptor = owner.database
        else:
            path = name.filename() if isinstance(name, apsw.URIFilename) else name
            self._own = self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if not _tells(self._descriptor):
            raise apsw.CantOpenError("The file system cannot tell what is in memory.")

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        """Return a part of the file, in the same memory each time: the engine copies it at once."""
        if self._files.may_wait:
            return super().xRead(amount, offset)
        if self._files.spend(PAGE):
            raise apsw.IOError("The unit took too many steps.")
        if len(self._part) != amount:
            self._part = bytearray(amount)
        data = _resident(self._descriptor, self._part, offset)
        if data is None:
            self._files.give_up()
            raise apsw.IOError("A page is not in memory.")
        return cast("bytes", data)  # the engine takes any buffer

    def xClose(self) -> None:  # noqa: N802
        super().xClose()
        if self._own is not None:
            os.close(self._own)
            self._own = None


def _tells(descriptor: int) -> bool:
    """Return whether a file can be read as far as it is in memory: on Linux, on most file systems."""
    if not hasattr(os, "RWF_NOWAIT"):
        return False
    try:
        os.preadv(descriptor, [bytearray(1)], 0, os.RWF_NOWAIT)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return True


def _resident(descriptor: int, buffer: bytearray, offset: int) -> bytes | bytearray | None:
    """Read a part of a file into a buffer and return it, a shorter part only where the file ends; None if some of it
    is not in memory.
    """
    try:
        got = os.preadv(descriptor, (buffer,), offset, os.RWF_NOWAIT)
    except OSError:
        return None
    if got == len(buffer):
        return buffer
    return bytes(buffer[:got]) if offset + got >= os.fstat(descriptor).st_size else None
