"""A unit of work on PostgreSQL: every verb is a round trip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from hansard.model.feed import FeedEntry
from hansard.model.messages import Message
from hansard.search.tokenizer import Clause, owner_mark, passages, place_mark
from hansard.storage import message_tree, search_terms
from hansard.storage.base import (
    Append,
    ArtifactMatch,
    ArtifactSearch,
    Change,
    Match,
    TextSearch,
)
from hansard.storage.digests import content_digest
from hansard.storage.notifier import user_channel
from hansard.storage.postgres.errors import translated
from hansard.storage.postgres.roles import ITSELF
from hansard.storage.query import Query
from hansard.storage.schema import Schema, Table
from hansard.storage.sql.compiler import Compiler, TableSql
from hansard.storage.sql.statements import statements
from hansard.storage.sql.transaction import Row, SqlTransaction

SQL = statements("postgres")
_NEWEST = (1 << 63) - 1


def lexemes(text: str) -> list[list[str]]:
    """Return the terms of each passage with their positions, in the engine's syntax."""
    result: list[list[str]] = []
    for terms in passages(text):
        places: dict[str, list[str]] = {}
        for position, term in enumerate(terms, start=1):
            places.setdefault(term, []).append(str(position))
        result.append([f"{term}':{','.join(at)}" for term, at in places.items()])
    return result


