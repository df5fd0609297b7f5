"""What the compressed values of a SQLite file hold, for tests that search a file for something."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw

from hansard.storage.sql import packed
from hansard.storage.tables import SCHEMA


def unpacked(path: Path) -> str:
    """Return all values of the packed columns of a file."""
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        columns = [(table.name, name) for table in SCHEMA.tables for name in table.packed]
        return "\n".join(
            packed.unpack(value)
            for table, name in columns
            for (value,) in connection.execute(f'SELECT "{name}" FROM {table}')
        )
