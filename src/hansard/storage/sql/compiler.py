"""Compiles tables and queries to SQL text for both engines.

The text depends only on the *shape* of a query (its fields, operators and number of values), so it is compiled once
per shape, and the engines' statement caches work. Names come from the table's declaration, never from a caller; values
are always bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

import msgspec

from hansard.errors import damaged
from hansard.model.base import Entry
from hansard.model.messages import Message
from hansard.storage.query import Condition, Query
from hansard.storage.schema import Column, Schema, Table
from hansard.storage.sql.values import POSTGRES, SQLITE, Codec

E = TypeVar("E", bound=Entry)

_LARGEST = 2**63 - 1
_UNREADABLE = (TypeError, ValueError, OverflowError, OSError, msgspec.MsgspecError)
"""Errors of the conversion of a damaged value."""
_COMPARE = {"ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


@dataclass(frozen=True)
class Dialect:
    """The differences between the SQL of the two engines."""

    name: str
    codec: Codec
    mark: Callable[[int], str]
    """Returns the placeholder of the n-th value, from 1."""
    namespace: str
    has: str
    """Tests whether a list of names contains a value."""
    contains: str
    """Tests whether a text contains another."""
    lock: str


SQLITE_DIALECT = Dialect(
    name="sqlite",
    codec=SQLITE,
    mark=lambda n: f"?{n}",
    namespace="",
    has="EXISTS (SELECT 1 FROM json_each({column}) WHERE value = {value})",
    contains="instr({column}, {value}) > 0",
    lock="",
)
POSTGRES_DIALECT = Dialect(
    name="postgres",
    codec=POSTGRES,
    mark=lambda n: f"${n}",
    namespace="hansard.",
    has="{value} = ANY ({column})",
    contains="strpos({column}, {value}) > 0",
    lock=" FOR NO KEY UPDATE",
)


class TableSql(Generic[E]):
    """The statements of one table, and the conversion of its rows."""

    def __init__(self, table: Table[E], dialect: Dialect) -> None:
        self.table = table
        self.dialect = dialect
        self.name = f"{dialect.namespace}{table.name}"
        self._encoders = {
            column.name: dialect.codec.encoder(column) for column in table.stored.values()
        }
        self._json = {c.name for c in table.columns if c.type == "json" and not c.nullable}
        """Columns where None is a value: the null of JSON."""
        self.encode: Callable[[E], list[Any]] = _encoder(table, dialect.codec)
        self._decode: Callable[[Sequence[Sequence[Any]]], list[E]] = _decoder(table, dialect.codec)
        self.columns = ", ".join(_quote(column.name) for column in table.columns)
        self._select = f"SELECT {self.columns} FROM {self.name} WHERE tenant_id = {self._mark(1)}"
        self.insert = self._insert("")
        self.insert_absent = self._insert(" ON CONFLICT DO NOTHING")
        self.insert_numbered = self._insert("", "k")
        """On SQLite: with the row's `k` as the last value."""
        self.increment = self._tally()
        self.get = self._select + self._key_condition(2)

    def read(self, rows: Sequence[Sequence[Any]]) -> list[E]:
        """Return the records of rows. Raises NotADatabase if a row cannot be decoded."""
        try:
            return self._decode(rows)
        except _UNREADABLE as error:
            raise damaged(f"A row of {self.table.name}") from error

    def decode(self, row: Sequence[Any]) -> E:
        """Return the record of a row; raises any error if it is damaged."""
        return self._decode((row,))[0]

    def value(self, name: str, value: Any) -> Any:
        convert = self._encoders[name]
        if convert is None or (value is None and name not in self._json):
            return value
        return convert(value)

    def key(self, key: Sequence[Any]) -> list[Any]:
        return [self.value(n, v) for n, v in zip(self.table.key, key, strict=True)]

    def select(self, query: Query[E], tenant: str) -> tuple[str, list[Any]]:
        return self._query(self._select, query, tenant)

    def count(self, query: Query[E], tenant: str) -> tuple[str, list[Any]]:
        bare = Query(query.record, query.conditions)
        start = f"SELECT count(*) FROM {self.name} WHERE tenant_id = {self._mark(1)}"
        return self._query(start, bare, tenant)

    def delete(self, query: Query[E], tenant: str) -> tuple[str, list[Any]]:
        bare = Query(query.record, query.conditions)
        start = f"DELETE FROM {self.name} WHERE tenant_id = {self._mark(1)}"
        return self._query(start, bare, tenant)

    def change(
        self, query: Query[E], changes: dict[str, Any], tenant: str
    ) -> tuple[str, list[Any]]:
        """Set fields of all matching rows."""
        tail, values = self._query("", Query(query.record, query.conditions), tenant)
        sets: list[str] = []
        for name, value in changes.items():
            values.append(self.value(name, value))
            sets.append(f"{_quote(name)} = {self._mark(len(values))}")
        where = f"WHERE tenant_id = {self._mark(1)}{tail}"
        return f"UPDATE {self.name} SET {', '.join(sets)} {where}", values

    def aggregate(self, query: Query[E], by: Sequence[str], tenant: str) -> tuple[str, list[Any]]:
        """Return rows of the whole record; the key fields that are not in `by` are empty."""
        for name in by:
            self.table.check_field(name)
        bare = Query(query.record, query.conditions)
        parts: list[str] = []
        for column in self.table.columns:
            name = _quote(column.name)
            if column.name in self.table.sums:
                parts.append(f"CAST(sum({name}) AS bigint)")
            elif column.name in by or column.name == "tenant_id":
                parts.append(name)
            elif column.type == "time":
                parts.append(f"min({name})")
            else:
                parts.append("0" if column.type == "int" else "''")
        start = f"SELECT {', '.join(parts)} FROM {self.name} WHERE tenant_id = {self._mark(1)}"
        text, values = self._query(start, bare, tenant)
        names = ", ".join(map(_quote, ("tenant_id", *by)))
        return f"{text} GROUP BY {names} ORDER BY {names}", values

    def update(
        self, changes: dict[str, Any], key: Sequence[Any], version: int | None, tenant: str
    ) -> tuple[str, list[Any]]:
        changes = changes | self.table.derive(changes)
        for name in changes:
            self.table.check_field(name)
        values: list[Any] = [tenant, *self.key(key)]
        values += [self.value(name, value) for name, value in changes.items()]
        bump = self.table.versioned and not self.table.unversioned.issuperset(changes)
        if version is not None:
            values.append(
                min(max(version, 0), _LARGEST)
            )  # no row has a value that its column cannot hold
        return self._update(tuple(changes), bump, version is not None), values

    @lru_cache(maxsize=256)  # noqa: B019 - one per table, and tables exist as long as the process
    def _update(self, names: tuple[str, ...], bump: bool, checked: bool) -> str:
        first = 2 + len(self.table.key)
        sets = [f"{_quote(name)} = {self._mark(first + i)}" for i, name in enumerate(names)]
        if bump:
            sets.append("version = version + 1")
        expected = f" AND version = {self._mark(first + len(names))}" if checked else ""
        return (
            f"UPDATE {self.name} SET {', '.join(sets)} WHERE tenant_id = {self._mark(1)}"
            f"{self._key_condition(2)}{expected}"
        )

    def _query(self, start: str, query: Query[E], tenant: str) -> tuple[str, list[Any]]:
        self.table.check(query)
        values: list[Any] = [tenant]
        for condition in query.conditions:
            values += self._condition_values(condition)
        if query.after is not None:
            values += [
                self.value(o.field, v) for o, v in zip(query.order, query.after, strict=True)
            ]
        if query.limit is not None:
            values.append(query.limit)
        shape = tuple((c.field, c.operator, _arity(c)) for c in query.conditions)
        order = tuple((o.field, o.descending) for o in query.order)
        tail = self._tail(shape, order, query.after is not None, query.limit is not None)
        return start + tail, values

    @lru_cache(maxsize=1024)  # noqa: B019
    def _tail(
        self,
        shape: tuple[tuple[str, str, int], ...],
        order: tuple[tuple[str, bool], ...],
        after: bool,
        limited: bool,
    ) -> str:
        text, position = "", 2
        for field, operator, arity in shape:
            marks = [self._mark(position + i) for i in range(arity)]
            text += f" AND {self._condition(_quote(field), operator, marks)}"
            position += arity
        if after:
            marks = [self._mark(position + i) for i in range(len(order))]
            text += f" AND {_after(order, marks)}"
            position += len(order)
        if order:
            listed = (f"{_quote(f)} {'DESC' if down else 'ASC'}" for f, down in order)
            text += f" ORDER BY {', '.join(listed)}"
        return text + (f" LIMIT {self._mark(position)}" if limited else "")

    def _condition(self, column: str, operator: str, marks: list[str]) -> str:
        if operator in ("has", "contains"):
            template = self.dialect.has if operator == "has" else self.dialect.contains
            return template.format(column=column, value=marks[0])
        if operator == "in":
            return f"{column} IN ({', '.join(marks)})" if marks else "FALSE"
        if not marks:
            return f"{column} IS {'NOT ' if operator == 'ne' else ''}NULL"
        return f"{column} {'=' if operator == 'eq' else _COMPARE[operator]} {marks[0]}"

    def _condition_values(self, condition: Condition) -> list[Any]:
        if condition.operator == "in":
            return [self.value(condition.field, value) for value in condition.value]
        if condition.operator in ("has", "contains"):
            return [condition.value]
        if condition.value is None:
            return []
        return [self.value(condition.field, condition.value)]

    def qualified(self, alias: str) -> str:
        """Return the columns of a table that a statement calls `alias`."""
        return ", ".join(f"{alias}.{_quote(column.name)}" for column in self.table.columns)

    def _insert(self, on_conflict: str, *more: str) -> str:
        names = [*self.table.stored, *more]
        marks = ", ".join(self._mark(i + 1) for i in range(len(names)))
        columns = ", ".join(map(_quote, names))
        return f"INSERT INTO {self.name} ({columns}) VALUES ({marks}){on_conflict}"

    def _tally(self) -> str:
        key = ", ".join(map(_quote, ("tenant_id", *self.table.key)))
        adds = (f"{_quote(n)} = {self.table.name}.{n} + excluded.{n}" for n in self.table.sums)
        return self._insert(f" ON CONFLICT ({key}) DO UPDATE SET {', '.join(adds)}")

    def _key_condition(self, first: int) -> str:
        return "".join(
            f" AND {_quote(name)} = {self._mark(first + i)}"
            for i, name in enumerate(self.table.key)
        )

    def _mark(self, position: int) -> str:
        return self.dialect.mark(position)


