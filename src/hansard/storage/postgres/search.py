"""Searches a PostgreSQL database: its index, and the rows that are not indexed yet, which it reads (see `index`).

One statement gives both, so no row is missed or found twice while others index. Matches among the pending rows get
their relevance from the engine, by the same terms, so nothing changes when they are indexed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from hansard.search.tokenizer import Clause, matches, owner_mark, passages, place_mark
from hansard.storage import search_terms
from hansard.storage.base import ArtifactSearch, TextSearch
from hansard.storage.postgres.index import placed, vector
from hansard.storage.schema import Table
from hansard.storage.sql.statements import statements

if TYPE_CHECKING:
    from hansard.storage.postgres.transaction import PostgresTransaction

SQL = statements("postgres")
_NEWEST = (1 << 63) - 1
MOST = 1_000
"""Pending rows of an owner that a search reads; if there are more, it has them indexed first."""


class Behind(Exception):
    """A search should have the index of a table completed first."""

    def __init__(self, table: str) -> None:
        super().__init__()
        self.table = table


class Found(NamedTuple):
    id: str
    place: str | None
    position: int
    score: float


async def find(
    tx: PostgresTransaction,
    table: Table[Any],
    search: TextSearch | ArtifactSearch,
    filters: Sequence[Any],
) -> list[Found]:
    """Return the newest `search.window` matches in a table, newest first.

    Raises Behind if too many rows are pending, and the unit is not one that reads them all.
    """
    if not search.clauses:
        return []
    sql = tx.sql.of(table.record)
    nulls = ", ".join(["NULL"] * len(table.columns))
    text = SQL[f"search_{table.name}"].format(columns=sql.qualified("r"), nulls=nulls)
    query = _query(search, owner_mark(tx.tenant, search.owner_id))
    before = _NEWEST if search.before is None else search.before
    most = None if tx.reads_all else MOST + 1
    rows = await tx.rows(
        text,
        (
            search.owner_id,
            query,
            before,
            *filters,
            search.window,
            tx.tenant,
            search.conversation_id,
            most,
        ),
    )
    found = [_found(row, row[3]) for row in rows if row[3] is not None]
    unread = [row for row in rows if row[3] is None]
    if most and len(unread) == most:
        raise Behind(table.name)
    if pending := list(_matching(tx, table, unread, search.clauses)):
        ranked = await tx.rows(SQL["rank"], ([terms for _, terms in pending], query))
        found += [_found(pending[n - 1][0], score) for n, score in ranked]
        found.sort(key=lambda one: one.position, reverse=True)
    return found[: search.window]


def _found(row: Any, score: float) -> Found:
    return Found(str(row[0]), row[1] and str(row[1]), row[2], score)


def _matching(
    tx: PostgresTransaction, table: Table[Any], rows: Sequence[Any], clauses: Sequence[Clause]
) -> Iterator[tuple[Any, str]]:
    """Yield the rows that match all clauses, each with the index entry of the passage that does."""
    read = tx.sql.of(table.record).read
    needed = {term for clause in clauses for term in clause.terms}
    for row in rows:
        [record] = read([row[4:]])
        text = tx.text_of(record)
        if not search_terms.may_contain(text, needed):
            continue
        made: list[list[str]] = search_terms.made(passages, text)
        for terms in made:
            if all(matches(clause, terms) for clause in clauses):
                yield row, vector(table, tx.tenant, record, placed(terms))


def _query(search: TextSearch | ArtifactSearch, mark: str) -> str:
    """Return the engine's query, which contains only quoted terms of the user's."""

    def quoted(clause: Clause) -> str:
        terms = [f"'{mark}{term}'" for term in clause.terms]
        if clause.prefix:
            terms[-1] += ":*"
        return f"({' <-> '.join(terms)})"

    parts = [quoted(clause) for clause in search.clauses]
    if search.conversation_id is not None:
        parts.append(f"'{place_mark(search.conversation_id)}'")
    return " & ".join(parts)
