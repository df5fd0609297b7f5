"""Compares the search indexes with the messages and artifacts, and rebuilds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, NamedTuple, cast

from hansard.model.artifacts import ArtifactText
from hansard.model.messages import Message
from hansard.model.reindexes import Reindex
from hansard.search.tokenizer import first_passages, passages
from hansard.storage.base import Reader, Transaction
from hansard.storage.digest_backfill import DIGESTS
from hansard.storage.postgres import index as postgres_index
from hansard.storage.postgres import transaction as postgres_transaction
from hansard.storage.query import Query
from hansard.storage.schema import Table
from hansard.storage.search_terms import Make
from hansard.storage.sql.transaction import SqlTransaction
from hansard.storage.sqlite import index
from hansard.storage.sqlite import transaction as sqlite_transaction

PAGE = 500
BLOCK = 256
"""Passages whose terms are compared together."""

_HELD = {
    # Of each message in a range: its indexed passages, those that fit, and whether it may be pending.
    "sqlite": (
        "SELECT lower(hex(m.id)), count(d.id), "
        "m.k - coalesce((SELECT max(n.k) FROM messages AS n WHERE n.k < m.k), 0), "
        "m.k > (SELECT k FROM messages_indexed) "
        "FROM messages AS m "
        "LEFT JOIN messages_terms_docsize AS d ON d.id "
        "BETWEEN coalesce((SELECT max(n.k) FROM messages AS n WHERE n.k < m.k), 0) + 1 AND m.k "
        "WHERE m.tenant_id = ?1 AND m.branch = ?2 AND m.seq BETWEEN ?3 AND ?4 GROUP BY m.k"
    ),
    "postgres": (
        "SELECT replace(m.id::text, '-', ''), count(t.passage), NULL, EXISTS ("
        "SELECT FROM hansard.messages_pending AS p WHERE p.tenant_id = m.tenant_id "
        "AND p.owner_id = m.owner_id AND p.id = m.id) FROM hansard.messages AS m "
        "LEFT JOIN hansard.messages_terms AS t ON t.tenant_id = m.tenant_id AND t.id = m.id "
        "WHERE m.tenant_id = $1 AND m.branch = $2 AND m.seq BETWEEN $3 AND $4 GROUP BY m.tenant_id, m.id"
    ),
}

_HELD_ARTIFACTS = {
    "sqlite": (
        "SELECT lower(hex(x.id)), count(d.id), "
        "x.k - coalesce((SELECT max(n.k) FROM artifact_texts AS n WHERE n.k < x.k), 0), "
        "x.k > (SELECT k FROM artifact_texts_indexed) "
        "FROM artifact_texts AS x "
        "LEFT JOIN artifact_texts_terms_docsize AS d ON d.id "
        "BETWEEN coalesce((SELECT max(n.k) FROM artifact_texts AS n WHERE n.k < x.k), 0) + 1 AND x.k "
        "WHERE x.tenant_id = ?1 AND x.id BETWEEN ?2 AND ?3 GROUP BY x.k"
    ),
    "postgres": (
        "SELECT replace(x.id::text, '-', ''), count(t.passage), NULL, EXISTS ("
        "SELECT FROM hansard.artifact_texts_pending AS p WHERE p.tenant_id = x.tenant_id "
        "AND p.owner_id = x.owner_id AND p.id = x.id) FROM hansard.artifact_texts AS x "
        "LEFT JOIN hansard.artifact_texts_terms AS t ON t.tenant_id = x.tenant_id AND t.id = x.id "
        "WHERE x.tenant_id = $1 AND x.id BETWEEN $2 AND $3 GROUP BY x.tenant_id, x.id"
    ),
}

_OTHER_TERMS = """
SELECT DISTINCT e.id FROM unnest($2::uuid[], $3::bigint[], $4::text[]) AS e (id, passage, terms)
LEFT JOIN hansard.{table}_terms AS t
    ON t.tenant_id = $1 AND t.id = e.id AND t.passage = e.passage
