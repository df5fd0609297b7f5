"""Evaluates queries in Python: the counterpart of the SQL compiler for the memory storage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cmp_to_key
from operator import attrgetter, eq, ge, gt, le, lt, ne
from typing import Any, TypeVar

import msgspec

from hansard.model.base import Entry
from hansard.storage.query import Condition, Query
from hansard.storage.schema import Table

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
    """Return the rows that match a query, in its order."""
    matches = matching(table, rows, query)
    matches.sort(key=cmp_to_key(lambda a, b: _compare(table, query, a, _values(table, query, b))))
    if query.after is not None:
        matches = [row for row in matches if _compare(table, query, row, query.after) > 0]
    return matches[: query.limit]


def aggregate(table: Table[E], rows: Iterable[E], by: Sequence[str]) -> list[E]:
    """Return counters summed over rows with equal values in the fields `by`; other key fields stay empty."""
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
    """Return the rows that meet every condition of a query, in the order of `rows`."""
    matches = list(rows)
    for condition in query.conditions:
        value, holds = _getter(table, condition.field), _test(condition)
        matches = [row for row in matches if holds(value(row))]
    return matches


def _getter(table: Table[Any], name: str) -> Callable[[Any], Any]:
    """Return a function that returns a row's value of a field, stored or derived."""
    for derived in table.derived:
        if derived.name == name:
            source = attrgetter(derived.source)
            return lambda row: derived.make(source(row))
    return attrgetter(name)


def _test(condition: Condition) -> Callable[[Any], bool]:
    """Return a function that tests a value against a condition. Comparisons with null are false, as in SQL."""
    operand, compare = condition.value, _OPERATORS[condition.operator]
    if condition.operator == "eq":
        return lambda value: value == operand
    if operand is None:  # only `ne` is allowed with None
        return lambda value: value is not None
    return lambda value: value is not None and compare(value, operand)


def _values(table: Table[Any], query: Query[Any], row: Any) -> tuple[Any, ...]:
    return tuple(_getter(table, order.field)(row) for order in query.order)


def _compare(table: Table[Any], query: Query[Any], row: Any, values: tuple[Any, ...]) -> int:
    for order, mine, other in zip(query.order, _values(table, query, row), values, strict=True):
        if mine != other:
            return -1 if (mine < other) != order.descending else 1
    return 0
