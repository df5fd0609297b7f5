"""A unit of work on SQLite: every verb has completed when it returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, cast

import apsw
import msgspec

from hansard.errors import AlreadyExists, Conflict
from hansard.model.feed import FeedEntry
from hansard.model.messages import Message
from hansard.search.tokenizer import Clause, first_passages, owner_mark, passages, place_mark
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
from hansard.storage.sql.values import (
    encode_json,
    from_microseconds,
    microseconds,
    ref_to_bytes,
    uuid_from_bytes,
    uuid_to_bytes,
)

SQL = statements("sqlite")
_NEWEST = 1 << 62


class SqliteTransaction(SqlTransaction):
    """A unit of work on one connection."""

    statements: ClassVar[Mapping[str, str]] = SQL

    def __init__(
        self, schema: Schema, compiler: Compiler, tenant: str, connection: apsw.Connection
    ) -> None:
        super().__init__(schema, compiler, tenant)
        self._connection = connection

    @property
    def make_passages(self) -> search_terms.Make:
        return passages

    async def rows(self, text: str, values: Any) -> Sequence[Row]:
        try:
            return cast("list[Row]", self._connection.execute(text, values).fetchall())
        except apsw.ConstraintError as error:
            raise _constraint(error) from error

    def each(self, text: str) -> Iterator[Row]:
        """Yield the rows of a statement one at a time; there may be more than fit into memory."""
        return self._connection.execute(text)

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
        sql = self.sql.of(table.record)
        add = SQL["index"].format(table=table.name)
        for record in records:
            await self.run(sql.insert, sql.encode(record))
            first = self._connection.last_insert_rowid()
            texts = self._marked(table, record, passages)
            if len(texts) > 1:
                await self.run(SQL["widen"].format(table=table.name), (first, len(texts) - 1))
            await self._each(add, list(enumerate(texts, first)))

    async def unindex(self, query: Query[Any]) -> None:
        sql = self.sql.of(query.record)
        text, values = sql.select(query, self.tenant)
        rows = await self.rows(text.replace("SELECT ", "SELECT k, ", 1), values)
        entries = [(k, sql.decode(row)) for k, *row in rows]
        if entries and await self._take_out(sql.table, entries):
            gone = encode_json([k for k, _ in entries])
            await self.run(SQL["lower"].format(table=sql.table.name), (sql.table.name, gone))

    async def reindex(self, table: Table[Any], records: Sequence[Any]) -> None:
        sql = self.sql.of(table.record)
        add = SQL["index"].format(table=table.name)
        for record in records:
            where = (self.tenant, sql.value("id", record.id))
            [(k, room)] = await self.rows(SQL["room"].format(table=table.name), where)
            await self._take_out(table, [(k, record)])
            texts = fitted(self._marked(table, record, passages), room)
            await self.run_many(add, list(enumerate(texts, k - len(texts) + 1)))

    async def _take_out(self, table: Table[Any], entries: Sequence[tuple[int, Any]]) -> bool:
        """Remove rows from the index by the terms with which they are indexed; return whether some may be former
        terms.
        """
        stale = await self.rows(SQL["stale"], (self.tenant, table.name))
        after, until = stale[0] if stale else ("", 0)
        remove = SQL["unindex"].format(table=table.name)
        count = SQL["held"].format(table=table.name)
        if not stale:
            search_terms.require(passages, (self.text_of(record) for _, record in entries))
        for k, record in entries:
            is_stale = k <= until and record.id.replace("-", "") > after
            make = first_passages if is_stale else passages
            texts = self._marked(table, record, make)
            if len(texts) > 1:
                texts = fitted(texts, (await self.rows(count, (k,)))[0][0])
            await self.run_many(remove, list(enumerate(texts, k - len(texts) + 1)))
        return bool(stale)

    def _marked(self, table: Table[Any], record: Any, make: search_terms.Make) -> list[str]:
        return marked(table, self.tenant, record, self.text_of(record), make)

    async def append(self, append: Append) -> list[Message]:
        """Append as `message_tree.append` does, with statements that read and write only what is needed."""
        conversation = uuid_to_bytes(append.conversation_id)
        where = {
            "tenant": self.tenant,
            "conversation": conversation,
            "owner": append.owner_id,
            "viewer": append.viewer,
            "branch": append.branch and uuid_to_bytes(append.branch),
            "first": uuid_to_bytes(append.messages[0].id),
        }
        heads = await self.rows(SQL["head"], where)
        if not heads or heads[0][6] or not _expected(append, heads[0][5]):
            return await message_tree.append(self, append)
        project, said_at, digest, branch, head_seq, head_id, _ = heads[0]
        branch_id, head = uuid_from_bytes(branch), head_id and uuid_from_bytes(head_id)
        placed = message_tree.assign_positions(
            append.messages, branch_id, head_seq, head, digest and digest.hex()
        )
        last = placed[-1]
        await self.insert(*placed)
        end = (last.seq, uuid_to_bytes(last.id), last.digest and bytes.fromhex(last.digest))
        await self.run(SQL["advance"], (self.tenant, branch, *end))
        shown = (microseconds(last.created_at), len(placed), message_tree.preview(last))
        await self.run(SQL["touch"], (self.tenant, conversation, *shown))
        before = None if said_at is None else from_microseconds(said_at)
        project_id = project and uuid_from_bytes(project)
        await self.increment(*message_tree.activity(placed, project_id, before))
        await self.publish(message_tree.appended(placed, append))
        return placed

    async def publish(self, *changes: Change) -> None:
        self.counted(len(changes))
        for change in changes:
            ids = (change.conversation_id, change.branch)
            values = (
                self.tenant,
                microseconds(change.at),
                change.user_id,
                change.kind,
                ref_to_bytes(change.subject_id),
                *(value and uuid_to_bytes(value) for value in ids),
                change.seq,
                change.count,
            )
            await self.run(SQL["report"], values)
            self.notified.add(user_channel(self.tenant, change.user_id))

    async def feed(self, user_id: str, after: int, limit: int) -> list[FeedEntry]:
        entries = Query(FeedEntry).where(user_id=user_id, position__gt=after)
        return await self.select(entries.by("position").page(limit))

    async def search(self, search: TextSearch) -> list[Match]:
        if not search.clauses:
            return []
        rows = await self.rows(
            SQL["search"],
            {
                **self._sought(search),
                "roles": encode_json(search.roles) if search.roles else None,
                "projects": _hex(search.project_ids) if search.project_ids else None,
                "model": search.model,
                "archived": search.archived,
            },
        )
        return [
            Match(uuid_from_bytes(row[0]), uuid_from_bytes(row[1]), row[2], row[3]) for row in rows
        ]

    async def search_artifacts(self, search: ArtifactSearch) -> list[ArtifactMatch]:
        if not search.clauses:
            return []
        rows = await self.rows(
            SQL["search_artifacts"],
            {
                **self._sought(search),
                "types": encode_json(search.types) if search.types else None,
                "languages": encode_json(search.languages) if search.languages else None,
                "project": search.project_id and uuid_to_bytes(search.project_id),
            },
        )
        return [ArtifactMatch(uuid_from_bytes(row[0]), row[1], row[2]) for row in rows]

    def _sought(self, search: TextSearch | ArtifactSearch) -> dict[str, Any]:
        """Return the parameters that all searches have in common."""
        return {
            "match": _match(search, owner_mark(self.tenant, search.owner_id)),
            "before": _NEWEST if search.before is None else search.before,
            "tenant": self.tenant,
            "owner": search.owner_id,
            "since": search.since and microseconds(search.since),
            "until": search.until and microseconds(search.until),
            "window": search.window,
        }


def marked(
    table: Table[Any], tenant: str, record: Any, text: str, make: search_terms.Make
) -> list[str]:
    """Return the index entry of each passage of a record's text."""
    search = table.search
    if search is None:
        return []
    mark = owner_mark(tenant, getattr(record, search.owner))
    place = place_mark(getattr(record, search.place))
    passages: list[list[str]] = search_terms.made(make, text)
    return [f"{place} {mark}{f' {mark}'.join(terms)}" for terms in passages]


def fitted(texts: list[str], room: int) -> list[str]:
    """Return the passages as at most `room` texts, the last ones joined: an existing row gets no more places."""
    if len(texts) <= room:
        return texts
    return [*texts[: room - 1], " ".join(texts[room - 1 :])]


def _expected(append: Append, head_id: bytes | None) -> bool:
    if append.expect_head is msgspec.UNSET:
        return True
    return append.expect_head == (head_id and uuid_from_bytes(head_id))


def _match(search: TextSearch | ArtifactSearch, mark: str) -> str:
    """Return the engine's query, which contains only quoted terms of the user's."""

    def quoted(clause: Clause) -> str:
        return f'"{mark}{f" {mark}".join(clause.terms)}"{" *" if clause.prefix else ""}'

    parts = [quoted(clause) for clause in search.clauses]
    if search.conversation_id is not None:
        parts.append(f'"{place_mark(search.conversation_id)}"')
    return " AND ".join(parts)


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
