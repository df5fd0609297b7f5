"""A unit of work on SQLite: every verb has completed when it returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, cast

import apsw

from hansard.errors import AlreadyExists, Conflict
from hansard.model.artifacts import ArtifactText
from hansard.model.feed import FeedEntry
from hansard.model.messages import Message
from hansard.search.tokenizer import passages
from hansard.storage import message_tree, search_terms
from hansard.storage.base import (
    Append,
    ArtifactMatch,
    ArtifactSearch,
    Change,
    Match,
    TextSearch,
)
from hansard.storage.notifier import user_channel
from hansard.storage.query import Query
from hansard.storage.schema import Schema, Table
from hansard.storage.sql.compiler import Compiler, TableSql
from hansard.storage.sql.statements import statements
from hansard.storage.sql.transaction import Row, SqlTransaction
from hansard.storage.sql.values import encode_json, microseconds, ref_to_bytes, uuid_to_bytes
from hansard.storage.sqlite import index
from hansard.storage.sqlite.appends import Batch, Heads, Refused
from hansard.storage.sqlite.kept import Generation, Kept
from hansard.storage.sqlite.positions import Positions
from hansard.storage.sqlite.search import find

SQL = statements("sqlite")


class SqliteTransaction(SqlTransaction):
    """A unit of work on one connection."""

    statements: ClassVar[Mapping[str, str]] = SQL

    def __init__(
        self,
        schema: Schema,
        compiler: Compiler,
        tenant: str,
        connection: apsw.Connection,
        kept: Kept | None = None,
        positions: Positions | None = None,
    ) -> None:
        """Create it before its transaction reads anything; `kept` is for units that only read, `positions` for those
        that write.
        """
        super().__init__(schema, compiler, tenant)
        self._connection = connection
        self._positions = positions or Positions()
        self._kept = kept
        self._generation = kept and kept.generation
        self.pending = 0
        """How many rows the unit stored that are not indexed yet."""
        self.unread: dict[tuple[Any, ...], Any] = {}
        """Pending rows that the unit has read, by what was asked."""

    @property
    def make_passages(self) -> search_terms.Make:
        return passages

    async def rows(self, text: str, values: Any) -> Sequence[Row]:
        try:
            return cast("list[Row]", self._connection.execute(text, values).fetchall())
        except apsw.ConstraintError as error:
            raise _constraint(error) from error

    @property
    def changes(self) -> int:
        """A number that rises with every change that the connection makes."""
        return self._connection.total_changes()

    def each(self, text: str, values: Any = ()) -> Iterator[Row]:
        """Yield the rows of a statement one at a time; there may be more than fit into memory."""
        return self._connection.execute(text, values)

    async def run(self, text: str, values: Any) -> int:
        try:
            self._connection.execute(text, values)
        except apsw.ConstraintError as error:
            raise _constraint(error) from error
        return self._connection.changes()

    async def run_many(self, text: str, values: Sequence[Sequence[Any]]) -> None:
        try:
            self._connection.executemany(text, values)
        except apsw.ConstraintError as error:
            raise _constraint(error) from error

    async def run_update(self, sql: TableSql[Any], text: str, values: Sequence[Any]) -> Row | None:
        """Run an update and read the row separately: for RETURNING, SQLite creates a savepoint (decision 9)."""
        if not await self.run(text, values):
            return None
        return (await self.rows(sql.get, values[: 1 + len(sql.table.key)]))[0]

    async def insert_searchable(self, table: Table[Any], records: Sequence[Any]) -> None:
        await index.insert(self, table, records)

    async def reindex(self, table: Table[Any], records: Sequence[Any]) -> None:
        await index.reindex(self, table, records)

    async def delete_searchable(self, query: Query[Any]) -> int:
        sql = self.sql.of(query.record)
        text, values = sql.select(query, self.tenant)
        rows = await self.rows(text.replace("SELECT ", "SELECT k, ", 1), values)
        if rows:
            await index.remove(self, sql.table, rows)
        return await self.run(*sql.delete(query, self.tenant))

    async def append(self, append: Append) -> list[Message]:
        """Append as `message_tree.append` does, with statements that read and write only what is needed."""
        batch = Batch(Heads())
        try:
            placed = await batch.add(self, self.tenant, append)
        except Refused:
            return await message_tree.append(self, append)
        self.counted(1)
        await batch.store(self)
        return placed

    async def messages(self, branch: str, first: int, last: int) -> list[Message]:
        generation = self._current_generation()
        if generation is None:
            return await super().messages(branch, first, last)
        found = generation.find(self.tenant, branch, range(first, last + 1))
        missing = [seq for seq, message in enumerate(found, first) if message is None]
        if missing:
            low, high = missing[0], missing[-1]
            found[low - first : high - first + 1] = await self._keep(generation, branch, low, high)
        return cast("list[Message]", found)

    def _current_generation(self) -> Generation | None:
        """Return the generation to which the unit's snapshot belongs; None if that is not certain."""
        if self._kept is None or self._kept.generation is not self._generation:
            return None
        begun = self._connection.txn_state("main") == apsw.SQLITE_TXN_READ
        return self._generation if begun else None

    async def _keep(
        self, generation: Generation, branch: str, low: int, high: int
    ) -> list[Message]:
        """Read messages of a branch and keep them."""
        messages = await super().messages(branch, low, high)
        generation.keep(self.tenant, branch, messages)
        return messages

    async def publish(self, *changes: Change) -> None:
        self.counted(len(changes))
        await self.report([(self.tenant, change) for change in changes])

    async def report(self, changes: Sequence[tuple[str, Change]]) -> None:
        """Add changes of tenants to the feed."""
        rows: list[tuple[Any, ...]] = []
        first = await self._positions.take(self, len(changes))
        for position, (tenant, change) in enumerate(changes, first):
            ids = (change.conversation_id, change.branch)
            row = (
                tenant,
                microseconds(change.at),
                change.user_id,
                change.kind,
                ref_to_bytes(change.subject_id),
                *(value and uuid_to_bytes(value) for value in ids),
                change.seq,
                change.count,
                position,
            )
            rows.append(row)
            self.notified.add(user_channel(tenant, change.user_id))
        await self.run_each(SQL["report"], rows)

    async def feed(self, user_id: str, after: int, limit: int) -> list[FeedEntry]:
        entries = Query(FeedEntry).where(user_id=user_id, position__gt=after)
        return await self.select(entries.by("position").page(limit))

    async def search(self, search: TextSearch) -> list[Match]:
        filters = {
            "roles": encode_json(search.roles) if search.roles else None,
            "projects": _hex(search.project_ids) if search.project_ids else None,
            "model": search.model,
            "archived": search.archived,
        }
        found = await find(self, self.schema.of(Message), search, filters)
        return [Match(one.id, one.place or "", one.position, one.score) for one in found]

    async def search_artifacts(self, search: ArtifactSearch) -> list[ArtifactMatch]:
        filters = {
            "types": encode_json(search.types) if search.types else None,
            "languages": encode_json(search.languages) if search.languages else None,
            "project": search.project_id and uuid_to_bytes(search.project_id),
        }
        found = await find(self, self.schema.of(ArtifactText), search, filters)
        return [ArtifactMatch(one.id, one.position, one.score) for one in found]


def _hex(ids: tuple[str, ...]) -> str:
    return encode_json([value.replace("-", "") for value in ids])


def _constraint(error: apsw.ConstraintError) -> Conflict:
    if result_code(error) == "sqlite_constraint_foreignkey":
        return Conflict(
            "It refers to a record that does not exist, or another record refers to it."
        )
    return AlreadyExists()


def result_code(error: apsw.Error) -> str:
    """Return SQLite's name of the error, such as ``sqlite_ioerr_fsync``."""
    code: int = getattr(error, "extendedresult", 0)
    return str(apsw.mapping_extended_result_codes.get(code, "")).lower()
