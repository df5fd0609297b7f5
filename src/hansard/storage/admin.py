"""Administration of a database, by its address: migration, copies, sizes and verification.

Using a database needs none of this. Functions that only read can run beside a running server; those that change a
SQLite file need to own it. A memory database needs no administration, and PostgreSQL has its own tools for copies.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import apsw
import msgspec

from hansard.errors import (
    InvalidInput,
    NotADatabase,
    StorageError,
)
from hansard.ids import now
from hansard.storage import verification
from hansard.storage.base import Storage
from hansard.storage.memory.storage import MemoryStorage
from hansard.storage.query import Query
from hansard.storage.sql import catalog
from hansard.storage.sql.migrations import Migration, Migrations
from hansard.storage.sqlite import backup as copies
from hansard.storage.sqlite import files
from hansard.storage.sqlite import migrations as sqlite_migrations
from hansard.storage.sqlite.ownership import Ownership, writer_of
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.storage.sqlite.write_ahead_log import WriteAheadLog
from hansard.storage.tables import SCHEMA
from hansard.storage.urls import storage_for
from hansard.storage.verification import Finding, Verification

if TYPE_CHECKING:
    from hansard.storage.postgres.storage import PostgresStorage


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The schema that a database has, and the one that this program needs."""

    engine: str
    schema: int
    needed: int
    pending: list[str]
    """The migrations that it lacks."""
    differences: list[str]
    """Differences between its tables and the declarations; empty while migrations are pending."""


class Migrated(msgspec.Struct, frozen=True, kw_only=True):
    applied: list[str]
    backup: str | None = None
    """The copy of a SQLite file that was made before the migration."""


class TableSize(msgspec.Struct, frozen=True, kw_only=True):
    table: str
    rows: int
    bytes: int
    """Including its indexes."""


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """The size of a database; None for what its engine does not have."""

    engine: str
    bytes: int
    wal_bytes: int | None = None
    """The size of the log, which has not been written to the file yet."""
    page_bytes: int | None = None
    pages: int | None = None
    free_pages: int | None = None
    tables: list[TableSize]


# Schema


def server_of(file: Path) -> str | None:
    """Return the URL at which the process that writes to a SQLite file serves; None if there is none."""
    return (writer_of(file) or {}).get("url")


async def state(address: str) -> State:
    """Return the schema of a database. Raises SchemaTooNew if a newer program wrote it."""
    storage = _storage(address, readonly=True)
    if isinstance(storage, SqliteStorage):
        with _sqlite(storage.path) as connection:
            applied = sqlite_migrations.applied(connection)
            pending = storage.migrations.pending(applied)
            facts = catalog.facts_sqlite(connection) if not pending else set[str]()
        wanted = catalog.wanted_sqlite(SCHEMA) if not pending else set[str]()
        return _state("sqlite", storage.migrations, applied, pending, facts, wanted)
    from hansard.storage.postgres import migrations  # noqa: PLC0415 - an extra's driver

    async with _postgres(storage) as connection:
        applied = await migrations.applied(connection)
        pending = storage.migrations.pending(applied)
        facts = await catalog.facts_postgres(connection) if not pending else set[str]()
    wanted = catalog.wanted_postgres(SCHEMA) if not pending else set[str]()
    return _state("postgresql", storage.migrations, applied, pending, facts, wanted)


def _state(
    engine: str,
    migrations: Migrations,
    applied: dict[int, str],
    pending: list[Migration],
    facts: catalog.Facts,
    wanted: catalog.Facts,
) -> State:
    return State(
        engine=engine,
        schema=max(applied, default=0),
        needed=migrations.latest,
        pending=_names(pending),
        differences=catalog.differences(facts, wanted),
    )


async def migrate(address: str) -> Migrated:
    """Apply pending migrations. A SQLite file is copied first, and created if it does not exist."""
    storage = _storage(address)
    if not isinstance(storage, SqliteStorage):
        from hansard.storage.postgres import migrations  # noqa: PLC0415 - an extra's driver

        async with _postgres(storage) as connection:
            applied = await migrations.migrate(storage.migrations, connection, apply=True)
        return Migrated(applied=_names(applied))
    if not storage.path.exists():
        await storage.open()
        await storage.close()
        return Migrated(applied=_names(storage.migrations.all))
    with _owned(storage.path), _recovered(storage.path) as connection:
        pending = storage.migrations.pending(sqlite_migrations.applied(connection))
        kept = sqlite_migrations.migrate(storage.migrations, connection, storage.path, apply=True)
    return Migrated(applied=_names(pending), backup=None if kept is None else str(kept))


