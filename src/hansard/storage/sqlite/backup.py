"""Backup and restore of a SQLite database: copies are made while it is in use, and are checked.

During a restore the database never disappears, even in a power failure: the old file gets a second name, then the copy
replaces it under the first one. The log of the old file, which would damage the new one, is moved away before.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import apsw

from hansard.atomic_files import SIDES, beside, draft, flush
from hansard.errors import AlreadyExists, NotADatabase
from hansard.storage.sqlite import files
from hansard.storage.sqlite.write_ahead_log import set_apart

PAGES = 1_000
"""Pages that are copied at a time."""


def backup(connection: apsw.Connection, target: Path) -> None:
    """Copy an open database to a new file. The copy is complete, checked and flushed, or does not exist."""
    try:
        for there in (target, *(beside(target, suffix) for suffix in SIDES)):
            if there.exists():
                raise AlreadyExists(f"{there} exists already.")
        with draft(target) as draft_file:
            copy(connection, draft_file, "delete")
    except OSError as error:
        raise files.from_os(error, target) from error
    except apsw.Error as error:
        raise files.translate(error, target) from error


def copy(connection: apsw.Connection, empty: Path, journal_mode: str) -> None:
    """Write a checked copy without side files.

    It is a snapshot of one moment: without a transaction, each commit of another process would restart it.
    """
    target = apsw.Connection(str(empty))
    try:
        connection.execute("BEGIN")
        try:
            connection.execute("SELECT count(*) FROM migrations").fetchall()
            with target.backup("main", connection, "main") as running:
                while not running.done:
                    running.step(PAGES)
        finally:
            connection.execute("COMMIT")
        set_apart(target)
        target.pragma("journal_mode", journal_mode)
        check(target, empty)
    finally:
        target.close()


def restore(source: apsw.Connection, path: Path, aside: Path) -> None:
    """Replace the database at `path`, which the caller owns, by a checked copy of `source`.

    The replaced database is then at `aside`, with its log.
    """
    try:
        with draft(path) as draft_file:
            copy(source, draft_file, "wal")
            flush(draft_file)
            if path.exists():
                os.link(path, aside)
            beside(path, "-shm").unlink(missing_ok=True)
            if beside(path, "-wal").exists():
                beside(path, "-wal").rename(beside(aside, "-wal"))
            flush(path.parent)
    except OSError as error:
        raise files.from_os(error, path) from error
    except apsw.Error as error:
        raise files.translate(error, path) from error


def check(connection: apsw.Connection, path: Path) -> None:
    """Read the whole database and every index. Raises NotADatabase with the first problem."""
    findings = cast("Any", connection.execute("PRAGMA integrity_check(1)").fetchall())
    if findings != [("ok",)]:
        raise NotADatabase(f"{path} is damaged: {findings[0][0]}.")
    broken = cast("Any", connection.execute("PRAGMA foreign_key_check").fetchall())
    if broken:
        raise NotADatabase(f"{path} is damaged: a row of {broken[0][0]} refers to a missing row.")
