"""The verbs for both engines: the compiler writes the SQL, a driver runs it.

A driver provides `rows`, `run` and `run_many`. It also maintains the search index of searchable tables and publishes
to the feed, which differ between the engines.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from hansard.errors import NotFound, VersionConflict
from hansard.model.base import Entry
from hansard.model.branches import Branch
from hansard.model.messages import Message
from hansard.storage import search_terms
from hansard.storage.base import Transaction
from hansard.storage.query import Query
from hansard.storage.schema import Schema, Table
from hansard.storage.sql.compiler import Compiler, TableSql

E = TypeVar("E", bound=Entry)
Row = Sequence[Any]


class SqlTransaction(Transaction):
    statements: ClassVar[Mapping[str, str]]
    """The engine's hand-written statements."""

    def __init__(self, schema: Schema, compiler: Compiler, tenant: str) -> None:
        self.schema = schema
        self.tenant = tenant
        self.sql = compiler
        self.notified: set[str] = set()
        """The user channels to notify when the unit is committed."""

    # What a driver provides

    @abstractmethod
    async def rows(self, text: str, values: Sequence[Any]) -> Sequence[Row]:
        """Run a statement and return its rows."""

    @abstractmethod
    async def run(self, text: str, values: Sequence[Any]) -> int:
        """Run a statement and return how many rows it changed."""

    @abstractmethod
    async def run_many(self, text: str, values: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row of values."""

    async def run_each(self, text: str, values: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row of values, of which there are often one or none."""
        if len(values) == 1:
            await self.run(text, values[0])
        elif values:
            await self.run_many(text, values)

    @abstractmethod
    async def run_update(self, sql: TableSql[Any], text: str, values: Sequence[Any]) -> Row | None:
        """Update one row and return it; None if there was none.

        The values begin with those of the row's key.
        """

    @abstractmethod
    async def insert_searchable(self, table: Table[Any], records: Sequence[Any]) -> None:
        """Add rows of a searchable table, and their passages to its search index."""

    @property
    @abstractmethod
    def make_passages(self) -> search_terms.Make:
        """Return the function that makes the passages of a text for the index."""

    @abstractmethod
    async def reindex(self, table: Table[Any], records: Sequence[Any]) -> None:
        """Index rows of a searchable table again, without moving them."""

    @abstractmethod
    async def delete_searchable(self, query: Query[Any]) -> int:
        """Delete rows of a searchable table, and take them out of its search index; return how many."""

    # The verbs

    async def get(self, record: type[E], *key: Any, lock: bool = False) -> E | None:
        sql = self.sql.of(record)
        text = sql.get + self.sql.dialect.lock if lock else sql.get
        rows = await self.rows(text, [self.tenant, *sql.key(key)])
        return sql.read(rows[:1])[0] if rows else None

    async def select(self, query: Query[E]) -> list[E]:
        sql = self.sql.of(query.record)
        text, values = sql.select(query, self.tenant)
        return sql.read(await self.rows(text, values))

    async def count(self, query: Query[Any]) -> int:
        text, values = self.sql.of(query.record).count(query, self.tenant)
        return (await self.rows(text, values))[0][0]

    async def aggregate(self, query: Query[E], by: Sequence[str]) -> list[E]:
        sql = self.sql.of(query.record)
        text, values = sql.aggregate(query, by, self.tenant)
        return sql.read(await self.rows(text, values))

    async def insert(self, *records: Entry, absent: bool = False) -> int:
        if not records:
            return 0
        if any(record.tenant_id != self.tenant for record in records):
            raise NotFound("The record belongs to another tenant.")
        sql = self.sql.of(type(records[0]))
        if absent:
            return sum([await self.run(sql.insert_absent, sql.encode(r)) for r in records])
        if sql.table.search:
            await self.insert_searchable(sql.table, records)
        else:
            await self.run_each(sql.insert, [sql.encode(record) for record in records])
        return len(records)

    async def update(
        self, record: type[E], *key: Any, version: int | None = None, **changes: Any
    ) -> E:
        sql = self.sql.of(record)
        text, values = sql.update(changes, key, version, self.tenant)
        row = await self.run_update(sql, text, values)
        if row is not None:
            return sql.read([row])[0]
        stored = await self.get(record, *key)
        if stored is None:
            raise NotFound()
        raise VersionConflict(version=getattr(stored, "version", None))

    async def delete(self, query: Query[Any]) -> int:
        sql = self.sql.of(query.record)
        if sql.table.search:
            return await self.delete_searchable(query)
        return await self.run(*sql.delete(query, self.tenant))

    async def resolve_branch(
        self, conversation_id: str, owner_id: str, viewer: str, branch: str | None = None
    ) -> Branch | None:
        sql = self.sql.of(Branch)
        ids = (sql.value("id", conversation_id), sql.value("id", branch))
        text = self.statements["tip"].format(columns=sql.columns)
        rows = await self.rows(text, (self.tenant, *ids, owner_id, viewer))
        return sql.read(rows[:1])[0] if rows else None

    async def _messages(self, branch: str, first: int, last: int) -> list[Message]:
        sql = self.sql.of(Message)
        values = (self.tenant, sql.value("branch", branch), first, last)
        return sql.read(await self.rows(self.sql.messages, values))

    async def move(self, branch: str, first_seq: int, to: str) -> int:
        await self.get(Branch, branch, lock=True)
        moved = Query(Message).where(branch=branch, seq__ge=first_seq)
        text, values = self.sql.of(Message).change(moved, {"branch": to}, self.tenant)
        return await self.run(text, values)

    async def increment(self, *sums: Entry) -> None:
        if sums:
            sql = self.sql.of(type(sums[0]))
            await self.run_each(sql.increment, [sql.encode(row) for row in sums])
