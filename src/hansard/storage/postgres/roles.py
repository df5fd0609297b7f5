"""The PostgreSQL role that serves requests: one that does not own the tables and cannot bypass row security.

The role that owns the tables runs migrations, but never serves: row security does not always apply to it, and it
could disable the isolation of tenants. If it signs in, each transaction takes the role `pg_database_owner`: every
database has it, only the database's owner (and a superuser) can take it, and it is a member of no other role.
Another role that signs in serves as itself, if it has been granted what it needs and no more.
"""

from __future__ import annotations

from typing import Any

import asyncpg

from hansard.errors import UnsafeEngine
from hansard.storage.sql.statements import statements

ITSELF = "none"
"""PostgreSQL's name for the role that signed in."""
OWNERS = "pg_database_owner"

INTERNAL = ("migrations", "feed_epoch", "notice_key")
"""Tables without data of tenants, which the serving role may only read."""


async def serving_role(connection: Any) -> str:
    """Return the role to take in each transaction. Raises UnsafeEngine if no role can serve safely.

    The connection must be in a transaction, whose role stays unchanged.
    """
    bare = await connection.fetchval(statements("postgres")["row_security"])
    if bare:
        raise UnsafeEngine(
            f"Row security is off for {bare}. "
            f"For each: ALTER TABLE hansard.{bare.partition(',')[0]} ENABLE ROW LEVEL SECURITY;"
        )
    itself = await _obstacle(connection, ITSELF)
    if itself is None:
        return ITSELF
    owners = await _obstacle(connection, OWNERS)
    if owners is None:
        return OWNERS
    raise UnsafeEngine(await _way_out(connection, itself, owners))


async def _obstacle(connection: Any, role: str) -> str | None:
    """Return why a role cannot serve; None if it can."""
    probe = connection.transaction()
    await probe.start()
    try:
        await connection.execute(f"SELECT set_config('role', '{role}', true)")
        return await connection.fetchval(statements("postgres")["role"])
    except asyncpg.InsufficientPrivilegeError:
        return f"may not be taken as {role}"
    finally:
        await probe.rollback()


async def _way_out(connection: Any, itself: str, owners: str) -> str:
    me, database = await connection.fetchrow(
        "SELECT quote_ident(session_user), quote_ident(current_database())"
    )
    if itself == "lacks rights":
        return (
            f"The role {me} has not been granted what it needs to serve. "
            f"As the owner: GRANT INSERT ON hansard.messages TO {me}; "
            "then run `hansard db migrate` as the owner, which grants the rest."
        )
    if owners == "lacks rights":
        return f"The role {OWNERS} lacks rights: run `hansard db migrate` as the tables' owner."
    return (
        f"The role {me} {itself}, so it may migrate but not serve. Either it owns the database "
        f"(ALTER DATABASE {database} OWNER TO {me};), or another role serves: "
        "CREATE ROLE hansard_web LOGIN PASSWORD '…'; GRANT INSERT ON hansard.messages TO hansard_web; "
        "then run `hansard db migrate`, which grants the rest, and serve as hansard_web."
    )


async def grant(connection: Any) -> None:
    """Grant the rights for serving to `pg_database_owner` and to all roles that may insert messages."""
    if not await connection.fetchval(statements("postgres")["owns_schema"]):
        return
    await connection.execute("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA hansard FROM PUBLIC")
    internal = ", ".join(f"hansard.{name}" for name in INTERNAL)
    for (role,) in await connection.fetch(statements("postgres")["grantees"], OWNERS):
        await connection.execute(
            f"GRANT USAGE ON SCHEMA hansard TO {role};"
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA hansard TO {role};"
            f"REVOKE INSERT, UPDATE, DELETE ON {internal} FROM {role};"
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA hansard TO {role};"
            f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA hansard TO {role}"
        )
