"""A SQLite file: its path, creation, settings and errors.

A path may contain links; the file is what they point to, and its related files (log, lock, drafts) are beside it. The
settings that durability depends on are read back after they were set.
"""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import apsw

from hansard.atomic_files import draft, located
from hansard.errors import (
    DatabaseInUse,
    DatabaseReadOnly,
    NotADatabase,
    StorageError,
    StorageFull,
    UnsafeEngine,
    Unstorable,
)

APPLICATION_ID = 0x48534E44
"""``HSND``: the application id in the file's header."""
FLOOR = (3, 53, 2)
"""The oldest allowed version: earlier ones have a race that can damage the file, and an overflow in the search
index.
"""
BUSY_MS = 5_000
CHECKPOINT_PAGES = 4_000
"""Pages in the log after which it is checkpointed."""
CACHE_KIB = 32_768
ROOM = 256 * 1024
"""Free bytes that a disk needs to count as writable again after it was full."""

_SETTINGS: dict[str, Any] = {
    "synchronous": 2,
    "foreign_keys": 1,
    "recursive_triggers": 1,
    "secure_delete": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "mmap_size": 0,
    "cache_size": -CACHE_KIB,
    "temp_store": 2,
    "journal_size_limit": 64 * 1024 * 1024,
}
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"}


def check_engine(version: str = apsw.sqlite_lib_version()) -> None:
    """Raise UnsafeEngine if the SQLite library is too old."""
    if tuple(int(part) for part in version.split(".")) < FLOOR:
        floor = ".".join(map(str, FLOOR))
        raise UnsafeEngine(
            f"SQLite {version} is too old to be safe; {floor} is the oldest allowed."
        )


def connect(
    path: Path, *, readonly: bool = False, vfs: str | None = None, locked: bool = False
) -> apsw.Connection:
    """Open a file with all safety settings, and check that they apply.

    `vfs` names another file layer. With `locked` the engine takes no locks against other threads, because the caller
    has one for all that it does with the connection.
    """
    flags = apsw.SQLITE_OPEN_READONLY if readonly else apsw.SQLITE_OPEN_READWRITE
    if locked:
        flags |= apsw.SQLITE_OPEN_NOMUTEX
    try:
        connection = apsw.Connection(str(path), flags=flags, vfs=vfs, statementcachesize=256)
        connection.set_busy_timeout(BUSY_MS)
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        # Query plans must not depend on bound values, or statements may be prepared again each time (20 µs).
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
        _check_ours(connection, path)
        _set(connection, readonly)
    except apsw.Error as error:
        raise translate(error, path) from error
    return connection


def _check_ours(connection: apsw.Connection, path: Path) -> None:
    application = connection.pragma("application_id")
    if application != APPLICATION_ID:
        raise NotADatabase(f"{path} is not a Hansard database.")


def _set(connection: apsw.Connection, readonly: bool) -> None:
    for name, value in _SETTINGS.items():
        if readonly and name == "journal_size_limit":
            continue
        connection.pragma(name, value)
        actual = connection.pragma(name)
        if actual != value:
            raise UnsafeEngine(f"SQLite reports {name}={actual}, but {value} is required.")
    mode = connection.pragma("journal_mode")
    if mode == "delete":  # a backup, which is one file and is read without a log
        mode = "wal" if readonly else connection.pragma("journal_mode", "wal")
    if mode != "wal":
        raise UnsafeEngine(f"The database is in {mode} mode; the write-ahead log is required.")
    connection.wal_autocheckpoint(0 if readonly else CHECKPOINT_PAGES)
    if readonly:
        connection.pragma("query_only", 1)


