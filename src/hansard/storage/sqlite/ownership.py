"""Ownership of a database file: one process at a time may write, while it holds two locks.

One is on the file ``NAME.lock``, which describes the owner; the other is on the database itself, since people delete
lock files. The operating system releases both however the process ends.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any, cast

import apsw

from hansard import atomic_files
from hansard.errors import DatabaseInUse
from hansard.storage.sqlite.files import allows_network, from_os

_parked: list[tuple[int, Path]] = []
"""Descriptors that must stay open for now: see `_let_go`."""
_owned: set[tuple[int, int]] = set()
"""The device and inode of each file that this process owns."""


class Ownership:
    """The right to write to a file, whose path is resolved with `atomic_files.located`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.path = atomic_files.beside(file, ".lock")
        self._name = str(file)
        self._side: int | None = None
        self._held: int | None = None
        self._identity: tuple[int, int] | None = None

    def take(self) -> None:
        """Take both locks. Raises DatabaseInUse, with the owner's details, if another process has them."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._side = _open_locked(self.path, os.O_RDWR | os.O_CREAT, self.file)
            if self.file.exists():
                self.hold()
            self.announce()
        except OSError as error:
            self.release()
            raise from_os(error, self.path) from error
        except DatabaseInUse:
            self.release()
            raise

    @property
    def descriptor(self) -> int | None:
        """The owned file, open for reading until it is released; None if none is owned."""
        return self._held

    def hold(self) -> None:
        """Lock the database file, which must exist. Raises DatabaseInUse if it is locked."""
        there = self.file.stat()
        if (there.st_dev, there.st_ino) in _owned:
            raise DatabaseInUse(f"{self.file} is being written by this process.", pid=os.getpid())
        self._held = _open_locked(self.file, os.O_RDONLY, self.file)
        there = os.fstat(self._held)
        self._identity = (there.st_dev, there.st_ino)
        _owned.add(self._identity)

    def announce(self, **facts: Any) -> None:
        """Write details about this process for others that find the file locked."""
        if self._side is not None:
            text = json.dumps({"pid": os.getpid(), **facts}).encode()
            os.ftruncate(self._side, 0)
            os.pwrite(self._side, text, 0)

    def holds(self) -> bool:
        """Whether the owned file is still the one at its path."""
        try:
            there = os.stat(self._name)  # noqa: PTH116 - is called often
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == self._identity

    def release(self) -> None:
        """Release both locks; all connections of this process must be closed."""
        if self._held is not None:
            _owned.discard(cast("tuple[int, int]", self._identity))
            _let_go(self._held, self.file)
        if self._side is not None:
            os.ftruncate(self._side, 0)
            os.close(self._side)
        self._held = self._side = self._identity = None


def writer_of(path: Path) -> dict[str, Any] | None:
    """Return the details of the process that owns a file; None if nobody does."""
    ownership = Ownership(atomic_files.located(path))
    if not ownership.path.exists() and not ownership.file.exists():
        return None
    try:
        ownership.take()
    except DatabaseInUse as error:
        return error.details
    ownership.release()
    return None


def _open_locked(path: Path, flags: int, file: Path) -> int:
    """Return a descriptor with the lock of the file that has this name. Raises DatabaseInUse."""
    while True:
        descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
        try:
            if path != file or (atomic_files.LOCKS and not allows_network()):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            error = _in_use(file, {} if path == file else _facts(descriptor))
            _let_go(descriptor, path)
            raise error from None
        if atomic_files.is_at(descriptor, path):
            return descriptor
        _let_go(descriptor, path)


def _in_use(file: Path, owner: dict[str, Any]) -> DatabaseInUse:
    who = f"process {owner['pid']}" if "pid" in owner else "another process"
    where = f", the server at {owner['url']}" if "url" in owner else ""
    return DatabaseInUse(f"{file} is being written by {who}{where}.", **owner)


def _facts(descriptor: int) -> dict[str, Any]:
    try:
        facts = json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:
        return {}
    return cast("dict[str, Any]", facts) if isinstance(facts, dict) else {}


def _let_go(descriptor: int, path: Path) -> None:
    """Unlock, and close the descriptor when no connection of this process has the file open.

    Closing any descriptor of a file releases all locks of the process on it, including SQLite's.
    """
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    _parked.append((descriptor, path))
    try:
        connected = {connection.filename for connection in apsw.connections()}
    except (apsw.ConnectionClosedError, apsw.ThreadingViolationError):
        return  # used by another thread: the next release of a file closes this one too
    for parked in [parked for parked in _parked if str(parked[1]) not in connected]:
        _parked.remove(parked)
        os.close(parked[0])