class PostgresTransaction(SqlTransaction):
    """A unit of work on one connection in a transaction."""

    statements: ClassVar[Mapping[str, str]] = SQL

    def __init__(
        self,
        schema: Schema,
        compiler: Compiler,
        tenant: str,
        connection: Any,
        *,
        role: str = ITSELF,
        alone: bool = False,
    ) -> None:
        """With `alone` there is no transaction, so each statement commits by itself."""
        super().__init__(schema, compiler, tenant)
        self._connection = connection
        self._role = role
        self._alone = alone

    @property
    def make_passages(self) -> search_terms.Make:
        return lexemes

    async def rows(self, text: str, values: Sequence[Any]) -> Sequence[Row]:
        with translated(unknown=self._alone):
            return await self._connection.fetch(text, *values)

    async def run(self, text: str, values: Sequence[Any]) -> int:
        with translated(unknown=self._alone):
            status: str = await self._connection.execute(text, *values)
        return int(status.rsplit(" ", 1)[-1])

    async def run_many(self, text: str, values: Sequence[Sequence[Any]]) -> None:
        with translated(unknown=self._alone):
            await self._connection.executemany(text, values)

    async def run_update(self, sql: TableSql[Any], text: str, values: Sequence[Any]) -> Row | None:
        rows = await self.rows(f"{text} RETURNING {sql.columns}", values)
        return rows[0] if rows else None

    async def insert_searchable(self, table: Table[Any], records: Sequence[Any]) -> None:
        search_terms.require(lexemes, map(self.text_of, records))
        sql = self.sql.of(table.record)
        await self.run_many(sql.insert, [sql.encode(record) for record in records])
        add = SQL["index"].format(table=table.name)
        vectors = [v for record in records for v in self.marked(table, record)]
        await self.run_many(add, [(self.tenant, *vector) for vector in vectors])

    async def reindex(self, table: Table[Any], records: Sequence[Any]) -> None:
        put, cut = (SQL[name].format(table=table.name) for name in ("reindex", "shorten"))
        for record in records:
            vectors = self.marked(table, record)
            await self.run_many(put, [(self.tenant, *vector) for vector in vectors])
            await self.run(cut, (self.tenant, record.id, len(vectors)))

    def marked(self, table: Table[Any], record: Any) -> list[tuple[str, int, str]]:
        return marked(table, self.tenant, record, self.text_of(record))

    async def unindex(self, query: Query[Any]) -> None:
        """Do nothing: the index's rows are deleted with their records."""

    async def append(self, append: Append) -> list[Message]:
        placed = await self.append_at_once(append)
        return await message_tree.append(self, append) if placed is None else placed

    async def append_at_once(self, append: Append) -> list[Message] | None:
        """Append in one statement. Return None if that is not possible; then nothing was done."""
        messages = append.messages
        search_terms.require(lexemes, (message.text for message in messages))
        sql = self.sql.of(Message)
        columns = dict(
            zip(sql.table.stored, zip(*map(sql.encode, messages), strict=True), strict=False)
        )
        vectors = [v for m in messages for v in marked(sql.table, self.tenant, m, m.text)]
        sums = message_tree.activity(messages, None, None)
        rows = await self.rows(
            SQL["append"],
            (
                self._role,
                self.tenant,
                append.conversation_id,
                append.owner_id,
                append.viewer,
                append.branch,
                append.expect_head is not msgspec.UNSET,
                None if append.expect_head is msgspec.UNSET else append.expect_head,
                append.at,
                message_tree.preview(messages[-1]),
                self.counted(1),
                *(columns[name] for name in _APPENDED),
                [content_digest(message) for message in messages],
                *([vector[i] for vector in vectors] for i in range(3)),
                *([getattr(row, name) for row in sums] for name in _COUNTED),
                [n for row in sums for n in (row.tokens_in, row.tokens_out)],
                [row.engaged_seconds for row in sums],
            ),
        )
        if not rows:
            return None
        self.notified.add(user_channel(self.tenant, append.owner_id))
        branch, first_seq, parent, digest = rows[0]
        end = (parent and str(parent), digest and digest.hex())
        return message_tree.assign_positions(messages, str(branch), first_seq - 1, *end)

    async def publish(self, *changes: Change) -> None:
        for change in changes:
            number = self.counted(1)
            values = (
                self.tenant,
                change.at,
                change.user_id,
                change.kind,
                change.subject_id,
                change.conversation_id,
                change.branch,
                change.seq,
                change.count,
                number,
            )
            await self.run(SQL["report"], values)
            self.notified.add(user_channel(self.tenant, change.user_id))

    async def feed(self, user_id: str, after: int, limit: int) -> list[FeedEntry]:
        end = (await self.rows(SQL["feed_end"], ()))[0][0]
        entries = Query(FeedEntry).where(user_id=user_id, position__gt=after, position__lt=end)
        return await self.select(entries.by("position").page(limit))

    async def search(self, search: TextSearch) -> list[Match]:
        if not search.clauses:
            return []
        rows = await self.rows(
            SQL["search"],
            (
                search.owner_id,
                _match(search, owner_mark(self.tenant, search.owner_id)),
                _NEWEST if search.before is None else search.before,
                search.roles or None,
                search.project_ids or None,
                search.model,
                search.since,
                search.until,
                search.archived,
                search.window,
            ),
        )
        return [Match(str(row[0]), str(row[1]), row[2], row[3]) for row in rows]

    async def search_artifacts(self, search: ArtifactSearch) -> list[ArtifactMatch]:
        if not search.clauses:
            return []
        rows = await self.rows(
            SQL["search_artifacts"],
            (
                search.owner_id,
                _match(search, owner_mark(self.tenant, search.owner_id)),
                _NEWEST if search.before is None else search.before,
                search.types or None,
                search.languages or None,
                search.project_id,
                search.since,
                search.until,
                search.window,
            ),
        )
        return [ArtifactMatch(str(row[0]), row[1], row[2]) for row in rows]


_APPENDED = (
    "id", "created_at", "role", "parts", "model", "finish", "tokens_in", "tokens_out", "run_id",
    "group_id", "origin_id", "metadata", "author_id",
)  # fmt: skip
_COUNTED = ("day", "hour", "role", "model", "messages", "words", "characters")


def marked(table: Table[Any], tenant: str, record: Any, text: str) -> list[tuple[str, int, str]]:
    """Return for each passage of a record's text: the record's id, its number, and its terms with their positions."""
    search = table.search
    if search is None:
        return []
    mark = owner_mark(tenant, getattr(record, search.owner))
    place = place_mark(getattr(record, search.place))
    passages: list[list[str]] = search_terms.made(lexemes, text)
    between = f" '{mark}"
    return [
        (record.id, number, f"'{place}'{between}{between.join(terms)}")
        for number, terms in enumerate(passages)
    ]


def _match(search: TextSearch | ArtifactSearch, mark: str) -> str:
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
