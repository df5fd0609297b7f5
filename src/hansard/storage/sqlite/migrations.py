"""Applies migrations to a SQLite file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import apsw

from hansard.ids import now
from hansard.storage.sql.migrations import NOTES, Migration, Migrations
from hansard.storage.sqlite import files
from hansard.storage.sqlite.backup import backup


def applied(connection: apsw.Connection) -> dict[int, str]:
    """Return the checksums of the applied migrations, by number."""
    rows = connection.execute("SELECT number, checksum FROM migrations")
    return dict(cast("Any", rows.fetchall()))


def scripts(migrations: Migrations) -> list[str]:
    """Return the SQL that creates a new database."""
    return [NOTES["sqlite"], *(_script(migration) for migration in migrations.all)]


def _script(migration: Migration) -> str:
    note = f"VALUES ({migration.number}, '{migration.name}', '{migration.checksum}')"
    return f"{migration.text};\nINSERT INTO migrations {note};"


def migrate(
    migrations: Migrations, connection: apsw.Connection, path: Path, *, apply: bool
) -> Path | None:
    """Apply pending migrations after a backup in the same directory; return the backup, or None if nothing was
    pending.

    Without `apply`, raises SchemaOutdated if migrations are pending.
    """
    numbers = applied(connection)
    pending = migrations.pending(numbers)
    if not apply:
        migrations.refuse(pending)
    if not pending or not apply:
        return None
    copy = path.with_name(f"{path.name}.schema{max(numbers)}.{now():%Y%m%dT%H%M%S}.backup")
    backup(connection, copy)
    _apply(migrations, connection, pending, path, copy)
    return copy


def _apply(
    migrations: Migrations,
    connection: apsw.Connection,
    pending: list[Migration],
    path: Path,
    copy: Path,
) -> None:
    """Apply all migrations or none; the copy is removed if the database was not changed."""
    migration = pending[0]
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 0)  # a declared type is changed in place
    try:
        with connection:
            for migration in pending:
                connection.execute(_script(migration)).fetchall()  # or it ends at the first row
            connection.pragma("user_version", migrations.latest)
    except apsw.IOError as error:  # the outcome is unknown
        raise files.translate(error, path) from error
    except apsw.Error as error:
        copy.unlink()
        kind = type(files.translate(error, path))
        raise kind(f"{migration.label} failed, and nothing was changed: {error}.") from error
