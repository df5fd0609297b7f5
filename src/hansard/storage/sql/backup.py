"""Copies of a SQLite database that can be trusted: made while it is in use, checked before they count."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import apsw

from hansard.errors import NotADatabase, StorageError
from hansard.storage import files

PAGES = 1_000
"""How much is copied at a time."""


def backup(connection: apsw.Connection, target: Path) -> None:
    """Copy an open database to a new file; the copy is whole, checked and on the disk, or not there."""
    draft = target.with_name(f"{target.name}.{os.getpid()}.new")
    try:
        copy = apsw.Connection(str(draft))
        try:
            with copy.backup("main", connection, "main") as running:
                while not running.done:
                    running.step(PAGES)
            copy.pragma("journal_mode", "delete")
            check(copy, draft)
        finally:
            copy.close()
        files.flush(draft)
        if target.exists():
            raise StorageError(f"{target} exists already.")
        draft.rename(target)
        files.flush(target.parent)
    except OSError as error:
        raise files.from_os(error, target) from error
    except apsw.Error as error:
        raise files.translate(error, target) from error
    finally:
        draft.unlink(missing_ok=True)


def check(connection: apsw.Connection, path: Path) -> None:
    """Read the whole database and every index; raises NotADatabase with the first finding."""
    findings = cast("Any", connection.execute("PRAGMA integrity_check(1)").fetchall())
    if findings != [("ok",)]:
        raise NotADatabase(f"{path} is damaged: {findings[0][0]}.")
    broken = cast("Any", connection.execute("PRAGMA foreign_key_check").fetchall())
    if broken:
        raise NotADatabase(f"{path} is damaged: a row of {broken[0][0]} refers to nothing.")
