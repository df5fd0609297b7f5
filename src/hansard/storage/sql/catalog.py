"""Compares the schema of a database with the declarations.

A schema is a set of facts, each a line such as ``messages.seq bigint NOT NULL``; two schemas are equal if their facts
are. The order of columns and their defaults do not count, because a column that a migration added comes last and has a
default.
"""

from __future__ import annotations

import re
from typing import Any, cast

import apsw

from hansard.storage.schema import Schema
from hansard.storage.sql import ddl
from hansard.storage.sql.compiler import POSTGRES_DIALECT, SQLITE_DIALECT
from hansard.storage.sql.migrations import NOTES

Facts = set[str]

_OURS = "('migrations', 'feed_epoch', 'notice_key')"
"""Tables on PostgreSQL that are not declared."""


def differences(actual: Facts, wanted: Facts) -> list[str]:
    """Return the missing and the superfluous facts of a schema."""
    return [f"lacks: {fact}" for fact in sorted(wanted - actual)] + [
        f"has superfluous: {fact}" for fact in sorted(actual - wanted)
    ]


# SQLite: the expected facts are those of a new database in memory


def wanted_sqlite(schema: Schema) -> Facts:
    fresh = apsw.Connection(":memory:")
    try:
        fresh.execute(NOTES["sqlite"])
        for table in schema.tables:
            for statement in ddl.create(table, schema, SQLITE_DIALECT):
                fresh.execute(statement)
        return facts_sqlite(fresh)
    finally:
        fresh.close()


def facts_sqlite(connection: apsw.Connection) -> Facts:
    facts: Facts = set()
    tables = "SELECT name, type, strict, wr FROM pragma_table_list WHERE schema = 'main'"
    for name, kind, strict, clustered in _rows(connection, tables):
        if kind == "virtual":
            facts.add(_sql(connection, name))
        elif kind == "table" and not name.startswith("sqlite_"):
            options = f"{' STRICT' if strict else ''}{' WITHOUT ROWID' if clustered else ''}"
            facts.add(f"{name} TABLE{options}")
            facts |= _columns(connection, name) | _indexes(connection, name)
            facts |= _references(connection, name)
    others = "SELECT type, name FROM sqlite_schema WHERE type IN ('view', 'trigger')"
    return facts | {f"{kind} {name}" for kind, name in _rows(connection, others)}


def _columns(connection: apsw.Connection, table: str) -> Facts:
    columns = 'SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?)'
    return {
        f"{table}.{name} {kind}{' NOT NULL' if full else ''}{' PRIMARY KEY' if key else ''}"
        for name, kind, full, key in _rows(connection, columns, table)
    }


def _indexes(connection: apsw.Connection, table: str) -> Facts:
    facts: Facts = set()
    indexes = "SELECT name, origin FROM pragma_index_list(?)"
    for name, origin in _rows(connection, indexes, table):
        if origin == "c":
            facts.add(_sql(connection, name))
        else:
            fields = _rows(connection, "SELECT name FROM pragma_index_info(?) ORDER BY seqno", name)
            facts.add(f"{table} UNIQUE ({', '.join(field for (field,) in fields)})")
    return facts


def _references(connection: apsw.Connection, table: str) -> Facts:
    columns: dict[int, list[Any]] = {}
    references = 'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq'
    for number, to, field, target in _rows(connection, references, table):
        columns.setdefault(number, []).append((to, field, target))
    return {
        f"{table} FOREIGN KEY ({', '.join(f for _, f, _ in pairs)}) "
        f"REFERENCES {pairs[0][0]} ({', '.join(t for _, _, t in pairs)})"
        for pairs in columns.values()
    }


def _sql(connection: apsw.Connection, name: str) -> str:
    [(text,)] = _rows(connection, "SELECT sql FROM sqlite_schema WHERE name = ?", name)
    return " ".join(text.split())


def _rows(connection: apsw.Connection, text: str, *values: Any) -> list[Any]:
    return cast("list[Any]", connection.execute(text, values).fetchall())


# PostgreSQL: facts of the catalogs are compared with those of the declarations' statements

_COLUMNS = f"""
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), l.collname, a.attnotnull
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_collation AS l ON l.oid = a.attcollation AND l.collname <> 'default'
WHERE c.relnamespace = 'hansard'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN {_OURS}
"""
_CONSTRAINTS = f"""
SELECT c.relname, pg_get_constraintdef(n.oid)
FROM pg_constraint AS n JOIN pg_class AS c ON c.oid = n.conrelid
WHERE c.relnamespace = 'hansard'::regnamespace AND n.contype IN ('p', 'u', 'f', 'c')
  AND c.relname NOT IN {_OURS}
"""
_INDEXES = """
SELECT pg_get_indexdef(i.indexrelid)
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
WHERE c.relnamespace = 'hansard'::regnamespace AND i.indisvalid
  AND NOT EXISTS (SELECT FROM pg_constraint AS n WHERE n.conindid = i.indexrelid)
"""
_SECURITY = f"""
SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
WHERE relnamespace = 'hansard'::regnamespace AND relkind = 'r' AND relname NOT IN {_OURS}
"""
_POLICIES = """
SELECT tablename, policyname, qual, with_check FROM pg_policies WHERE schemaname = 'hansard'
"""
_ALIASES = {
    "timestamptz": "timestamp with time zone",
    " GENERATED ALWAYS AS IDENTITY": " NOT NULL",
    "USING btree ": "",
    "hansard.": "",
    "::text": "",
    '"': "",
}


def wanted_postgres(schema: Schema) -> Facts:
    facts: Facts = set()
    for table in schema.tables:
        for statement in ddl.create(table, schema, POSTGRES_DIALECT):
            facts |= _statement_facts(statement)
    return facts


async def facts_postgres(connection: Any) -> Facts:
    facts: Facts = set()
    for table, name, kind, collation, full in await connection.fetch(_COLUMNS):
        collate = f" COLLATE {collation}" if collation else ""
        facts.add(_plain(f"{table}.{name} {kind}{collate}{' NOT NULL' if full else ''}"))
    for table, text in await connection.fetch(_CONSTRAINTS):
        facts.add(_plain(f"{table} {text}"))
    for (text,) in await connection.fetch(_INDEXES):
        facts.add(_plain(text))
    for table, on, forced in await connection.fetch(_SECURITY):
        facts |= {f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"} if on else set()
        facts |= {f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"} if forced else set()
    for table, name, using, check in await connection.fetch(_POLICIES):
        facts.add(_policy(f"CREATE POLICY {name} ON {table} USING ({using}) WITH CHECK ({check})"))
    return facts


def _statement_facts(statement: str) -> Facts:
    """Return the facts that a statement creates."""
    if statement.startswith("CREATE POLICY"):
        return {_policy(statement)}
    if not statement.startswith("CREATE TABLE"):
        return {_plain(statement)}
    head, *lines = statement.splitlines()
    table = head.removeprefix("CREATE TABLE hansard.").removesuffix(" (")
    return {
        _plain(f"{table}.{line}" if line.startswith('"') else f"{table} {line}")
        for line in (line.strip().rstrip(",") for line in lines[:-1])
    }


def _plain(text: str) -> str:
    """Return one spelling for the equivalent spellings of a text."""
    for written, short in _ALIASES.items():
        text = text.replace(written, short)
    return re.sub(r" WHERE \((.*)\)$", r" WHERE \1", text).replace(" (", "(")


def _policy(text: str) -> str:
    return re.sub(r"[()\s]", "", _plain(text))
