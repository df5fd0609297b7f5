"""Numbered migrations as SQL files for each engine, and the rules for applying them.

A file is named ``NNNN_what.sql``; numbers count from 1 without gaps. Applied migrations are stored in the database
with their checksums, so that a changed migration is detected. A database with a newer schema is refused; one with an
older schema is migrated under a lock, in a transaction, after a backup, or refused.

PostgreSQL also has functions, in ``functions.sql``. They contain no data, so the whole file is applied when it has
changed; it has the number 0.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from hansard.errors import SchemaOutdated, SchemaTooNew, StorageError
from hansard.storage.sql import packaged

_FILE = re.compile(r"(\d{4})_(\w+)\.sql")

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
    """The migrations of one engine, in order."""

    def __init__(self, migrations: list[Migration], functions: Migration | None = None) -> None:
        self.functions = functions
        self.all = sorted(migrations, key=lambda migration: migration.number)
        numbers = [migration.number for migration in self.all]
        if numbers != list(range(1, len(numbers) + 1)):
            raise StorageError(f"The migrations are not numbered 1, 2, 3, …: {numbers}")

    @classmethod
    def builtin(cls, engine: str) -> Migrations:
        return cls.load(packaged.FOLDER / "migrations" / engine)

    @classmethod
    def load(cls, *directories: Path) -> Migrations:
        migrations: list[Migration] = []
        functions: Migration | None = None
        for directory in directories:
            for path in packaged.listed(directory):
                if name := _FILE.fullmatch(path.name):
                    migrations.append(Migration(int(name[1]), name[2], packaged.text_of(path)))
                elif path.name == "functions.sql":
                    functions = Migration(0, "functions", packaged.text_of(path))
        return cls(migrations, functions)

    @property
    def latest(self) -> int:
        return len(self.all)

    def pending(self, applied: dict[int, str]) -> list[Migration]:
        """Return the migrations that a database lacks. Raises SchemaTooNew if it has others."""
        newest = max(applied, default=0)
        if newest > self.latest:
            raise SchemaTooNew(
                f"The database has schema {newest}, this program knows {self.latest}: "
                "use a newer Hansard."
            )
        for migration in self.all[:newest]:
            if applied.get(migration.number) != migration.checksum:
                raise StorageError(
                    f"Migration {migration.number} was applied to this database with another content."
                )
        pending = self.all[newest:]
        if self.functions and applied.get(0) != self.functions.checksum:
            pending.append(self.functions)
        return pending

    def refuse(self, pending: list[Migration]) -> None:
        if pending:
            names = ", ".join(migration.label for migration in pending)
            raise SchemaOutdated(f"The database lacks {names}: run `hansard db migrate`.")
