"""Generates the engines' DDL from the declarations; migrations are written from it and checked against it.

Each table begins with the tenant, which is part of its key, unique sets, indexes and references. SQLite's tables also
have an integer key `k`, to which the search index refers; numbered rows have none, and are stored in the order of their
key. PostgreSQL's tables have row-level security: a transaction sees only the rows of the tenant that
`hansard.tenant` names. Three kinds of table do not force it on their owner: the list of tenants, which maintenance must
read, search indexes, whose index the engine would not use for a condition that could leak, and the lists of rows that
are not indexed yet; functions of the owner read them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hansard.model.users import Tenant
from hansard.storage.schema import Column, Reference, Schema, Table
from hansard.storage.sql.compiler import Dialect, TableSql


def create(table: Table[Any], schema: Schema, dialect: Dialect) -> list[str]:
    """Return the statements that create a table, its indexes and policies."""
    statements = [_table(table, schema, dialect)]
    statements += [create_index(table, fields, dialect) for fields in table.indexes]
    statements += [_unique_active(table, fields, dialect) for fields in table.unique_active]
    if dialect.name == "postgres":
        statements += _row_security(f"hansard.{table.name}", forced=table.record is not Tenant)
    if table.search:
        statements += _search_index(table, dialect)
    if table.numbered and dialect.name == "sqlite":
        statements += _reserved(table)
    return statements


def add_column(table: Table[Any], name: str, dialect: Dialect) -> str:
    column = table.stored[name]
    text = f"ALTER TABLE {dialect.namespace}{table.name} ADD COLUMN {_column(column, dialect)}"
    return text if column.nullable else f"{text} DEFAULT {_default(table, column, dialect)}"


def create_index(table: Table[Any], fields: tuple[str, ...], dialect: Dialect) -> str:
    """Return the statement for an index, named after its table and fields, without rows whose first field is null."""
    columns = _names(fields)
    partial = f' WHERE "{fields[0]}" IS NOT NULL' if table.stored[fields[0]].nullable else ""
    return (
        f"CREATE INDEX {index_name(table, fields)} "
        f"ON {dialect.namespace}{table.name} ({columns}){partial}"
    )


def _unique_active(table: Table[Any], fields: tuple[str, ...], dialect: Dialect) -> str:
    return (
        f"CREATE UNIQUE INDEX {index_name(table, fields)} "
        f"ON {dialect.namespace}{table.name} ({_names(fields)}) WHERE \"state\" = 'active'"
    )


def index_name(table: Table[Any], fields: tuple[str, ...]) -> str:
    return f"{table.name}_by_{'_'.join(fields)}"


def _table(table: Table[Any], schema: Schema, dialect: Dialect) -> str:
    has_k = dialect.name == "sqlite" and not table.numbered
    lines = ["k INTEGER PRIMARY KEY"] if has_k else []
    lines += [_column(column, dialect) for column in table.stored.values()]
    lines.append(f"{'UNIQUE' if has_k else 'PRIMARY KEY'} ({_names(table.key)})")
    lines += [f"UNIQUE ({_names(fields)})" for fields in table.unique]
    lines += [_reference(reference, schema, dialect) for reference in table.references]
    body = ",\n    ".join(lines)
    options = "" if dialect.name == "postgres" else " STRICT" if has_k else " STRICT, WITHOUT ROWID"
    return f"CREATE TABLE {dialect.namespace}{table.name} (\n    {body}\n){options}"


def _reserved(table: Table[Any]) -> list[str]:
    """Return the statements for the number up to which a table's numbers may have been given."""
    name = f"{table.name}_reserved"
    return [
        f'CREATE TABLE {name} ("{table.key[-1]}" INTEGER NOT NULL) STRICT',
        f"INSERT INTO {name} VALUES (0)",
    ]


def _column(column: Column, dialect: Dialect) -> str:
    return (
        f'"{column.name}" {dialect.codec.type_of(column)}{"" if column.nullable else " NOT NULL"}'
    )


def _default(table: Table[Any], column: Column, dialect: Dialect) -> str:
    """Return the SQL literal of a new column's value in existing rows."""
    fields = {field.name: field for field in msgspec.structs.fields(table.record)}
    derived = {d.name: d for d in table.derived}
    if column.name in derived:
        source = derived[column.name].source
        value = derived[column.name].make(fields[source].default)
    else:
        field = fields[column.name]
        factory = field.default_factory
        value = field.default if factory is msgspec.NODEFAULT else factory()
        if value is msgspec.NODEFAULT:
            raise ValueError(f"{table.name}.{column.name} is new and needs a default")
    value = TableSql(table, dialect).value(column.name, value)
    return _literal(value)


def _literal(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return "'{}'"
    return "'" + str(value).replace("'", "''") + "'"


def _reference(reference: Reference, schema: Schema, dialect: Dialect) -> str:
    to = schema.of(reference.record)
    return (
        f"FOREIGN KEY ({_names(reference.fields)}) "
        f"REFERENCES {dialect.namespace}{to.name} ({_names(reference.to)})"
    )


def _names(fields: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in ("tenant_id", *fields))


def _keys(table: Table[Any]) -> str:
    return ", ".join(f'"{name}"' for name in table.key)


def _row_security(name: str, *, forced: bool) -> list[str]:
    own = "tenant_id = NULLIF(current_setting('hansard.tenant', true), '')"
    statements = [f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"]
    if forced:
        statements.append(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    statements.append(f"CREATE POLICY tenant ON {name} USING ({own}) WITH CHECK ({own})")
    return statements


def _search_index(table: Table[Any], dialect: Dialect) -> list[str]:
    """Return the statements for a table's search index: the terms of each passage, marked with owner and place.

    On SQLite, another table has the mark up to which the index is complete; on PostgreSQL, another one has the rows
    that are not indexed yet, with their numbers in the index.
    """
    name = f"{table.name}_terms"
    if dialect.name == "sqlite":
        return [
            f"CREATE VIRTUAL TABLE {name} USING fts5"
            "(terms, content='', tokenize=\"ascii tokenchars '~'\")",
            f"INSERT INTO {name} ({name}, rank) VALUES ('secure-delete', 1)",
            f"CREATE TABLE {table.name}_indexed (k INTEGER NOT NULL) STRICT",
            f"INSERT INTO {table.name}_indexed VALUES (0)",
        ]
    key = ", ".join(f'"{field}"' for field in ("tenant_id", *table.key))
    columns = ",\n    ".join(_column(table.stored[field], dialect) for field in table.key)
    return [
        f'CREATE TABLE hansard.{name} (\n    "tenant_id" text COLLATE "C" NOT NULL,\n    {columns},\n'
        f'    "passage" bigint NOT NULL,\n    "k" bigint GENERATED ALWAYS AS IDENTITY,\n'
        f'    "terms" tsvector NOT NULL,\n'
        f"    PRIMARY KEY ({key}, passage),\n"
        f"    FOREIGN KEY ({key}) REFERENCES hansard.{table.name} ({key}) ON DELETE CASCADE\n)",
        f"CREATE INDEX {name}_by_terms ON hansard.{name} USING gin (terms)",
        *_row_security(f"hansard.{name}", forced=False),
        f'CREATE TABLE hansard.{table.name}_pending (\n    "tenant_id" text COLLATE "C" NOT NULL,\n'
        f'    "owner_id" text COLLATE "C" NOT NULL,\n    {columns},\n    "k" bigint NOT NULL,\n'
        f'    PRIMARY KEY ("tenant_id", "owner_id", {_keys(table)})\n)',
        *_row_security(f"hansard.{table.name}_pending", forced=False),
    ]
