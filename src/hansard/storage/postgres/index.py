"""The search indexes of a PostgreSQL database, which are completed after the commit.

A row is stored without its terms, and a process that has the database open adds them when it has time, many rows at a
time (`Indexer`). Until then the row is *pending*: it is listed in a narrow table (`messages_pending`) with its owner
and the number that it will have in the index. The list changes with the rows and with the index, in the same
transactions, so it is true in any state that a crash can leave, and a search reads the rows that it names (`search`).

Several processes index side by side: each takes rows that no other has taken, and leaves out those that somebody moves
or deletes. Who takes rows waits for nobody; who deletes one waits until its terms are there, and they go with it.

Some rows are indexed at once: long texts, whose terms are made before the unit, and those below a wrapper, without
which nobody can read them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hansard.errors import NotADatabase
from hansard.search.tokenizer import owner_mark, passages, place_mark
from hansard.storage import search_terms
from hansard.storage.schema import Searchable, Table
from hansard.storage.sql.statements import statements

if TYPE_CHECKING:
    from hansard.storage.postgres.transaction import PostgresTransaction

SQL = statements("postgres")

LONG = search_terms.LONG
"""Texts of more characters are indexed at once."""
ROWS, CHARACTERS = 128, 2 * LONG
"""What is indexed in one transaction, approximately."""
TURN = 4_000
"""Characters whose terms are made, approximately, before others have the event loop."""

Passage = tuple[str, int, str]
"""A row's id, the number of its passage, and the terms with their positions."""


async def insert(tx: PostgresTransaction, table: Table[Any], records: Sequence[Any]) -> None:
    """Add rows; those that are not indexed at once are pending."""
    texts = [tx.text_of(record) for record in records]
    is_later = [tx.decode is None and len(text) <= LONG for text in texts]
    at_once = [(r, t) for r, t, later in zip(records, texts, is_later, strict=True) if not later]
    search_terms.require(lexemes, [text for _, text in at_once])
    sql = tx.sql.of(table.record)
    await tx.run_each(sql.insert, [sql.encode(record) for record in records])
    vectors = [v for record, text in at_once for v in marked(table, tx.tenant, record, text)]
    await tx.run_each(SQL["index"].format(table=table.name), [(tx.tenant, *v) for v in vectors])
    pending = [record for record, later in zip(records, is_later, strict=True) if later]
    if pending:
        owner = searchable(table).owner
        owners = [getattr(record, owner) for record in pending]
        values = (tx.tenant, owners, [record.id for record in pending])
        await tx.rows(SQL["add_pending"].format(table=table.name), values)
        tx.pending[table.name] += len(pending)


async def complete(tx: PostgresTransaction, table: Table[Any]) -> int:
    """Index some pending rows of the unit's tenant; return how many, 0 if there are none that nobody else has."""
    sql = tx.sql.of(table.record)
    text = SQL["next"].format(table=table.name, columns=sql.qualified("r"))
    rows = await tx.rows(text, (tx.tenant, ROWS))
    done, size, turn = 0, 0, 0
    vectors: list[tuple[str, int, int, str]] = []
    while done < len(rows) and size < CHARACTERS:
        _, _, k, *row = rows[done]
        with suppress(NotADatabase):  # a damaged row; verification tells of it
            [record] = sql.read([row])
            words = tx.text_of(record)
            size += len(words)
            vectors += [(i, n, k, v) for i, n, v in marked(table, tx.tenant, record, words)]
        done += 1
        if size > turn + TURN:
            turn = size
            await asyncio.sleep(0)
    if done:
        owners, ids = ([row[i] for row in rows[:done]] for i in range(2))
        columns = ([vector[i] for vector in vectors] for i in range(4))
        await tx.rows(SQL["complete"].format(table=table.name), (tx.tenant, owners, ids, *columns))
    return done


async def reindex(tx: PostgresTransaction, table: Table[Any], records: Sequence[Any]) -> None:
    """Index rows again by their present terms, except those that are pending."""
    name = table.name
    ids = [record.id for record in records]
    rows = await tx.rows(SQL["pending"].format(table=name), (tx.tenant, ids))
    pending = {str(row[0]) for row in rows}
    for record in records:
        if record.id not in pending:
            vectors = marked(table, tx.tenant, record, tx.text_of(record))
            values = [(tx.tenant, *vector) for vector in vectors]
            await tx.run_each(SQL["reindex"].format(table=name), values)
            await tx.run(SQL["shorten"].format(table=name), (tx.tenant, record.id, len(vectors)))


def lexemes(text: str) -> list[list[str]]:
    """Return the terms of each passage with their positions, in the engine's syntax."""
    return [placed(terms) for terms in passages(text)]


def placed(terms: list[str]) -> list[str]:
    """Return the terms of a passage with their positions, in the engine's syntax."""
    places: dict[str, list[str]] = {}
    for position, term in enumerate(terms, start=1):
        places.setdefault(term, []).append(str(position))
    return [f"{term}':{','.join(at)}" for term, at in places.items()]


def marked(table: Table[Any], tenant: str, record: Any, text: str) -> list[Passage]:
    """Return the passages of a record's text for the index."""
    made: list[list[str]] = search_terms.made(lexemes, text)
    return [
        (record.id, number, vector(table, tenant, record, terms))
        for number, terms in enumerate(made)
    ]


def vector(table: Table[Any], tenant: str, record: Any, terms: list[str]) -> str:
    """Return the index entry of a passage, given its terms with their positions: all bear the mark of the owner."""
    search = searchable(table)
    between = f" '{owner_mark(tenant, getattr(record, search.owner))}"
    return f"'{place_mark(getattr(record, search.place))}'{between}{between.join(terms)}"


def searchable(table: Table[Any]) -> Searchable:
    """Return what search needs of a table. Raises ValueError if it is not searched."""
    if table.search is None:
        raise ValueError(f"{table.name} is not searched")
    return table.search
