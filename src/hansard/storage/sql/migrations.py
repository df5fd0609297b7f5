"""Numbered migrations, kept as SQL for each engine, and the rules for applying them.

A file is named ``NNNN_what.sql``; numbers count from 1 without a gap. What was applied is noted in the
database with its checksum, so that a changed history is noticed. A database that is ahead of the program
is refused; one that is behind is brought up under a lock, in a transaction, after a backup, or refused.

PostgreSQL has functions besides, in ``functions.sql``. They hold no data, so that file is applied as a whole
whenever it has changed, and is noted under the number 0.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import apsw

from hansard.errors import SchemaOutdated, SchemaTooNew, StorageError
from hansard.ids import now
from hansard.storage import files
from hansard.storage.sql import conditions, packaged
from hansard.storage.sql.backup import backup
from hansard.storage.sql.statements import statements

_FILE = re.compile(r"(\d{4})_(\w+)\.sql")

LOCK = 0x48534E44
"""The advisory lock under which PostgreSQL is migrated."""

NOTES = {
    "sqlite": (
        "CREATE TABLE IF NOT EXISTS migrations "
        "(number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT"
    ),
    "postgres": (
        "CREATE TABLE IF NOT EXISTS hansard.migrations "
        "(number bigint PRIMARY KEY, name text NOT NULL, checksum text NOT NULL)"
    ),
}


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    text: str

    @property
    def label(self) -> str:
        return f"{self.number:04d}_{self.name}"

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


class Migrations:
    """One engine's migrations, in order."""

    def __init__(self, found: list[Migration], functions: Migration | None = None) -> None:
        self.functions = functions
        self.all = sorted(found, key=lambda migration: migration.number)
        numbers = [migration.number for migration in self.all]
        if numbers != list(range(1, len(numbers) + 1)):
            raise StorageError(f"The migrations are not numbered 1, 2, 3, …: {numbers}")

    @classmethod
    def builtin(cls, engine: str) -> Migrations:
        return cls.load(packaged.FOLDER / "migrations" / engine)

    @classmethod
    def load(cls, *directories: Path) -> Migrations:
        found: list[Migration] = []
        functions: Migration | None = None
        for directory in directories:
            for path in packaged.listed(directory):
                if name := _FILE.fullmatch(path.name):
                    found.append(Migration(int(name[1]), name[2], packaged.text_of(path)))
                elif path.name == "functions.sql":
                    functions = Migration(0, "functions", packaged.text_of(path))
        return cls(found, functions)

    @property
    def latest(self) -> int:
        return len(self.all)

    def pending(self, applied: dict[int, str]) -> list[Migration]:
        """Those that a database does not have yet; raises if its history is not ours."""
        newest = max(applied, default=0)
        if newest > self.latest:
            raise SchemaTooNew(
                f"The database has schema {newest}, this program knows {self.latest}: "
                "use a newer Hansard."
            )
        for migration in self.all[:newest]:
            if applied.get(migration.number) != migration.checksum:
                raise StorageError(
                    f"Migration {migration.number} was applied to this database in another form."
                )
        pending = self.all[newest:]
        if self.functions and applied.get(0) != self.functions.checksum:
            pending.append(self.functions)
        return pending

    def refuse(self, pending: list[Migration]) -> None:
        if pending:
            names = ", ".join(migration.label for migration in pending)
            raise SchemaOutdated(f"The database lacks {names}: run `hansard db migrate`.")

    # SQLite

    def texts(self) -> list[str]:
        """Everything that makes a new SQLite database."""
        return [NOTES["sqlite"], *(self._noted(migration) for migration in self.all)]

    def _noted(self, migration: Migration) -> str:
        note = f"VALUES ({migration.number}, '{migration.name}', '{migration.checksum}')"
        return f"{migration.text};\nINSERT INTO migrations {note};"

    def bring_up_sqlite(
        self, connection: apsw.Connection, path: Path, *, apply: bool
    ) -> Path | None:
        """Apply what is pending, after a backup beside the file, which is returned; without `apply`, refuse."""
        applied = applied_sqlite(connection)
        pending = self.pending(applied)
        if not apply:
            self.refuse(pending)
        if not pending or not apply:
            return None
        kept = path.with_name(f"{path.name}.schema{max(applied)}.{now():%Y%m%dT%H%M%S}.backup")
        backup(connection, kept)
        self._apply_sqlite(connection, pending, path, kept)
        return kept

    def _apply_sqlite(
        self, connection: apsw.Connection, pending: list[Migration], path: Path, kept: Path
    ) -> None:
        """All of it or nothing; a copy of what was not changed is not kept."""
        migration = pending[0]
        try:
            with connection:
                for migration in pending:
                    connection.execute(self._noted(migration))
                connection.pragma("user_version", self.latest)
        except apsw.IOError as error:  # whether it was kept is not known
            raise files.translate(error, path) from error
        except apsw.Error as error:
            kept.unlink()
            kind = type(files.translate(error, path))
            raise kind(f"{migration.label} failed, and nothing was changed: {error}.") from error

    # PostgreSQL

    async def bring_up_postgres(
        self, connection: Any, *, apply: bool, readonly: bool = False
    ) -> list[Migration]:
        """Apply what is pending, all or nothing, one process at a time; without `apply`, refuse.

        Nothing is done where the record would not be safe: see `conditions`.
        """
        async with connection.transaction():
            await conditions.check(connection, readonly=readonly)
            if not apply:
                self.refuse(self.pending(await applied_postgres(connection)))
                return []
            await connection.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
            pending = self.pending(await applied_postgres(connection))
            if pending:
                await connection.execute("CREATE SCHEMA IF NOT EXISTS hansard")
                await connection.execute(NOTES["postgres"])
            for migration in pending:
                await _apply_postgres(connection, migration)
            from hansard.storage.sql import roles  # noqa: PLC0415 - an extra's driver

            await roles.grant(connection)
        return pending


async def applied_postgres(connection: Any) -> dict[int, str]:
    if await connection.fetchval("SELECT to_regclass('hansard.migrations')") is None:
        return {}
    return dict(await connection.fetch(statements("postgres")["migrations"]))


async def _apply_postgres(connection: Any, migration: Migration) -> None:
    import asyncpg  # noqa: PLC0415 - an extra's

    note = statements("postgres")["note"]
    try:
        await connection.execute(migration.text)
        await connection.execute(note, migration.number, migration.name, migration.checksum)
    except asyncpg.PostgresError as error:
        if connection.is_closed():
            raise
        said = f"{migration.label} failed, and nothing was changed: {error}."
        raise StorageError(said) from error


def applied_sqlite(connection: apsw.Connection) -> dict[int, str]:
    """The numbers and checksums of the migrations that a database has."""
    noted = connection.execute("SELECT number, checksum FROM migrations")
    return dict(cast("Any", noted.fetchall()))
