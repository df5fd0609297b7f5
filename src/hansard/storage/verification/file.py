"""Verifies a SQLite file: the engine's own checks, and the terms in its search indexes."""

from __future__ import annotations

from typing import Any, cast

import apsw

from hansard.storage import search_index
from hansard.storage.run_sync import run_now
from hansard.storage.sql.compiler import SQLITE_DIALECT, Compiler
from hansard.storage.sqlite.transaction import SqliteTransaction
from hansard.storage.tables import SCHEMA
from hansard.storage.verification.findings import Finding

MAX_FINDINGS = 100
"""The maximum number of findings of the engine."""


def damage(connection: apsw.Connection) -> list[Finding]:
    """Return the damage that the engine finds in the file."""
    try:
        messages = _rows(connection, f"PRAGMA integrity_check({MAX_FINDINGS})")
        broken = _rows(connection, "PRAGMA foreign_key_check")
    except apsw.CorruptError as error:
        return [_finding("file", str(error))]
    findings = [
        _finding("file", text, repairable="_terms" in text) for (text,) in messages if text != "ok"
    ]
    tables = {f"a row of {row[0]} refers to a missing row of {row[2]}" for row in broken}
    return findings + [_finding("file", text) for text in sorted(tables)]


def wrongly_indexed_tables(connection: apsw.Connection) -> list[Finding]:
    """Return the tables whose search index has other terms than their texts."""
    connection.pragma("query_only", 0)  # it needs a temporary table
    connection.execute("BEGIN")
    tx = SqliteTransaction(SCHEMA, Compiler(SCHEMA, SQLITE_DIALECT), "", connection)
    return [
        _finding("search index", f"has other terms than the texts of {name}", repairable=True)
        for name in run_now(search_index.wrongly_indexed_tables(tx))
    ]


def _rows(connection: apsw.Connection, text: str) -> list[Any]:
    return cast("list[Any]", connection.execute(text).fetchall())


def _finding(subject: str, message: str, *, repairable: bool = False) -> Finding:
    return Finding(tenant="", subject=subject, message=message, repairable=repairable)