def _encoder(table: Table[E], codec: Codec) -> Callable[[E], list[Any]]:
    """Return a function from a record to the values of an insert.

    Like the methods of dataclasses, it is generated and compiled: rows are most of what a database processes, and a
    loop over the fields takes twice as long.
    """
    converts = {f"to_{c.name}": codec.encoder(c) for c in table.columns}
    fields = [_converted(f"record.{c.name}", f"to_{c.name}", c, converts) for c in table.columns]
    scope = {**converts, **{f"derive_{d.name}": d.make for d in table.derived}}
    fields += [f"derive_{d.name}(record.{d.source})" for d in table.derived]
    return _function(f"lambda record: [{', '.join(fields)}]", scope)


def _decoder(table: Table[E], codec: Codec) -> Callable[[Sequence[Sequence[Any]]], list[E]]:
    """Return a function from rows to their records.

    It calls an attribute, because that accepts any number of keyword arguments; more than fifteen, passed to a plain
    name, are collected in a dictionary first, which takes as long as everything else.
    """
    converts = {f"from_{c.name}": codec.decoder(c) for c in table.columns}
    values = [f"value_{c.name}" for c in table.columns]
    fields = [
        f"{c.name}={_converted(value, f'from_{c.name}', c, converts)}"
        for c, value in zip(table.columns, values, strict=True)
    ]
    scope = {**converts, "record": SimpleNamespace(make=table.record)}
    make = f"record.make({', '.join(fields)})"
    return _function(f"lambda rows: [{make} for {', '.join(values)}, in rows]", scope)


