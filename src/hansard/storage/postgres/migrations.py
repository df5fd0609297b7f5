"""Applies migrations to a PostgreSQL database."""

from __future__ import annotations

from typing import Any

import asyncpg

from hansard.errors import StorageError
from hansard.storage.postgres import preconditions, roles
from hansard.storage.sql.migrations import NOTES, Migration, Migrations
from hansard.storage.sql.statements import statements

LOCK = 0x48534E44
"""The number of the advisory lock that is held while migrations are applied."""


async def applied(connection: Any) -> dict[int, str]:
    """Return the checksums of the applied migrations, by number."""
    if await connection.fetchval("SELECT to_regclass('hansard.migrations')") is None:
        return {}
    return dict(await connection.fetch(statements("postgres")["migrations"]))


async def migrate(
    migrations: Migrations, connection: Any, *, apply: bool, readonly: bool = False
) -> list[Migration]:
    """Apply pending migrations, all or none, in one process at a time; return those that were applied.

    Without `apply`, raises SchemaOutdated if migrations are pending. The server must meet the `preconditions`.
    """
    async with connection.transaction():
        await preconditions.check(connection, readonly=readonly)
        if not apply:
            migrations.refuse(migrations.pending(await applied(connection)))
            return []
        await connection.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
        pending = migrations.pending(await applied(connection))
        if pending:
            await connection.execute("CREATE SCHEMA IF NOT EXISTS hansard")
            await connection.execute(NOTES["postgres"])
        for migration in pending:
            await _apply(connection, migration)
        await roles.grant(connection)
    return pending


async def _apply(connection: Any, migration: Migration) -> None:
    note = statements("postgres")["note"]
    try:
        await connection.execute(migration.text)
        await connection.execute(note, migration.number, migration.name, migration.checksum)
    except asyncpg.PostgresError as error:
        if connection.is_closed():
            raise
        message = f"{migration.label} failed, and nothing was changed: {error}."
        raise StorageError(message) from error
