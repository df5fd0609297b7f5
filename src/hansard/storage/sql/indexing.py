"""Whether the search indexes have what messages and artifacts say, and building them anew."""

from __future__ import annotations

from typing import Any

from hansard.model.artifacts import ArtifactText
from hansard.model.messages import Message
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query
from hansard.storage.sql import postgres, sqlite
from hansard.storage.sql.transaction import SqlTransaction
from hansard.storage.tables import Table
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

_HELD_ARTIFACTS = {
    "sqlite": (
        "SELECT lower(hex(x.id)), count(d.id) FROM artifact_texts AS x "
        "LEFT JOIN artifact_texts_terms_docsize AS d ON d.id "
        "BETWEEN coalesce((SELECT max(n.k) FROM artifact_texts AS n WHERE n.k < x.k), 0) + 1 AND x.k "
        "WHERE x.tenant_id = ?1 AND x.id BETWEEN ?2 AND ?3 GROUP BY x.k"
    ),
    "postgres": (
        "SELECT replace(x.id::text, '-', ''), count(t.passage) FROM hansard.artifact_texts AS x "
        "LEFT JOIN hansard.artifact_texts_terms AS t ON t.tenant_id = x.tenant_id AND t.id = x.id "
        "WHERE x.tenant_id = $1 AND x.id BETWEEN $2 AND $3 GROUP BY x.id"
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


async def ill_indexed_artifacts(tx: Reader, texts: list[ArtifactText]) -> list[ArtifactText]:
    """Those of artifacts' texts, consecutive by id, of which the index has too much or too little."""
    if not isinstance(tx, SqlTransaction) or not texts:
        return []
    value = tx.sql.of(ArtifactText).value
    ends = (value("id", texts[0].id), value("id", texts[-1].id))
    rows = await tx.rows(_HELD_ARTIFACTS[tx.sql.dialect.name], (tx.tenant, *ends))
    held: dict[str, int] = {row[0]: row[1] for row in rows}
    return [t for t in texts if held.get(t.id.replace("-", "")) != len(passages(t.text))]


def searchable(tx: Reader) -> list[Table[Any]]:
    return [table for table in tx.schema.tables if table.search]


async def superfluous(tx: Reader) -> int:
    """Passages in the indexes, of all tenants, that belong to nothing."""
    if not isinstance(tx, sqlite.SqliteTransaction):
        return 0  # on PostgreSQL the passages refer to what they belong to
    text = (
        "SELECT count(*) FROM {table}_terms_docsize "
        "WHERE id > (SELECT coalesce(max(k), 0) FROM {table})"
    )
    counts = [await tx.rows(text.format(table=table.name), ()) for table in searchable(tx)]
    return sum(count[0][0] for count in counts)


async def rebuild(tx: Transaction) -> None:
    """Build the indexes anew: on SQLite for all tenants, on PostgreSQL for the unit's own."""
    for table in searchable(tx):
        if isinstance(tx, sqlite.SqliteTransaction):
            await _rebuild_sqlite(tx, table)
        elif isinstance(tx, postgres.PostgresTransaction):
            await _rebuild_postgres(tx, table)


async def _rebuild_sqlite(tx: sqlite.SqliteTransaction, table: Table[Any]) -> None:
    sql = tx.sql.of(table.record)
    name, add = table.name, sqlite.SQL["index"].format(table=table.name)
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    page = f"SELECT k, {columns} FROM {name} WHERE k > ?1 ORDER BY k LIMIT {PAGE}"
    await tx.run(f"INSERT INTO {name}_terms ({name}_terms) VALUES ('delete-all')", ())
    last = 0
    while rows := await tx.rows(page, (last,)):
        for last, *row in rows:
            record = sql.decode(row)
            texts = sqlite.marked(table, record.tenant_id, record)
            await tx.run_many(add, list(enumerate(texts, last - len(texts) + 1)))


async def _rebuild_postgres(tx: postgres.PostgresTransaction, table: Table[Any]) -> None:
    add = postgres.SQL["index"].format(table=table.name)
    await tx.run(f"DELETE FROM hansard.{table.name}_terms WHERE tenant_id = $1", (tx.tenant,))
    after: tuple[Any, ...] | None = None
    while found := await tx.select(Query(table.record).by("id").page(PAGE, after)):
        rows = [row for record in found for row in postgres.marked(table, tx.tenant, record)]
        await tx.run_many(add, [(tx.tenant, *row) for row in rows])
        after = (found[-1].id,)
