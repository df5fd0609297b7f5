"""What the record rests on in a PostgreSQL server and its settings, looked at before anything is stored."""

from __future__ import annotations

from typing import Any

from hansard.errors import DatabaseReadOnly, UnsafeEngine
from hansard.storage.sql.statements import statements

OLDEST_SERVER = 15

_WANTED = {
    "client_encoding": ("UTF8",),
    "standard_conforming_strings": ("on",),
    "row_security": ("on",),
    "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
    "default_transaction_isolation": ("read committed",),
}
"""Settings of a session, and the values that they may have; the first is what we ask for."""
_WHY = {
    "client_encoding": "not every character could be sent",
    "standard_conforming_strings": "texts with a backslash would be read in another way",
    "row_security": "the database could not hold tenants apart",
    "synchronous_commit": "what was acknowledged could be lost with the power",
    "default_transaction_isolation": "a unit that writes has to see what others have finished",
}


async def check(connection: Any, *, readonly: bool = False) -> None:
    """Raises UnsafeEngine or DatabaseReadOnly, with the statement that puts it right."""
    row = await connection.fetchrow(statements("postgres")["conditions"])
    database, role = row["database"], row["role"]
    if row["version"] < OLDEST_SERVER:
        raise UnsafeEngine(
            f"PostgreSQL {OLDEST_SERVER} is the oldest server allowed; this is {row['version']}."
        )
    if row["server_encoding"] != "UTF8":
        raise UnsafeEngine(
            f"The database {database} has the encoding {row['server_encoding']}, which cannot hold every "
            "character. Make another: CREATE DATABASE hansard TEMPLATE template0 ENCODING 'UTF8' "
            "LC_COLLATE 'C' LC_CTYPE 'C';"
        )
    if row["fsync"] != "on":
        raise UnsafeEngine(
            "The server runs with fsync=off: it would lose data. "
            "ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();"
        )
    for name, allowed in _WANTED.items():
        if row[name] not in allowed:
            raise UnsafeEngine(
                f"The setting {name} is '{row[name]}': {_WHY[name]}. "
                f"{_alter(role, database, name, allowed[0])}"
            )
    if readonly:
        return
    if row["standby"]:
        raise DatabaseReadOnly("The server is a standby, which takes no changes: name the primary.")
    if row["default_transaction_read_only"] != "off":
        raise DatabaseReadOnly(
            "The setting default_transaction_read_only is on, so nothing can be stored. "
            + _alter(role, database, "default_transaction_read_only", "off")
        )


def _alter(role: str, database: str, name: str, value: str) -> str:
    return f"ALTER ROLE {role} IN DATABASE {database} SET {name} = '{value}';"
