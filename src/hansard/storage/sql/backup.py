"""Copies of a SQLite database that can be trusted: made while it is in use, checked before they count.

And putting one back. The database is never missing, not even for a moment in which the power may fail: the copy
takes the name from the file that has it, which has another name besides by then, and the log of the old
file, which would damage the new one, is out of the way before.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import apsw

from hansard.errors import AlreadyExists, NotADatabase
from hansard.storage import files

PAGES = 1_000
"""How much is copied at a time."""


def backup(connection: apsw.Connection, target: Path) -> None:
    """Copy an open database to a new file; the copy is whole, checked and on the disk, or not there."""
    draft = target.with_name(f"{target.name}.{os.getpid()}.new")
    try:
        if target.exists():
            raise AlreadyExists(f"{target} exists already.")
        copy(connection, draft, "delete")
        draft.rename(target)
        files.flush(target.parent)
    except OSError as error:
        raise files.from_os(error, target) from error
    except apsw.Error as error:
        raise files.translate(error, target) from error
    finally:
        draft.unlink(missing_ok=True)


def copy(connection: apsw.Connection, draft: Path, journal_mode: str) -> None:
    """A checked copy on the disk, without side files."""
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    made = apsw.Connection(str(draft))
    try:
        with made.backup("main", connection, "main") as running:
            while not running.done:
                running.step(PAGES)
        made.pragma("journal_mode", journal_mode)
        check(made, draft)
    finally:
        made.close()
    files.flush(draft)


def restore(source: apsw.Connection, path: Path, aside: Path) -> None:
    """Put a checked copy of `source` in the place of the database at `path`, which the caller owns.

    What is there is then at `aside`, with its log.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        copy(source, draft, "wal")
        if path.exists():
            os.link(path, aside)
        _beside(path, "-shm").unlink(missing_ok=True)
        if _beside(path, "-wal").exists():
            _beside(path, "-wal").rename(_beside(aside, "-wal"))
        files.flush(path.parent)
        draft.rename(path)
        files.flush(path.parent)
    except OSError as error:
        raise files.from_os(error, path) from error
    except apsw.Error as error:
        raise files.translate(error, path) from error
    finally:
        for suffix in ("", "-wal", "-shm"):
            _beside(draft, suffix).unlink(missing_ok=True)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def check(connection: apsw.Connection, path: Path) -> None:
    """Read the whole database and every index; raises NotADatabase with the first finding."""
    findings = cast("Any", connection.execute("PRAGMA integrity_check(1)").fetchall())
    if findings != [("ok",)]:
        raise NotADatabase(f"{path} is damaged: {findings[0][0]}.")
    broken = cast("Any", connection.execute("PRAGMA foreign_key_check").fetchall())
    if broken:
        raise NotADatabase(f"{path} is damaged: a row of {broken[0][0]} refers to nothing.")