def _names(migrations: list[Migration]) -> list[str]:
    return [f"{migration.number:04d}_{migration.name}" for migration in migrations]


# Copies


def backup(address: str, target: Path) -> None:
    """Copy a SQLite database, which may be in use, to a new file."""
    path = _sqlite_path(address, "Copy PostgreSQL with pg_dump, or use `hansard export`.")
    target = target.absolute()
    if not target.parent.is_dir():
        raise InvalidInput(f"There is no directory {target.parent}.")
    with _sqlite(path) as connection:
        copies.backup(connection, target)


def restore(address: str, source: Path) -> Path | None:
    """Replace a SQLite database by a copy; return the new path of the replaced database.

    Refused while another process owns the database, and if the copy is damaged or has a newer schema.
    """
    path = _sqlite_path(
        address,
        "Restore PostgreSQL with pg_restore, or read an export with `hansard import`.",
    )
    source = source.resolve()
    if source == path:
        raise InvalidInput("The copy and the database are the same file.")
    stamp = f"{now():%Y%m%dT%H%M%S}"
    aside = path.with_name(f"{path.name}.replaced-{stamp}")
    with _copy(source) as connection, _owned(path):
        there = path.exists()
        if there:
            _fold(path)
        copies.restore(connection, path, aside)
    return aside if there else None


@contextmanager
def _copy(path: Path) -> Iterator[apsw.Connection]:
    """A connection to a copy, which is checked to be complete and to have a known schema."""
    files.check_engine()
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.")
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            if connection.pragma("application_id") != files.APPLICATION_ID:
                raise NotADatabase(f"{path} is not a Hansard database.")
            Migrations.builtin("sqlite").pending(sqlite_migrations.applied(connection))
            copies.check(connection, path)
            yield connection
        finally:
            connection.close()
    except apsw.Error as error:
        raise files.translate(error, path) from error


def _fold(path: Path) -> None:
    """Write a database's log to its file, if the file is sound enough."""
    with suppress(apsw.Error, StorageError), _recovered(path) as connection:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


# Health


async def verify(address: str, *, repair: bool = False) -> list[Finding]:
    """Return the problems of a database; with `repair`, those that remain after derived data has been rebuilt."""
    return (await verification_of(address, repair=repair)).findings


async def verification_of(
    address: str, *, repair: bool = False, since: int | None = None, sample: float | None = None
) -> Verification:
    """Verify a database: all of it, what changed after a feed position, or a random sample of its conversations.

    With `repair`, derived data is rebuilt first. Raises InvalidInput if the arguments exclude each other, and if the
    feed no longer contains the changes after `since`.
    """
    if sample is not None and not 0 < sample <= 1:
        raise InvalidInput("A sample is a share above 0 and at most 1.", pointer="/sample")
    if sum((repair, since is not None, sample is not None)) > 1:
        raise InvalidInput("Only one of repair, since and sample can be given.")
    storage = _storage(address, readonly=not repair)
    path = storage.path if isinstance(storage, SqliteStorage) else None
    damage = _damage(path) if path else []
    if any(not finding.repairable for finding in damage):
        # what is read from a damaged file proves nothing
        return Verification(position=0, whole=False, findings=damage)
    await storage.open()
    try:
        if repair:
            await verification.repair(storage)
        done = await verification.verify(storage, since=since, sample=sample)
    finally:
        await storage.close()
    if path:
        done.findings = (
            _damage(path) + done.findings + (_wrongly_indexed_tables(path) if done.whole else [])
        )
    return done


def _damage(path: Path) -> list[Finding]:
    with _sqlite(path) as connection:
        return verification.damage(connection)


def _wrongly_indexed_tables(path: Path) -> list[Finding]:
    with _sqlite(path) as connection:
        return verification.wrongly_indexed_tables(connection)