def _converted(value: str, convert: str, column: Column, converts: dict[str, Any]) -> str:
    if converts[convert] is None:
        return value
    return (
        f"None if {value} is None else {convert}({value})"
        if column.nullable
        else (f"{convert}({value})")
    )


def _function(source: str, scope: dict[str, Any]) -> Any:
    return eval(source, scope)  # noqa: S307 - built from the field names of a declared record


class Compiler:
    """The tables of a schema in the SQL of one engine."""

    def __init__(self, schema: Schema, dialect: Dialect) -> None:
        self.dialect = dialect
        self._tables = {table.record: TableSql(table, dialect) for table in schema.tables}
        messages = Query(Message).where(branch="", seq__ge=0, seq__le=0).by("seq")
        self.messages = self.of(Message).select(messages, "")[0]
        """Selects a tenant's messages of a branch from a seq to a seq."""

    def of(self, record: type[E]) -> TableSql[E]:
        try:
            return self._tables[record]
        except KeyError:
            raise ValueError(f"{record.__name__} is not declared in this schema") from None


def _quote(name: str) -> str:
    return f'"{name}"'


def _arity(condition: Condition) -> int:
    if condition.operator == "in":
        return len(condition.value)
    return 0 if condition.value is None else 1


def _after(order: tuple[tuple[str, bool], ...], marks: list[str]) -> str:
    """Return the condition that selects the rows strictly after the given one in this order."""
    directions = {down for _, down in order}
    if len(directions) == 1:
        columns = ", ".join(_quote(field) for field, _ in order)
        sign = "<" if directions == {True} else ">"
        return f"({columns}) {sign} ({', '.join(marks)})"
    steps: list[str] = []
    for i, (field, down) in enumerate(order):
        equal = [f"{_quote(f)} = {m}" for (f, _), m in zip(order[:i], marks, strict=False)]
        steps.append(" AND ".join([*equal, f"{_quote(field)} {'<' if down else '>'} {marks[i]}"]))
    return f"({' OR '.join(f'({step})' for step in steps)})"
