"""The search indexes of a SQLite file, which are completed after the commit.

A row is stored without its terms, and the writer adds them when it has time, some rows at a time. So an append writes
a third of the pages, and terms of many rows are added for less than those of one. The rows are the truth: which of them
are *pending* follows from the file alone, in any state that a crash can leave, and a search reads them itself
(`search`).

**The mark** of an index (`messages_indexed`) is a `k`. Pending are the rows after it that the index does not hold. It
rises with the terms, in one transaction, and is never after the newest row, whose `k` a later row can have. Some rows
are indexed at once: long texts, whose terms are made before the unit, and those below a wrapper, without which nobody
can read them. If no row is pending, the mark rises with them, also over texts that have no terms.

**Numbers.** A row of an index is a passage. The number of a row's last passage is the row's `k`, and the passages
before have the numbers before it, which nothing else has: a row leaves room for as many as its text may have.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from hansard.errors import NotADatabase
from hansard.search.tokenizer import (
    first_passages,
    most_passages,
    owner_mark,
    passages,
    place_mark,
)
from hansard.storage import search_terms
from hansard.storage.schema import Table
from hansard.storage.sql.statements import statements
from hansard.storage.sql.values import encode_json

if TYPE_CHECKING:
    from hansard.storage.sqlite.transaction import SqliteTransaction

T = TypeVar("T")

SQL = statements("sqlite")

LONG = search_terms.LONG
"""Texts of more characters are indexed at once."""
ROWS, CHARACTERS = 128, 2 * LONG
"""What is indexed in one transaction, approximately: some milliseconds of work."""
MANY = 20_000
"""Pending rows above which an index is being built: its sums say nothing yet, so a search orders by time."""


async def insert(tx: SqliteTransaction, table: Table[Any], records: Sequence[Any]) -> None:
    """Add rows; those that are not indexed at once are pending."""
    rows: list[list[Any]] = []
    entries: list[tuple[int, str]] = []
    sql = tx.sql.of(table.record)
    texts = [tx.text_of(record) for record in records]
    at_once = [text for text in texts if tx.decode or len(text) > LONG]
    search_terms.require(passages, at_once)
    [(before,)] = await tx.rows(SQL["newest"].format(table=table.name), ())
    k = before
    for record, text in zip(records, texts, strict=True):
        if tx.decode or len(text) > LONG:
            made = marked(table, record, text, passages)
            k += max(1, len(made))
            entries += numbered(made, k)
        else:
            k += most_passages(text)
            tx.pending += 1
        rows.append([*sql.encode(record), k])
    await tx.run_each(sql.insert_numbered, rows)
    await tx.run_each(SQL["index"].format(table=table.name), entries)
    if len(at_once) == len(records):
        await tx.run(SQL["keep_up"].format(table=table.name), (before, k))


async def complete(tx: SqliteTransaction, table: Table[Any]) -> int:
    """Index the next pending rows, of any tenant, and raise the mark; return how many rows it passed."""
    sql, done, size, last = tx.sql.of(table.record), 0, 0, 0
    text = SQL["next"].format(table=table.name, columns=sql.columns)
    entries: list[tuple[int, str]] = []
    for k, room, is_held, *row in tx.each(text, (ROWS,)):
        with suppress(NotADatabase):  # a damaged row; verification tells of it
            [record] = sql.read([row])
            words = "" if is_held else tx.text_of(record)
            size += len(words)
            entries += numbered(fitted(marked(table, record, words, passages), room), k)
        done, last = done + 1, k
        if size >= CHARACTERS:
            break
    await tx.run_each(SQL["index"].format(table=table.name), entries)
    if done:
        await tx.run(SQL["raise"].format(table=table.name), (last,))
    return done


async def rebuild(tx: SqliteTransaction, table: Table[Any]) -> None:
    """Begin to index all rows of a table anew, of all tenants: empty the index, and have all rows pending.

    What follows is the writer's usual work, so a search finds everything meanwhile, and it goes on after a crash.
    """
    await tx.run(SQL["forget"].format(table=table.name), ())
    await tx.run(SQL["raise"].format(table=table.name), (0,))
    [(behind,)] = await tx.rows(SQL["behind"].format(table=table.name), ())
    tx.pending += behind


async def reindex(tx: SqliteTransaction, table: Table[Any], records: Sequence[Any]) -> None:
    """Index rows again by their present terms, except those that are pending."""
    sql = tx.sql.of(table.record)
    add = SQL["index"].format(table=table.name)
    for record in records:
        where = (tx.tenant, sql.value("id", record.id))
        [(k, room, is_pending)] = await tx.rows(SQL["room"].format(table=table.name), where)
        if not is_pending:
            await _take_out(tx, table, [(k, record)])
            texts = fitted(marked(table, record, tx.text_of(record), passages), room)
            await tx.run_each(add, numbered(texts, k))


async def remove(tx: SqliteTransaction, table: Table[Any], rows: Sequence[Sequence[Any]]) -> None:
    """Take rows out of the index, each given as its `k` and its columns, which will be deleted."""
    decode = tx.sql.of(table.record).decode
    await _take_out(tx, table, [(k, decode(row)) for k, *row in rows])
    gone = encode_json([k for k, *_ in rows])
    await tx.run(SQL["lower"].format(table=table.name), (gone,))
    await tx.run(SQL["lower_stale"].format(table=table.name), (table.name, gone))


async def _take_out(
    tx: SqliteTransaction, table: Table[Any], entries: Sequence[tuple[int, Any]]
) -> None:
    """Remove the terms with which rows are indexed; others stay as they are."""
    stale = await tx.rows(SQL["stale"], (tx.tenant, table.name))
    after, until = stale[0] if stale else ("", 0)
    remove_one = SQL["unindex"].format(table=table.name)
    count = SQL["held"].format(table=table.name)
    held = [(k, r, size) for k, r in entries if (size := (await tx.rows(count, (k,)))[0][0])]
    if not stale:
        search_terms.require(passages, (tx.text_of(record) for _, record, _ in held))
    for k, record, size in held:
        is_stale = k <= until and record.id.replace("-", "") > after
        make = first_passages if is_stale else passages
        texts = marked(table, record, tx.text_of(record), make)
        await tx.run_each(remove_one, numbered(fitted(texts, size), k))


def marked(table: Table[Any], record: Any, text: str, make: search_terms.Make) -> list[str]:
    """Return the index entry of each passage of a record's text."""
    search = table.search
    if search is None:
        return []
    mark = owner_mark(record.tenant_id, getattr(record, search.owner))
    place = place_mark(getattr(record, search.place))
    made: list[list[str]] = search_terms.made(make, text)
    return [f"{place} {mark}{f' {mark}'.join(terms)}" for terms in made]


def fitted(texts: list[str], room: int) -> list[str]:
    """Return the passages as at most `room` texts, the last ones joined: an existing row gets no more numbers."""
    if len(texts) <= room:
        return texts
    return [*texts[: room - 1], " ".join(texts[room - 1 :])]


def numbered(passages: list[T], k: int) -> list[tuple[int, T]]:
    """Return the passages of a row with their numbers, of which the last is the row's `k`."""
    return list(enumerate(passages, k - len(passages) + 1))
