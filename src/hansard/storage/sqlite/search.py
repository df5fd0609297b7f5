"""Searches a SQLite file: its index, and the rows that are not indexed yet, which are read instead (see `index`).

Relevance is the engine's, BM25, for both, by the sums that the index has. Pending rows are read one at a time, newest
first, until there are enough matches: after a rebuild has begun, all rows are pending.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from hansard.search.tokenizer import Clause, occurrences, owner_mark, passages, place_mark
from hansard.storage import search_terms
from hansard.storage.base import ArtifactSearch, TextSearch
from hansard.storage.schema import Table
from hansard.storage.sql.statements import statements
from hansard.storage.sql.values import microseconds, uuid_from_bytes, uuid_to_bytes
from hansard.storage.sqlite.index import MANY, numbered

if TYPE_CHECKING:
    from hansard.storage.sqlite.transaction import SqliteTransaction

SQL = statements("sqlite")
_NEWEST = 1 << 62
_SATURATION, _LENGTH = 1.2, 0.75
"""The engine's parameters of BM25."""
_LEAST = 1e-6
"""The weight of a clause that most rows match, as the engine has it."""


FEW = 4_000
"""Pending rows up to which a unit reads them once for all of its searches."""


class Found(NamedTuple):
    id: str
    place: str | None
    position: int
    score: float


class _Pending(NamedTuple):
    """A passage that matches but is not indexed: how often each clause occurs in it, and its number of terms."""

    id: str
    place: str | None
    position: int
    counts: list[int]
    size: int


async def find(
    tx: SqliteTransaction,
    table: Table[Any],
    search: TextSearch | ArtifactSearch,
    filters: Mapping[str, Any],
) -> list[Found]:
    """Return the newest `search.window` matches in a table, newest first; all of the same relevance while the index is
    being built, so that their order does not change with it.
    """
    if not search.clauses:
        return []
    conversation = search.conversation_id and uuid_to_bytes(search.conversation_id)
    before = _NEWEST if search.before is None else search.before
    phrases = _phrases(tx.tenant, search)
    values = {
        "tenant": tx.tenant,
        "owner": search.owner_id,
        "since": search.since and microseconds(search.since),
        "until": search.until and microseconds(search.until),
        **filters,
    }
    matching = {"match": " AND ".join(phrases), "before": before, "window": search.window}
    rows = await tx.rows(_text("search", table), values | matching)
    found = [
        Found(uuid_from_bytes(row[0]), row[1] and uuid_from_bytes(row[1]), row[2], row[3])
        for row in rows
    ]
    [(behind,)] = await tx.rows(SQL["behind"].format(table=table.name), ())
    unread = _unread(tx, table, values | {"conversation": conversation}, remember=behind <= FEW)
    matching = (p for p in _matching(unread, search.clauses) if p.position < before)
    pending = list(islice(matching, search.window))
    if pending:
        found += await _rated(tx, table, phrases, pending)
        found.sort(key=lambda one: one.position, reverse=True)
    if behind > MANY:
        found = [one._replace(score=0.0) for one in found]
    return found[: search.window]


def _text(name: str, table: Table[Any]) -> str:
    return SQL[f"{name}_{table.name}"].replace("{filters}", SQL[f"filters_{table.name}"])


def _phrases(tenant: str, search: TextSearch | ArtifactSearch) -> list[str]:
    """Return the parts of the engine's query, which contain only quoted terms of the user's."""
    mark = owner_mark(tenant, search.owner_id)
    phrases = [
        f'"{mark}{f" {mark}".join(clause.terms)}"{" *" if clause.prefix else ""}'
        for clause in search.clauses
    ]
    if search.conversation_id is not None:
        phrases.append(f'"{place_mark(search.conversation_id)}"')
    return phrases


class _Unread:
    """A pending row: its text, and its passages as soon as somebody needs them."""

    def __init__(self, k: int, record_id: str, place: str | None, text: str) -> None:
        self.k, self.id, self.place = k, record_id, place
        self.text = text
        self._passages: list[list[str]] | None = None

    @property
    def passages(self) -> list[list[str]]:
        if self._passages is None:
            self._passages = search_terms.made(passages, self.text)
        return self._passages or []


def _unread(
    tx: SqliteTransaction, table: Table[Any], values: Mapping[str, Any], *, remember: bool
) -> Iterable[_Unread]:
    """Return the pending rows that the filters leave, newest first; the unit may remember them for its next search."""
    key = (table.name, tx.changes, *values.values())
    remembered: list[_Unread] | None = tx.unread.get(key)
    if remembered is not None:
        return remembered
    columns = tx.sql.of(table.record).qualified("r")
    rows = _read(tx, table, tx.each(_text("pending", table).replace("{columns}", columns), values))
    if not remember:
        return rows
    tx.unread[key] = remembered = list(rows)
    return remembered


def _read(tx: SqliteTransaction, table: Table[Any], rows: Iterable[Any]) -> Iterator[_Unread]:
    """Yield rows, each given as its `k` and its columns."""
    read = tx.sql.of(table.record).read
    for k, *row in rows:
        [record] = read([row])
        place = getattr(record, table.search.place) if table.search else None
        yield _Unread(k, record.id, place, tx.text_of(record))


def _matching(rows: Iterable[_Unread], clauses: Sequence[Clause]) -> Iterator[_Pending]:
    """Yield the passages of rows that match all clauses; a row's last first."""
    needed = {term for clause in clauses for term in clause.terms}
    for row in rows:
        if not search_terms.may_contain(row.text, needed):
            continue
        for number, words in reversed(numbered(row.passages, row.k)):
            counts = [occurrences(clause, words) for clause in clauses]
            if all(counts):
                yield _Pending(row.id, row.place, number, counts, len(words) + 1)


async def _rated(
    tx: SqliteTransaction, table: Table[Any], phrases: list[str], pending: list[_Pending]
) -> list[Found]:
    """Return matches with the relevance that the engine would give them."""
    text = SQL["statistics"].format(table=table.name)
    weights: list[float] = []
    passages, terms = 0, 0
    for phrase in phrases:
        [(sums, holding)] = await tx.rows(text, (phrase,))
        passages, terms = _read_sums(sums)
        holding += len(pending)
        others = max(passages + len(pending) - holding, 0)
        weights.append(max(_LEAST, math.log((others + 0.5) / (holding + 0.5))))
    average = (terms + sum(p.size for p in pending)) / (passages + len(pending))
    return [
        Found(p.id, p.place, p.position, _relevance(weights, p, p.size / average)) for p in pending
    ]


def _relevance(weights: list[float], match: _Pending, length: float) -> float:
    counts = [*match.counts, 1][
        : len(weights)
    ]  # the last phrase may be the place, which occurs once
    damping = _SATURATION * (1 - _LENGTH + _LENGTH * length)
    return sum(
        weight * count * (_SATURATION + 1) / (count + damping)
        for weight, count in zip(weights, counts, strict=True)
    )


def _read_sums(block: bytes) -> tuple[int, int]:
    """Return the numbers of passages and of terms in an index, from its row of averages: two variable-length integers
    of the file format of SQLite.
    """
    sums: list[int] = []
    value = 0
    for byte in block:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            sums.append(value)
            value = 0
    return (sums[0], sums[1]) if len(sums) == 2 else (0, 0)
