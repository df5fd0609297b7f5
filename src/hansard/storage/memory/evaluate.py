"""What a query means, in Python: the counterpart of the SQL compiler, for memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cmp_to_key
from operator import attrgetter, eq, ge, gt, le, lt, ne
from typing import Any, TypeVar

import msgspec

from hansard.model.base import Entry
from hansard.storage.query import Condition, Query
from hansard.storage.tables import Table

E = TypeVar("E", bound=Entry)

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": eq,
    "ne": ne,
    "lt": lt,
    "le": le,
    "gt": gt,
    "ge": ge,
    "in": lambda a, b: a in b,
    "has": lambda a, b: b in a,
    "contains": lambda a, b: b in a,
}


def select(table: Table[E], rows: Iterable[E], query: Query[E]) -> list[E]:
    """The rows that a query asks for, in its order."""
    found = matching(table, rows, query)
    found.sort(key=cmp_to_key(lambda a, b: _compare(table, query, a, _values(table, query, b))))
    if query.after is not None:
        found = [row for row in found if _compare(table, query, row, query.after) > 0]
    return found[: query.limit]


def aggregate(table: Table[E], rows: Iterable[E], by: Sequence[str]) -> list[E]:
    """Counters added up over rows that agree in `by`; the other key fields are left empty."""
    blank = {
        column.name: 0 if column.type == "int" else ""
        for column in table.columns
        if column.name in table.key and column.name not in by
    }
    sums: dict[tuple[Any, ...], E] = {}
    for row in rows:
        group = tuple(getattr(row, name) for name in by)
        before = sums.get(group)
        sums[group] = msgspec.structs.replace(
            row,
            **blank,
            created_at=min(row.created_at, before.created_at) if before else row.created_at,
            **{n: getattr(row, n) + (getattr(before, n) if before else 0) for n in table.sums},
        )
    return [sums[group] for group in sorted(sums)]


def matching(table: Table[E], rows: Iterable[E], query: Query[E]) -> list[E]:
    """The rows for which every condition of a query holds, in the order in which they are given."""
    left = list(rows)
    for condition in query.conditions:
        value, holds = _getter(table, condition.field), _test(condition)
        left = [row for row in left if holds(value(row))]
    return left


def _getter(table: Table[Any], name: str) -> Callable[[Any], Any]:
    """What gives a row's value of a field, be it stored or derived from another."""
    for derived in table.derived:
        if derived.name == name:
            source = attrgetter(derived.source)
            return lambda row: derived.make(source(row))
    return attrgetter(name)


def _test(condition: Condition) -> Callable[[Any], bool]:
    """Whether a value meets a condition. A comparison with null holds for none, as in SQL."""
    wanted, compare = condition.value, _OPERATORS[condition.operator]
    if condition.operator == "eq":
        return lambda value: value == wanted
    if wanted is None:  # `ne` alone may be asked of null
        return lambda value: value is not None
    return lambda value: value is not None and compare(value, wanted)


def _values(table: Table[Any], query: Query[Any], row: Any) -> tuple[Any, ...]:
    return tuple(_getter(table, order.field)(row) for order in query.order)


def _compare(table: Table[Any], query: Query[Any], row: Any, values: tuple[Any, ...]) -> int:
    for order, mine, other in zip(query.order, _values(table, query, row), values, strict=True):
        if mine != other:
            return -1 if (mine < other) != order.descending else 1
    return 0
