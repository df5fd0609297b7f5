"""Queries: immutable values that every back end can run on a table.

::

    Query(Conversation).where(owner_id="ada", deleted_at=None, active_at__lt=then).by("-active_at", "-id")

A condition names a field and, after two underscores, an operator; the default is equality, and None means "is null".
Fields are checked against the table before a query runs; values are always bound as parameters. Text compares by
code point, and lists are ordered by fields that are never null.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar, cast, get_args

import msgspec
from msgspec.structs import replace

from hansard.model.base import Entry

E = TypeVar("E", bound=Entry)

Operator = Literal["eq", "ne", "lt", "le", "gt", "ge", "in", "has", "contains"]
"""`has`: a list of names contains the value; `contains`: a text contains the value."""
OPERATORS: tuple[str, ...] = get_args(Operator)


class Condition(msgspec.Struct, frozen=True):
    field: str
    operator: Operator
    value: Any


class Order(msgspec.Struct, frozen=True):
    field: str
    descending: bool = False


class Query(msgspec.Struct, Generic[E], frozen=True):
    record: type[E]
    conditions: tuple[Condition, ...] = ()
    order: tuple[Order, ...] = ()
    after: tuple[Any, ...] | None = None
    """Values of the fields in `order`: only rows after them match."""
    limit: int | None = None

    def where(self, **conditions: Any) -> Query[E]:
        """Add conditions. Raises ValueError if an operator does not exist or does not apply to None."""
        added = tuple([_condition(name, value) for name, value in conditions.items()])
        return replace(self, conditions=self.conditions + added)

    def by(self, *fields: str) -> Query[E]:
        """Order by these fields; a leading `-` means descending."""
        order = tuple([Order(f.removeprefix("-"), f.startswith("-")) for f in fields])
        return replace(self, order=order)

    def page(self, limit: int | None, after: tuple[Any, ...] | None = None) -> Query[E]:
        """Limit the number of rows, and start after the row with these values of the fields in `order`."""
        return replace(self, limit=limit, after=after)


def _condition(name: str, value: Any) -> Condition:
    field, _, operator = name.partition("__")
    operator = operator or "eq"
    if operator not in OPERATORS:
        raise ValueError(f"{operator!r} is not an operator; there are {', '.join(OPERATORS)}")
    if value is None and operator not in ("eq", "ne"):
        raise ValueError(f"{field} cannot be compared with None by {operator!r}")
    return Condition(field, cast("Operator", operator), value)
