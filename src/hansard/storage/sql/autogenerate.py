"""Writes the next migration from the differences between the declarations and the last migration.

``schema.json``, beside the migrations, is the outline of the schema that they produce. A revision compares the
declarations with it, writes one numbered file for each engine, and updates it. Only changes that are safe beside
running programs are written automatically: new tables, columns with defaults, and indexes. Other changes need to be
written by hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hansard.errors import InvalidInput
from hansard.storage.schema import Schema, Table
from hansard.storage.sql import ddl
from hansard.storage.sql.compiler import POSTGRES_DIALECT, SQLITE_DIALECT, Dialect

Outline = dict[str, Any]

_HEADER = (
    "-- Written by `hansard db revision` from the declarations in hansard/storage/tables/.\n\n"
)


def outline(schema: Schema) -> dict[str, Outline]:
    """Return the parts of the declarations that the database has, as JSON."""
    return {
        table.name: {
            "columns": {
                c.name: c.type + ("?" if c.nullable else "") for c in table.stored.values()
            },
            "key": list(table.key),
            "unique": [list(fields) for fields in table.unique],
            "indexes": [list(fields) for fields in table.indexes],
            "references": [
                [list(r.fields), schema.of(r.record).name, list(r.to)] for r in table.references
            ],
            "search": table.search is not None,
            **({"numbered": True} if table.numbered else {}),
            **(
                {"unique_active": [list(fields) for fields in table.unique_active]}
                if table.unique_active
                else {}
            ),
        }
        for table in schema.tables
    }


def changes(schema: Schema, before: dict[str, Outline], dialect: Dialect) -> list[str]:
    """Return the statements that lead from an outline to the declarations."""
    after = outline(schema)
    gone = [name for name in before if name not in after]
    if gone:
        raise InvalidInput(f"Tables were removed: {', '.join(gone)}. Write this migration by hand.")
    statements: list[str] = []
    for table in schema.tables:
        if table.name not in before:
            statements += ddl.create(table, schema, dialect)
        elif before[table.name] != after[table.name]:
            statements += _alter(table, before[table.name], after[table.name], dialect)
    return statements


def _alter(table: Table[Any], before: Outline, after: Outline, dialect: Dialect) -> list[str]:
    columns, wanted = before["columns"], after["columns"]
    fixed = ("key", "unique", "references", "search", "numbered", "unique_active")
    if any(wanted.get(name) != kind for name, kind in columns.items()) or any(
        before.get(part) != after.get(part) for part in fixed
    ):
        raise InvalidInput(
            f"The change of {table.name} is more than an addition: write it by hand."
        )
    statements = [ddl.add_column(table, name, dialect) for name in wanted if name not in columns]
    old = [tuple(fields) for fields in before["indexes"]]
    gone = [ddl.index_name(table, fields) for fields in old if fields not in table.indexes]
    statements += [f"DROP INDEX {dialect.namespace}{name}" for name in gone]
    added = (fields for fields in table.indexes if fields not in old)
    return [*statements, *(ddl.create_index(table, fields, dialect) for fields in added)]


def write(schema: Schema, directory: Path, name: str) -> list[Path]:
    """Write the next migration into `directory`/{sqlite,postgres}; return no paths if nothing changed."""
    memory = directory / "schema.json"
    before: dict[str, Outline] = json.loads(memory.read_text("utf-8")) if memory.exists() else {}
    if before == outline(schema):
        return []
    written: list[Path] = []
    for dialect in (SQLITE_DIALECT, POSTGRES_DIALECT):
        folder = directory / dialect.name
        folder.mkdir(parents=True, exist_ok=True)
        number = 1 + len(list(folder.glob("[0-9]*.sql")))
        path = folder / f"{number:04d}_{name}.sql"
        text = "".join(f"{s};\n\n" for s in changes(schema, before, dialect)).rstrip("\n")
        prelude = "CREATE SCHEMA IF NOT EXISTS hansard;\n\n"
        first = prelude if number == 1 and dialect is POSTGRES_DIALECT else ""
        path.write_text(f"{_HEADER}{first}{text}\n", "utf-8")
        written.append(path)
    memory.write_text(json.dumps(outline(schema), indent=1) + "\n", "utf-8")
    return written
