"""SQLite without Hansard under the same faults: a control that shows which of the two failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import apsw

from hansard.torture.ledger import texts_of


def opened(path: Path) -> apsw.Connection:
    """Open a database with the most durable settings that SQLite has."""
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", 2)
    connection.execute("CREATE TABLE IF NOT EXISTS texts (text TEXT PRIMARY KEY) STRICT")
    return connection


def store(connection: apsw.Connection, step: str) -> None:
    """Store the texts of a step in one transaction. Storing them again changes nothing."""
    with connection:
        rows = [(text,) for text in texts_of(step)]
        connection.executemany("INSERT OR IGNORE INTO texts VALUES (?)", rows)


def stored(path: Path) -> list[str]:
    connection = opened(path)
    try:
        return texts(connection)
    finally:
        connection.close()


def texts(connection: apsw.Connection) -> list[str]:
    rows = cast("list[Any]", connection.execute("SELECT text FROM texts").fetchall())
    return [text for (text,) in rows]