WHERE t.terms IS DISTINCT FROM e.terms::tsvector
"""

_MARK = "SELECT (SELECT k FROM {table}_indexed), coalesce(max(k), 0) FROM {table}"
_PAGE = (
    "SELECT k, k > (SELECT i.k FROM {table}_indexed AS i) "
    "AND NOT EXISTS (SELECT 1 FROM {table}_terms_docsize WHERE id = k), "
    f"{{columns}} FROM {{table}} WHERE k > ?1 ORDER BY k LIMIT {PAGE}"
)

_DONE = {
    "sqlite": "DELETE FROM reindexes WHERE name = ?2",  # of all tenants
    "postgres": "DELETE FROM hansard.reindexes WHERE tenant_id = $1 AND name = $2",
}


async def wrongly_indexed(tx: Reader, messages: list[Message]) -> list[Message]:
    """Return those of consecutive messages of a branch whose index entries are wrong."""
    base = tx.innermost
    if not isinstance(base, SqlTransaction) or not messages:
        return []
    first, last = messages[0], messages[-1]
    branch = base.sql.of(Message).value("branch", first.branch)
    text = _HELD[base.sql.dialect.name]
    rows = await base.rows(text, (tx.tenant, branch, first.seq, last.seq))
    return await _wrongly_indexed(tx, messages, rows)


async def wrongly_indexed_artifacts(tx: Reader, texts: list[ArtifactText]) -> list[ArtifactText]:
    """Return those of artifacts' texts, consecutive by id, whose index entries are wrong."""
    base = tx.innermost
    if not isinstance(base, SqlTransaction) or not texts:
        return []
    value = base.sql.of(ArtifactText).value
    ends = (value("id", texts[0].id), value("id", texts[-1].id))
    rows = await base.rows(_HELD_ARTIFACTS[base.sql.dialect.name], (tx.tenant, *ends))
    return await _wrongly_indexed(tx, texts, rows)


async def _wrongly_indexed(tx: Reader, records: list[Any], rows: Any) -> list[Any]:
    """Return the records whose number of indexed passages is wrong by both the current and the former tokenizer."""
    table: Table[Any] = tx.schema.of(cast("type[Any]", type(records[0])))
    held: dict[str, Held] = {row[0]: Held(*row[1:]) for row in rows}
    makes: list[Make] = [passages]
    if await tx.get(Reindex, table.name) is not None:
        makes.append(first_passages)
    ill = {r.id for r in records if not _fits(table.text_of(r), held.get(_hex(r.id)), makes)}
    base = tx.innermost
    if isinstance(base, postgres_transaction.PostgresTransaction) and len(makes) == 1:
        indexed = [r for r in records if _hex(r.id) in held and held[_hex(r.id)].passages]
        ill |= await _with_other_terms(base, table, indexed)
    return [r for r in records if r.id in ill]


async def _with_other_terms(
    tx: postgres_transaction.PostgresTransaction, table: Table[Any], records: list[Any]
) -> set[str]:
    """Return the ids of records whose indexed terms differ from their texts."""
    vectors = [
        vector
        for record in records
        for vector in postgres_index.marked(table, tx.tenant, record, table.text_of(record))
    ]
    text = _OTHER_TERMS.format(table=table.name)
    rows = await tx.rows(text, (tx.tenant, *([vector[i] for vector in vectors] for i in range(3))))
    return {str(row[0]) for row in rows}


class Held(NamedTuple):
    """What an index has of a row."""

    passages: int
    room: int | None
    may_be_pending: bool


def _fits(text: str, held: Held | None, makes: list[Make]) -> bool:
    if held is None:
        return False
    if held.may_be_pending and not held.passages:
        return True
    sizes = (len(make(text)) for make in makes)
    return any(held.passages == min(size, held.room or size) for size in sizes)


def _hex(record_id: str) -> str:
    return record_id.replace("-", "")


def searchable(tx: Reader) -> list[Table[Any]]:
    return [table for table in tx.schema.tables if table.search]


async def count_orphans(tx: Reader) -> int:
    """Return the number of indexed passages, over all tenants, without a record."""
    base = tx.innermost
    if not isinstance(base, sqlite_transaction.SqliteTransaction):
        return 0  # on PostgreSQL passages have a foreign key
    text = (
        "SELECT count(*) FROM {table}_terms_docsize "
        "WHERE id > (SELECT coalesce(max(k), 0) FROM {table})"
    )
    counts = [await base.rows(text.format(table=table.name), ()) for table in searchable(tx)]
    return sum(count[0][0] for count in counts)