async def size(address: str) -> Size:
    storage = _storage(address, readonly=True)
    rows = await _row_counts(storage)
    if isinstance(storage, SqliteStorage):
        return _sqlite_size(storage.path, rows)
    async with _postgres(storage) as connection:
        total = await connection.fetchval("SELECT pg_database_size(current_database())")
        sizes = {
            table.name: await connection.fetchval(
                "SELECT pg_total_relation_size($1::text::regclass)", f"hansard.{table.name}"
            )
            for table in SCHEMA.tables
        }
    return Size(engine="postgresql", bytes=total, tables=_tables(rows, sizes))


def _sqlite_size(path: Path, rows: dict[str, int]) -> Size:
    bytes_of = (
        "SELECT coalesce(s.tbl_name, d.name), sum(d.pgsize) FROM dbstat AS d "
        "LEFT JOIN sqlite_schema AS s ON s.name = d.name WHERE d.aggregate = 1 GROUP BY 1"
    )
    with _sqlite(path) as connection:
        sizes = dict(_rows(connection, bytes_of))
        facts = [connection.pragma(name) for name in ("page_size", "page_count", "freelist_count")]
    page, pages, free = cast("list[int]", facts)
    index = sum(n for name, n in sizes.items() if "_terms" in name)
    wal = path.with_name(path.name + "-wal")
    return Size(
        engine="sqlite",
        bytes=path.stat().st_size,
        wal_bytes=wal.stat().st_size if wal.exists() else 0,
        page_bytes=page,
        pages=pages,
        free_pages=free,
        tables=_tables(rows, sizes, index),
    )


def _tables(rows: dict[str, int], sizes: dict[str, int], index: int = 0) -> list[TableSize]:
    """Return the sizes, the largest first."""
    sized = [TableSize(table=n, rows=count, bytes=sizes.get(n, 0)) for n, count in rows.items()]
    if index:
        sized.append(TableSize(table="(search index)", rows=0, bytes=index))
    return sorted(sized, key=lambda table: -table.bytes)


async def _row_counts(storage: Storage) -> dict[str, int]:
    """Return the number of rows of each table, over all tenants."""
    counts = {table.name: 0 for table in SCHEMA.tables}
    await storage.open()
    try:
        for tenant in await storage.tenants():
            for table in SCHEMA.tables:
                query: Query[Any] = Query(table.record)
                counts[table.name] += await storage.read(tenant, lambda tx, q=query: tx.count(q))
    finally:
        await storage.close()
    return counts


# Connections


def _storage(address: str, *, readonly: bool = False) -> SqliteStorage | PostgresStorage:
    storage = storage_for(address, readonly=readonly)
    if isinstance(storage, MemoryStorage):
        raise InvalidInput("A memory database needs no administration.")
    return cast("SqliteStorage | PostgresStorage", storage)


def _sqlite_path(address: str, otherwise: str) -> Path:
    storage = _storage(address)
    if not isinstance(storage, SqliteStorage):
        raise InvalidInput(otherwise)
    return storage.path


@contextmanager
def _owned(path: Path) -> Iterator[None]:
    ownership = Ownership(path)
    ownership.take()
    try:
        yield
    finally:
        ownership.release()


@contextmanager
def _recovered(path: Path) -> Iterator[apsw.Connection]:
    """A writable connection to a file that the caller owns, after the log of another process has been checked."""
    WriteAheadLog(path).recover()
    with _sqlite(path, readonly=False) as connection:
        yield connection


@contextmanager
def _sqlite(path: Path, *, readonly: bool = True) -> Iterator[apsw.Connection]:
    files.check_engine()
    connection = files.connect(path, readonly=readonly)
    try:
        yield connection
    except apsw.Error as error:
        raise files.translate(error, path) from error
    finally:
        connection.close()


@asynccontextmanager
async def _postgres(storage: PostgresStorage) -> AsyncIterator[Any]:
    from hansard.storage.postgres.errors import translated  # noqa: PLC0415 - an extra's driver

    connection = await storage.connect()
    try:
        with translated():
            yield connection
    finally:
        with suppress(Exception):
            await connection.close(timeout=10)


def _rows(connection: apsw.Connection, text: str) -> list[Any]:
    return cast("list[Any]", connection.execute(text).fetchall())
