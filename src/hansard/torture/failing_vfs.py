"""A disk that fails on request: a layer between SQLite and the files (a VFS).

All connections that are opened while it exists use it. Reads always succeed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from uuid import uuid4

import apsw

Operation = Literal["write", "sync"]


def _io_error(code: int) -> apsw.Error:
    error: Any = apsw.IOError()
    error.extendedresult = code
    return error


class FailingVFS(apsw.VFS):
    """Counts operations on database files and their logs, and fails those it was told to fail."""

    def __init__(self) -> None:
        self.name, self.base = f"disk-{uuid4().hex}", apsw.vfs_names()[0]
        self.full = self._full_after_sync = self.has_failed = False
        self.done: dict[Operation, int] = {"write": 0, "sync": 0}
        self._fails: dict[Operation, range] = {}
        super().__init__(self.name, self.base, makedefault=True)

    def fail(self, operation: Operation, after: int = 0, times: int = 1) -> None:
        """Fail the next `times` operations after `after` more successful ones."""
        first = self.done[operation] + after + 1
        self._fails[operation] = range(first, first + times)

    def set_full(self, full: bool) -> None:
        self.full = full

    def fill_after_sync(self) -> None:
        """Be full after the next flush."""
        self._full_after_sync = True

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _File(self, name, flags)

    def meet(self, operation: Operation) -> None:
        self.done[operation] += 1
        if self.done[operation] in self._fails.get(operation, ()):
            self.has_failed = True
            raise _io_error(
                apsw.SQLITE_IOERR_FSYNC if operation == "sync" else apsw.SQLITE_IOERR_WRITE
            )
        if self.full and operation == "write":
            raise apsw.FullError
        if self._full_after_sync and operation == "sync":
            self.full, self._full_after_sync = True, False


class _File(apsw.VFSFile):
    def __init__(self, disk: FailingVFS, name: Any, flags: list[int]) -> None:
        self._disk = disk
        super().__init__(disk.base, name, flags)

    def xLock(self, level: int) -> None:  # noqa: N802
        try:
            super().xLock(level)
        except apsw.IOError:
            # A reader that closes attempts a checkpoint; without the layer, SQLite ignores its failure.
            raise apsw.BusyError from None

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.meet("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.meet("sync")
        super().xSync(flags)


@contextmanager
def failing_disk() -> Iterator[FailingVFS]:
    disk = FailingVFS()
    try:
        yield disk
    finally:
        disk.unregister()
