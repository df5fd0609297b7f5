"""The write-ahead log beside a database: whether it belongs to the file, and whether it is really on the disk.

**Belonging.** A log holds pages that replace those of the file, and SQLite asks only whether the log is whole. A copy
that is put over a database whose log was left would be mixed with it. So the database keeps a *mark*, beside its
migrations under number 0: a random text, with the one before it. It changes with the first commit after the log was
folded into the file, and so it stands in every log, with the mark that the file had when the log began. An owner that
comes upon a log compares: the file alone must have the log's mark, or the one before. When an owner begins to write,
the mark changes in the file too, so that a copy from before is known by it even if nothing else had changed.

**On the disk.** After a failed flush the operating system may take for written what is not on the disk, and no later
flush brings it there. So a log that was left, or that failed, is written again where it is before anything is added.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import apsw

from hansard.atomic_files import beside
from hansard.errors import StorageError
from hansard.storage.sqlite.files import CHECKPOINT_PAGES

PIECE = 64 * 1024
"""Bytes; the engine's file layer writes no more than 128 KiB at once."""

_MARK = "SELECT name, checksum FROM migrations WHERE number = 0"
_CHANGE = (
    "INSERT INTO migrations (number, name, checksum) VALUES (0, '', ?) "
    "ON CONFLICT (number) DO UPDATE SET name = checksum, checksum = excluded.checksum"
)


class WriteAheadLog:
    """The log of a database, in the hands of the file's owner."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.path = beside(file, "-wal")
        self._name = str(self.path)
        self._pages = 0
        self._mark_is_due = False
        self._identity: tuple[int, int] | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def recover(self) -> None:
        """Judge what another process left, before SQLite reads it; raises StorageError if it is another file's."""
        if not self.size:
            return
        if not self.file.exists():
            raise StorageError(f"{self.path} is there, and its database is not. {self._way_out()}")
        self.write_again()
        if not self._belongs():
            raise StorageError(
                f"{self.path} was written for another state of {self.file}, as when a copy was put in its place. "
                + self._way_out()
            )

    def write_again(self) -> None:
        """Write the log's bytes where they are, and flush them; raises an engine's error."""
        flags = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_READWRITE
        log = apsw.VFSFile("", str(self.path), [flags, 0])
        try:
            size = log.xFileSize()
            for offset in range(0, size, PIECE):
                log.xWrite(log.xRead(min(PIECE, size - offset), offset), offset)
            log.xSync(apsw.SQLITE_SYNC_FULL)
        finally:
            log.xClose()

    def begin(self, connection: apsw.Connection) -> None:
        """Have the connection write, and let the file show that its owner began to."""
        connection.set_wal_hook(self._hear)
        if self._fold(connection):
            set_apart(connection)
            self._mark_is_due = (
                False  # a second mark in a log that cannot be folded is unknown to the file
            )
            self._fold(connection)

    def mark(self, connection: apsw.Connection) -> None:
        """Have a transaction that writes change the mark, if it is the first since the log was folded."""
        if self._mark_is_due:
            set_apart(connection)

    def committed(self, connection: apsw.Connection) -> None:
        """A transaction that wrote was committed."""
        self._mark_is_due = False
        if self._pages >= CHECKPOINT_PAGES:
            self._fold(connection)

    def empty(self, connection: apsw.Connection) -> None:
        """Fold all of the log into the file and empty it; raises apsw.BusyError if a reader is in the way."""
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        self._mark_is_due, self._pages = True, 0

    def holds(self) -> bool:
        """Whether the log that is written to still has its name."""
        try:
            there = os.stat(self._name)  # noqa: PTH116 - is asked often
        except OSError:
            return self._identity is None
        self._identity = self._identity or (there.st_dev, there.st_ino)
        return self._identity == (there.st_dev, there.st_ino)

    def _hear(self, _: apsw.Connection, __: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK

    def _fold(self, connection: apsw.Connection) -> bool:
        """Fold what readers do not need out of the log; whether the file has all of it."""
        with suppress(apsw.Error):  # the log has it still
            pages, folded = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            self._pages = pages if pages != folded else 0
            self._mark_is_due = pages == folded
            return self._mark_is_due
        return False

    def _belongs(self) -> bool:
        log = self._ask("", _mark_of)
        file = self._ask("?immutable=1", _mark_of)
        if log is not None and log[1] and file is not None:
            return file[1] in log
        # An older program's log has no mark; and a file that was being folded into may not be readable alone.
        return self._ask("", _is_sound) is True

    def _ask(self, how: str, question: Callable[[apsw.Connection], Any]) -> Any:
        """What the file answers, with its log or as if there were none; None if it cannot be read so."""
        flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        try:
            connection = apsw.Connection(f"file:{quote(str(self.file))}{how}", flags=flags)
            try:
                connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
                return question(connection)
            finally:
                connection.close()
        except apsw.Error:
            return None

    def _way_out(self) -> str:
        return (
            "To go back to a backup: `hansard db restore FILE`. To keep what is there and forgo what the log "
            f"holds, move {self.path} to another folder."
        )


def set_apart(connection: apsw.Connection) -> None:
    """Change a database's mark: a log that was written before is not of this file."""
    connection.execute(_CHANGE, (secrets.token_hex(16),))


def _mark_of(connection: apsw.Connection) -> tuple[str, str]:
    """The mark before, and the mark."""
    rows = cast("Any", connection.execute(_MARK).fetchall())
    return rows[0] if rows else ("", "")


def _is_sound(connection: apsw.Connection) -> bool:
    return cast("Any", connection.execute("PRAGMA quick_check(1)").fetchall()) == [("ok",)]