def create(path: Path, statements: list[str], schema_version: int) -> None:
    """Create a new database completely or not at all. The caller owns the file and has checked that it does not
    exist.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with draft(path) as draft_file:
            connection = apsw.Connection(str(draft_file))
            try:
                connection.pragma("journal_mode", "wal")
                with connection:
                    for statement in statements:
                        connection.execute(statement).fetchall()  # or it ends at the first row
                    connection.pragma("application_id", APPLICATION_ID)
                    connection.pragma("user_version", schema_version)
            finally:
                connection.close()
    except OSError as error:
        raise from_os(error, path) from error
    except apsw.Error as error:
        raise translate(error, path) from error


def locate(path: str | Path) -> Path:
    """Return the file of a database's path. Raises StorageError if its links form a loop."""
    try:
        return located(Path(path))
    except OSError as error:
        raise from_os(error, Path(path)) from error


def identity(path: Path) -> str | None:
    """Return a file's path, device and inode; None if it does not exist."""
    try:
        status = path.stat()
    except OSError:
        return None
    return f"{path} (device {status.st_dev}, inode {status.st_ino})"


def has_room(directory: Path) -> bool:
    """Return whether a small file can be written; where quotas are set, free space alone does not tell."""
    try:
        with tempfile.TemporaryFile(dir=directory) as trial:
            os.posix_fallocate(trial.fileno(), 0, ROOM)
    except OSError:
        return False
    return True


def check_filesystem(path: Path) -> None:
    """Raise StorageError for network file systems, on which the write-ahead log does not work."""
    if allows_network():
        return
    kind = _filesystem(path.parent)
    if kind in _NETWORK:
        raise UnsafeEngine(
            f"{path} is on a network file system ({kind}), where SQLite can lose data. "
            "Choose a local disk, or PostgreSQL."
        )


def allows_network() -> bool:
    return os.environ.get("HANSARD_ALLOW_NETWORK_FILESYSTEM") == "1"


def _filesystem(directory: Path) -> str:
    """Return the type of the file system of a directory; empty if it is unknown."""
    try:
        mounts = Path("/proc/self/mounts").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    inside = str(directory.resolve()).rstrip("/") + "/"
    best, kind = "", ""
    for line in mounts:
        fields = line.split()
        point = fields[1].encode().decode("unicode_escape").rstrip("/") + "/"
        if inside.startswith(point) and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind


def from_os(error: OSError, path: Path) -> StorageError | StorageFull:
    """Return the error of the database for an error of the operating system."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(f"There is no space left on the disk of {path}.")
    if error.errno == errno.ELOOP:
        return StorageError(f"{path} is a link that leads back to itself. Remove or correct it.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return DatabaseReadOnly(f"{path} cannot be written: {os.strerror(error.errno)}.")
    return StorageError(f"{path}: {error.strerror}.")


_MEANINGS: tuple[
    tuple[tuple[type[apsw.Error], ...], type[StorageError | StorageFull], str], ...
] = (
    ((apsw.FullError,), StorageFull, "There is no space left on the disk of {path}."),
    (
        (apsw.NotADBError, apsw.CorruptError),
        NotADatabase,
        "{path} is not a Hansard database, or is damaged: {error}.",
    ),
    ((apsw.ReadOnlyError, apsw.PermissionsError), DatabaseReadOnly, "{path} cannot be written."),
    ((apsw.BusyError, apsw.LockedError), DatabaseInUse, "{path} is locked by another program."),
    ((apsw.TooBigError, apsw.MismatchError), Unstorable, "{path} cannot store this: {error}."),
    ((apsw.CantOpenError,), StorageError, "{path} cannot be opened: {reason}."),
    ((apsw.Error,), StorageError, "{path}: {error}."),
)


def translate(error: apsw.Error, path: Path) -> StorageError | StorageFull:
    """Return the error of the database for an error of SQLite."""
    if path.is_dir():
        return StorageError(f"{path} is a directory.")
    meaning, text = next((m, text) for kinds, m, text in _MEANINGS if isinstance(error, kinds))
    return meaning(text.format(path=path, error=error, reason=_why_not(path)))


def _why_not(path: Path) -> str:
    if not path.exists():
        return "the file does not exist"
    return "permission denied" if not os.access(path, os.R_OK) else "the directory is read-only"
