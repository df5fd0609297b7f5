"""Whether the search index has what the messages say, and building it anew."""

from __future__ import annotations

from typing import Any

from hansard.model.messages import Message
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query
from hansard.storage.sql import postgres, sqlite
from hansard.storage.sql.transaction import SqlTransaction
from hansard.storage.terms import passages

PAGE = 500

_HELD = {
    # How many passages of each message of a range the index has.
    "sqlite": (
        "SELECT lower(hex(m.id)), count(d.id) FROM messages AS m "
        "LEFT JOIN messages_terms_docsize AS d ON d.id "
        "BETWEEN coalesce((SELECT max(n.k) FROM messages AS n WHERE n.k < m.k), 0) + 1 AND m.k "
        "WHERE m.tenant_id = ?1 AND m.branch = ?2 AND m.seq BETWEEN ?3 AND ?4 GROUP BY m.k"
    ),
    "postgres": (
        "SELECT replace(m.id::text, '-', ''), count(t.passage) FROM hansard.messages AS m "
        "LEFT JOIN hansard.messages_terms AS t ON t.tenant_id = m.tenant_id AND t.id = m.id "
        "WHERE m.tenant_id = $1 AND m.branch = $2 AND m.seq BETWEEN $3 AND $4 GROUP BY m.id"
    ),
}


async def ill_indexed(tx: Reader, messages: list[Message]) -> list[Message]:
    """Those of consecutive messages of one branch of which the index has too much or too little."""
    if not isinstance(tx, SqlTransaction) or not messages:
        return []
    first, last = messages[0], messages[-1]
    branch = tx.sql.of(Message).value("branch", first.branch)
    text = _HELD[tx.sql.dialect.name]
    rows = await tx.rows(text, (tx.tenant, branch, first.seq, last.seq))
    held: dict[str, int] = {row[0]: row[1] for row in rows}
    return [m for m in messages if held.get(m.id.replace("-", "")) != len(passages(m.text))]


async def superfluous(tx: Reader) -> int:
    """Passages in the index, of all tenants, that belong to no message."""
    if not isinstance(tx, sqlite.SqliteTransaction):
        return 0  # on PostgreSQL the passages refer to the messages
    text = (
        "SELECT count(*) FROM messages_terms_docsize "
        "WHERE id > (SELECT coalesce(max(k), 0) FROM messages)"
    )
    return (await tx.rows(text, ()))[0][0]


async def rebuild(tx: Transaction) -> None:
    """Build the index anew: on SQLite for all tenants, on PostgreSQL for the unit's own."""
    if isinstance(tx, sqlite.SqliteTransaction):
        await _rebuild_sqlite(tx)
    elif isinstance(tx, postgres.PostgresTransaction):
        await _rebuild_postgres(tx)


async def _rebuild_sqlite(tx: sqlite.SqliteTransaction) -> None:
    sql = tx.sql.of(Message)
    add = sqlite.SQL["index"].format(table=sql.table.name)
    columns = ", ".join(f'"{column.name}"' for column in sql.table.columns)
    page = f"SELECT k, {columns} FROM messages WHERE k > ?1 ORDER BY k LIMIT {PAGE}"
    await tx.run("INSERT INTO messages_terms (messages_terms) VALUES ('delete-all')", ())
    last = 0
    while rows := await tx.rows(page, (last,)):
        for last, *row in rows:
            message = sql.decode(row)
            texts = sqlite.marked(sql.table, message.tenant_id, message)
            await tx.run_many(add, list(enumerate(texts, last - len(texts) + 1)))


async def _rebuild_postgres(tx: postgres.PostgresTransaction) -> None:
    table = tx.schema.of(Message)
    add = postgres.SQL["index"].format(table=table.name)
    await tx.run("DELETE FROM hansard.messages_terms WHERE tenant_id = $1", (tx.tenant,))
    after: tuple[Any, ...] | None = None
    while messages := await tx.select(Query(Message).by("id").page(PAGE, after)):
        rows = [row for message in messages for row in postgres.marked(table, tx.tenant, message)]
        await tx.run_many(add, [(tx.tenant, *row) for row in rows])
        after = (messages[-1].id,)