async def wrongly_indexed_tables(tx: sqlite_transaction.SqliteTransaction) -> list[str]:
    """Return the tables whose index differs in terms or positions from the rows of all tenants.

    Sums over the terms of some hundred passages are compared, so little memory is needed. The connection must be able
    to create a temporary table.
    """
    if await tx.rows("SELECT 1 FROM reindexes WHERE name <> ?1", (DIGESTS,)):
        return []  # some rows have terms of the former tokenizer
    return [table.name for table in searchable(tx) if await _is_misindexed(tx, table)]


async def _is_misindexed(tx: sqlite_transaction.SqliteTransaction, table: Table[Any]) -> bool:
    [(mark, newest)] = await tx.rows(_MARK.format(table=table.name), ())
    if mark > newest:
        return True  # the next rows would never be indexed
    sums: Counter[int] = Counter()
    async for first, texts, is_pending in _passages_of_all(tx, table):
        for row, text in enumerate([] if is_pending else texts, first):
            for place, term in enumerate(text.split(" ")):
                sums[row // BLOCK] += hash((term, place))
    name = f"temp.{table.name}_vocabulary"
    statement = (
        f"CREATE VIRTUAL TABLE {name} USING fts5vocab ('main', '{table.name}_terms', 'instance')"
    )
    await tx.run(statement, ())
    try:
        for row, place, term in tx.each(f"SELECT doc, offset, term FROM {name}"):
            sums[row // BLOCK] -= hash((term, place))
    finally:
        await tx.run(f"DROP TABLE {name}", ())
    return any(sums.values())


async def _passages_of_all(
    tx: sqlite_transaction.SqliteTransaction, table: Table[Any]
) -> AsyncIterator[tuple[int, list[str], bool]]:
    """Yield for each row, of any tenant, the number of its first passage, the index entries of each passage, and
    whether it is pending.
    """
    sql, last = tx.sql.of(table.record), 0
    page = _PAGE.format(columns=sql.columns, table=table.name)
    while rows := await tx.rows(page, (last,)):
        for k, is_pending, *row in rows:
            record = sql.decode(row)
            texts = index.marked(table, record, tx.text_of(record), passages)
            texts = index.fitted(texts, k - last)
            last = k
            yield k - len(texts) + 1, texts, bool(is_pending)


async def rebuild(tx: Transaction) -> None:
    """Rebuild the indexes: on SQLite for all tenants, on PostgreSQL for the unit's tenant.

    On SQLite it is only begun: all rows are pending afterwards, and `settle` waits until they are indexed. Below a
    wrapper, without which the writer cannot read the rows, it is completed in this unit.
    """
    base = tx.innermost
    for table in searchable(tx):
        if isinstance(base, SqlTransaction):
            await base.run(_DONE[base.sql.dialect.name], (tx.tenant, table.name))
        if isinstance(base, sqlite_transaction.SqliteTransaction):
            await index.rebuild(base, table)
            while base.decode and await index.complete(base, table):
                pass
        elif isinstance(base, postgres_transaction.PostgresTransaction):
            await _rebuild_postgres(base, table)


async def _rebuild_postgres(
    tx: postgres_transaction.PostgresTransaction, table: Table[Any]
) -> None:
    add = postgres_index.SQL["index"].format(table=table.name)
    await tx.run(postgres_index.SQL["forget_pending"].format(table=table.name), (tx.tenant,))
    await tx.run(f"DELETE FROM hansard.{table.name}_terms WHERE tenant_id = $1", (tx.tenant,))
    after: tuple[Any, ...] | None = None
    while page := await tx.select(Query(table.record).by("id").page(PAGE, after)):
        rows = [
            row
            for record in page
            for row in postgres_index.marked(table, tx.tenant, record, tx.text_of(record))
        ]
        await tx.run_many(add, [(tx.tenant, *row) for row in rows])
        after = (page[-1].id,)
