"""Checks that a PostgreSQL server and its settings store data safely, made when a database is opened."""

from __future__ import annotations

from typing import Any

from hansard.errors import DatabaseReadOnly, UnsafeEngine
from hansard.storage.sql.statements import statements

OLDEST_SERVER = 15

_REQUIRED = {
    "client_encoding": ("UTF8",),
    "standard_conforming_strings": ("on",),
    "row_security": ("on",),
    "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
    "default_transaction_isolation": ("read committed",),
}
"""Session settings and their allowed values; the first is the recommended one."""
_WHY = {
    "client_encoding": "not every character could be sent",
    "standard_conforming_strings": "texts with backslashes would be misread",
    "row_security": "the database could not isolate tenants",
    "synchronous_commit": "acknowledged changes could be lost in a power failure",
    "default_transaction_isolation": "a unit that writes must see what others have committed",
}


async def check(connection: Any, *, readonly: bool = False) -> None:
    """Raise UnsafeEngine or DatabaseReadOnly, with the statement that fixes the problem, if a check fails."""
    row = await connection.fetchrow(statements("postgres")["conditions"])
    database, role = row["database"], row["role"]
    if row["version"] < OLDEST_SERVER:
        raise UnsafeEngine(
            f"PostgreSQL {OLDEST_SERVER} or later is required; this server is {row['version']}."
        )
    if row["server_encoding"] != "UTF8":
        raise UnsafeEngine(
            f"The database {database} has the encoding {row['server_encoding']}, which cannot store every "
            "character. Create another: CREATE DATABASE hansard TEMPLATE template0 ENCODING 'UTF8' "
            "LC_COLLATE 'C' LC_CTYPE 'C';"
        )
    if row["fsync"] != "on":
        raise UnsafeEngine(
            "The server runs with fsync=off: it would lose data. "
            "ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();"
        )
    for name, allowed in _REQUIRED.items():
        if row[name] not in allowed:
            raise UnsafeEngine(
                f"The setting {name} is '{row[name]}': {_WHY[name]}. "
                f"{_alter(role, database, name, allowed[0])}"
            )
    if readonly:
        return
    if row["standby"]:
        raise DatabaseReadOnly("The server is a read-only standby: connect to the primary.")
    if row["default_transaction_read_only"] != "off":
        raise DatabaseReadOnly(
            "The setting default_transaction_read_only is on, so nothing can be stored. "
            + _alter(role, database, "default_transaction_read_only", "off")
        )


def _alter(role: str, database: str, name: str, value: str) -> str:
    return f"ALTER ROLE {role} IN DATABASE {database} SET {name} = '{value}';"
