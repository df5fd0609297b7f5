"""A unit of work on PostgreSQL: every verb is a round trip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, ClassVar

import msgspec

from hansard.model.artifacts import ArtifactText
from hansard.model.feed import FeedEntry
from hansard.model.messages import Message
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
from hansard.storage.postgres import index
from hansard.storage.postgres.errors import translated
from hansard.storage.postgres.roles import ITSELF
from hansard.storage.postgres.search import find
from hansard.storage.query import Query
from hansard.storage.schema import Schema, Table
from hansard.storage.sql.compiler import Compiler, TableSql
from hansard.storage.sql.statements import statements
from hansard.storage.sql.transaction import Row, SqlTransaction

SQL = statements("postgres")


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
        reads_all: bool = True,
    ) -> None:
        """With `alone` there is no transaction, so each statement commits by itself.

        Without `reads_all`, a search may raise Behind.
        """
        super().__init__(schema, compiler, tenant)
        self._connection = connection
        self._role = role
        self._alone = alone
        self.reads_all = reads_all
        self.pending: Counter[str] = Counter()
        """Rows that the unit stored and did not index, by table."""

    @property
    def make_passages(self) -> search_terms.Make:
        return index.lexemes

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
        await index.insert(self, table, records)

    async def reindex(self, table: Table[Any], records: Sequence[Any]) -> None:
        await index.reindex(self, table, records)

    async def delete_searchable(self, query: Query[Any]) -> int:
        sql = self.sql.of(query.record)
        text, values = sql.delete(query, self.tenant)
        owner = index.searchable(sql.table).owner
        parts = {"delete": text, "table": sql.table.name, "owner": owner}
        return (await self.rows(SQL["delete"].format(**parts), values))[0][0]

    async def append(self, append: Append) -> list[Message]:
        placed = await self.append_at_once(append)
        return await message_tree.append(self, append) if placed is None else placed

    async def append_at_once(self, append: Append) -> list[Message] | None:
        """Append in one statement. Return None if that is not possible; then nothing was done."""
        messages = append.messages
        if any(len(message.text) > index.LONG for message in messages):
            return None
        contents = [content_digest(message) for message in messages]
        lists = self._lists(messages, contents)
        if len(messages) == 1:
            rows = await self.rows(SQL["append_one"], (*self._goal(append), *chain(*lists)))
        else:
            rows = await self.rows(SQL["append"], (*self._goal(append), *lists))
        if not rows:
            return None
        self.notified.add(user_channel(self.tenant, append.owner_id))
        self.pending[_MESSAGES] += len(messages)
        branch, first_seq, parent, digest = rows[0]
        end = (parent and str(parent), digest and digest.hex())
        return message_tree.assign_positions(messages, str(branch), first_seq - 1, *end, contents)

    def _goal(self, append: Append) -> tuple[Any, ...]:
        """Return where an append goes, and what changes there."""
        return (
            self._role,
            self.tenant,
            append.conversation_id,
            append.owner_id,
            append.viewer,
            append.branch,
            append.expect_head is not msgspec.UNSET,
            None if append.expect_head is msgspec.UNSET else append.expect_head,
            append.at,
            message_tree.preview(append.messages[-1]),
            self.counted(1),
        )

    def _lists(self, messages: Sequence[Message], contents: list[bytes]) -> list[Sequence[Any]]:
        """Return the columns of the messages and those of their counters, each as a list."""
        sql = self.sql.of(Message)
        names = sql.table.stored
        columns = dict(zip(names, zip(*map(sql.encode, messages), strict=True), strict=False))
        sums = message_tree.activity(messages, None, None)
        return [
            *(columns[name] for name in _APPENDED),
            contents,
            *([getattr(row, name) for row in sums] for name in _COUNTED),
            [n for row in sums for n in (row.tokens_in, row.tokens_out)],
            [row.engaged_seconds for row in sums],
        ]

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
        filters = (
            search.roles or None,
            search.project_ids or None,
            search.model,
            search.since,
            search.until,
            search.archived,
        )
        found = await find(self, self.schema.of(Message), search, filters)
        return [Match(one.id, one.place or "", one.position, one.score) for one in found]

    async def search_artifacts(self, search: ArtifactSearch) -> list[ArtifactMatch]:
        filters = (
            search.types or None,
            search.languages or None,
            search.project_id,
            search.since,
            search.until,
        )
        found = await find(self, self.schema.of(ArtifactText), search, filters)
        return [ArtifactMatch(one.id, one.position, one.score) for one in found]


_MESSAGES = "messages"
_APPENDED = (
    "id", "created_at", "role", "parts", "model", "finish", "tokens_in", "tokens_out", "run_id",
    "group_id", "origin_id", "metadata", "author_id",
)  # fmt: skip
_COUNTED = ("day", "hour", "role", "model", "messages", "words", "characters")
