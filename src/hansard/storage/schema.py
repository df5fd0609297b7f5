"""How record types are declared: columns, keys, references, and what belongs to whom.

Columns follow from a record's annotations. The rest is declared in a `Table`: keys, indexes and searched texts for
the back ends; the owner, what belongs to what, what is exported and which events there are for the services.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import add, attrgetter
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from hansard.model.base import Entry, Versioned
from hansard.model.lifecycle import Trashable
from hansard.storage.query import Query

E = TypeVar("E", bound=Entry)

ColumnType = Literal[
    "uuid", "digest", "ref", "text", "int", "float", "bool", "time", "bytes", "json", "names"
]
Owner = Literal["id", "owner_id", "user_id", "parent", "tenant"]
"""Whose a row is: the user that this field names; the owner of the record it belongs to; or the tenant's."""
_PLAIN: dict[Any, ColumnType] = {
    str: "text", int: "int", float: "float", bool: "bool", datetime: "time", bytes: "bytes",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    name: str
    type: ColumnType
    nullable: bool
    annotation: Any
    """The field's Python type, from which a JSON column is decoded."""
    packed: bool = False


@dataclass(frozen=True)
class Derived:
    """An additional column, computed from a field, for use in queries."""

    name: str
    source: str
    make: Callable[[Any], str]


@dataclass(frozen=True)
class Reference:
    """A foreign key: `fields` refer to a row of another table in the same tenant."""

    fields: tuple[str, ...]
    record: type[Entry]
    to: tuple[str, ...] = ("id",)
    belongs: bool = False
    """Whether the row belongs to that record: it is removed with it, and has its owner if it names none itself."""


@dataclass(frozen=True)
class Searchable:
    """The text by which search finds a record, and the fields with its owner and its place.

    The record has an `id`; the place may be None.
    """

    text: Callable[[Any], str]
    owner: str = "owner_id"
    place: str = "conversation_id"


@dataclass(frozen=True)
class Table(Generic[E]):
    record: type[E]
    name: str
    owner: Owner = field(kw_only=True)
    exported: str | None = field(kw_only=True)
    """The kind of the records in exports; None if exports do not contain them."""
    events: tuple[str, ...] = field(kw_only=True)
    """The kinds of feed entries that are about these records; `model/event_kinds.py` is made from them."""
    topic: str | None = None
    """The topic of the events, if it is not the table's name."""
    carried: Mapping[str, type[msgspec.Struct] | None] = field(
        default_factory=dict[str, type[msgspec.Struct] | None], hash=False
    )
    """What live events of a kind carry, if not the table's record; None: nothing."""
    key: tuple[str, ...] = ("id",)
    unique: tuple[tuple[str, ...], ...] = ()
    unique_active: tuple[tuple[str, ...], ...] = ()
    """Sets of fields whose values no two active records share; such as names, which the trash does not keep taken."""
    indexes: tuple[tuple[str, ...], ...] = ()
    references: tuple[Reference, ...] = ()
    derived: tuple[Derived, ...] = ()
    unversioned: frozenset[str] = frozenset()
    """Fields whose changes do not raise the record's `version`."""
    sums: tuple[str, ...] = ()
    """For counters: the fields that `increment` adds to."""
    search: Searchable | None = None
    packed: tuple[str, ...] = ()
    """Fields whose values may be long, which SQLite compresses; no key, reference or query uses them."""
    numbered: bool = False
    """Whether the storage numbers the rows, in the last field of the key: the numbers rise from commit to commit, and
    none is given twice."""

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The record's columns in the order of its fields."""
        fields = msgspec.structs.fields(self.record)
        return tuple(_column(field, packed=field.name in self.packed) for field in fields)

    @cached_property
    def stored(self) -> dict[str, Column]:
        """Every stored column by name, including derived ones."""
        own = {column.name: column for column in self.columns}
        return own | {d.name: Column(d.name, "text", False, str) for d in self.derived}

    @cached_property
    def versioned(self) -> bool:
        return issubclass(self.record, Versioned)

    @cached_property
    def trashable(self) -> bool:
        """Whether the records can be moved to the trash."""
        return issubclass(self.record, Trashable)

    @cached_property
    def parent(self) -> Reference | None:
        """The reference to the record that a row belongs to; the first one if there are several."""
        return next((reference for reference in self.references if reference.belongs), None)

    def text_of(self, record: E) -> str:
        """Return the searchable text of a record; empty if the table is not searched."""
        return self.search.text(record) if self.search else ""

    @cached_property
    def key_of(self) -> Callable[[E], tuple[Any, ...]]:
        """A function that returns the key of a record, without the tenant."""
        return _values(self.key)

    def added(self, row: E, other: E) -> E:
        """Return a counter with the sums of two that have the same key."""
        sums = {name: getattr(row, name) + getattr(other, name) for name in self.sums}
        return msgspec.structs.replace(row, **sums)

    def combined(self, rows: Iterable[E]) -> list[E]:
        """Return counters, those with the same key as one."""
        key_of, sums_of = _values(("tenant_id", *self.key)), _values(self.sums)
        totals: dict[tuple[Any, ...], tuple[E, tuple[int, ...]]] = {}
        for row in rows:
            key, sums = key_of(row), sums_of(row)
            first, before = totals.get(key, (row, None))
            totals[key] = (first, sums if before is None else tuple(map(add, before, sums)))
        return [
            msgspec.structs.replace(first, **dict(zip(self.sums, sums, strict=True)))
            for first, sums in totals.values()
        ]

    def derive(self, values: dict[str, Any]) -> dict[str, str]:
        """Return the derived columns for the values of these fields."""
        return {d.name: d.make(values[d.source]) for d in self.derived if d.source in values}

    def check(self, query: Query[E]) -> None:
        """Raise ValueError if a query names a field that the table does not have."""
        for name in (*(c.field for c in query.conditions), *(o.field for o in query.order)):
            self.check_field(name)

    def check_field(self, name: str) -> None:
        if name not in self.stored:
            raise ValueError(f"{self.name} has no field {name!r}")


def _values(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that returns the values of these fields of a record."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


def _column(field: msgspec.structs.FieldInfo, *, packed: bool) -> Column:
    annotation, nullable = field.type, False
    if get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation):
        nullable = True
        inner = [arm for arm in get_args(annotation) if arm is not type(None)]
        if len(inner) == 1:
            annotation = inner[0]
    return Column(field.encode_name, _column_type(annotation), nullable, field.type, packed)


def _column_type(annotation: Any) -> ColumnType:
    if get_origin(annotation) is Annotated:
        base, *metas = get_args(annotation)
        for meta in metas:
            if isinstance(meta, msgspec.Meta) and meta.extra and "column" in meta.extra:
                return meta.extra["column"]
        annotation = base
    if get_origin(annotation) is Literal:
        return "text"
    return _PLAIN.get(annotation, "json")


class Schema:
    """The tables of a database, by record type and by name."""

    def __init__(self, tables: Iterable[Table[Any]]) -> None:
        self.tables = tuple(tables)
        self._by_record = {table.record: table for table in self.tables}
        self._by_name = {table.name: table for table in self.tables}

    def of(self, record: type[E]) -> Table[E]:
        try:
            return self._by_record[record]
        except KeyError:
            raise ValueError(f"{record.__name__} is not declared in this schema") from None

    def named(self, name: str) -> Table[Any]:
        return self._by_name[name]

    def plus(self, *tables: Table[Any]) -> Schema:
        return Schema((*self.tables, *tables))

    def children(self, record: type[Entry]) -> list[tuple[Table[Any], Reference]]:
        """Return the tables whose rows belong to records of a type, with the references that say so."""
        return [(table, ref) for table, ref in self.referring_to(record) if ref.belongs]

    def belongs_to(self, record: type[Entry], to: type[Entry]) -> bool:
        """Return whether records of a type belong to records of the other, directly or not."""
        parent = self.of(record).parent
        return parent is not None and (parent.record is to or self.belongs_to(parent.record, to))

    def referring_to(self, record: type[Entry]) -> list[tuple[Table[Any], Reference]]:
        return [(t, r) for t in self.tables for r in t.references if r.record is record]
