"""The reference implementation of the contract, with dictionaries in memory.

Read this one first. Rows are stored by tenant, table and key. A unit of work runs to its end without yielding, so it
is isolated, and records how to undo each step in case it fails. Queries are loops. The contract suite, and a model
test that runs the same steps on both, compare the other back ends with this one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from hansard.errors import AlreadyExists, Conflict, NotFound, StorageError, VersionConflict
from hansard.ids import now
from hansard.model.artifacts import Artifact
from hansard.model.base import Entry
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.feed import FeedEntry
from hansard.model.health import Health
from hansard.model.messages import Message
from hansard.search.tokenizer import matches, passages
from hansard.storage import message_tree, search_terms
from hansard.storage.base import (
    Append,
    ArtifactMatch,
    ArtifactSearch,
    Change,
    Match,
    Read,
    Storage,
    TextSearch,
    Transaction,
    Write,
)
from hansard.storage.memory import evaluate
from hansard.storage.notifier import Notifier, user_channel
from hansard.storage.query import Query
from hansard.storage.run_sync import run_now
from hansard.storage.schema import Schema, Table
from hansard.storage.tables import SCHEMA

E = TypeVar("E", bound=Entry)
T = TypeVar("T")
Rows = dict[tuple[Any, ...], Any]


class MemoryStorage(Storage):
    """A storage in memory, whose data is lost when it is closed."""

    def __init__(self, schema: Schema = SCHEMA) -> None:
        self.schema = schema
        self.notifier = Notifier()
        self._tenants: dict[str, dict[str, Rows]] = {}
        self._position = 0
        self._open = False
        self._committed_at: datetime | None = None

    async def open(self) -> None:
        self._open = True

    async def close(self) -> None:
        self._tenants.clear()
        self._open = False

    async def read(self, tenant: str, work: Read[T]) -> T:
        return run_now(work(_Unit(self, tenant)))

    async def write(self, tenant: str, work: Write[T]) -> T:
        async def once() -> T:
            unit = _Unit(self, tenant)
            try:
                result = run_now(work(unit))
            except BaseException:
                unit.undo()
                raise
            self._committed_at = now()
            self.notifier.notify(unit.notified)
            return result

        return await search_terms.run(once, passages)

    async def health(self) -> Health:
        if not self._open:
            return Health(faults=("closed",), reason="The database is closed.")
        return Health(committed_at=self._committed_at)

    async def tenants(self) -> list[str]:
        return sorted(name for name, tables in self._tenants.items() if tables["tenants"])

    def rows(self, tenant: str) -> dict[str, Rows]:
        if not self._open:
            raise StorageError(
                "The database is not open: use `async with hansard.connect(…) as db`."
            )
        return self._tenants.setdefault(tenant, defaultdict(dict))

    def next_position(self) -> int:
        self._position += 1
        return self._position


class _Unit(Transaction):
    def __init__(self, storage: MemoryStorage, tenant: str) -> None:
        self.tenant = tenant
        self.schema = storage.schema
        self._storage = storage
        self.notified: set[str] = set()
        self._rows = storage.rows(tenant)
        self._undo: list[Callable[[], Any]] = []

    def undo(self) -> None:
        for step in reversed(self._undo):
            step()

    # Generic methods

    async def get(self, record: type[E], *key: Any, lock: bool = False) -> E | None:  # noqa: ARG002
        return self._rows[self.schema.of(record).name].get(key)

    async def select(self, query: Query[E]) -> list[E]:
        table = self.schema.of(query.record)
        table.check(query)
        return evaluate.select(table, self._rows[table.name].values(), query)

    async def count(self, query: Query[Any]) -> int:
        table = self.schema.of(query.record)
        table.check(query)
        return len(evaluate.matching(table, self._rows[table.name].values(), query))

    async def aggregate(self, query: Query[E], by: Sequence[str]) -> list[E]:
        return evaluate.aggregate(self.schema.of(query.record), await self.select(query), by)

    async def insert(self, *records: Entry, absent: bool = False) -> int:
        added = 0
        search_terms.require(passages, map(self.text_of, records))
        for record in records:
            table = self.schema.of(type(record))
            if record.tenant_id != self.tenant:
                raise NotFound("The record belongs to another tenant.")
            exists = self._exists(table, record)
            if exists and not absent:
                raise AlreadyExists()
            if not exists:
                self._check_references(table, record)
                self._put(table, table.key_of(record), record)
                added += 1
        return added

    async def update(
        self, record: type[E], *key: Any, version: int | None = None, **changes: Any
    ) -> E:
        table = self.schema.of(record)
        for name in changes:
            table.check_field(name)
        row = self._rows[table.name].get(key)
        if row is None:
            raise NotFound()
        if version is not None and row.version != version:
            raise VersionConflict(version=row.version)
        if table.versioned and not table.unversioned.issuperset(changes):
            changes["version"] = row.version + 1
        changed = msgspec.structs.replace(row, **changes)
        if self._is_taken(table, changed):
            raise AlreadyExists()
        self._check_references(table, changed)
        self._put(table, key, changed)
        return changed

    async def delete(self, query: Query[Any]) -> int:
        rows = await self.select(query)
        table = self.schema.of(query.record)
        for row in rows:
            self._put(table, table.key_of(row), None)
        for referring, reference in self.schema.referring_to(query.record):
            for row in self._rows[referring.name].values():
                self._check_reference(reference, row)
        return len(rows)

    # Special methods

    async def append(self, append: Append) -> list[Message]:
        return await message_tree.append(self, append)

    async def resolve_branch(
        self, conversation_id: str, owner_id: str, viewer: str, branch: str | None = None
    ) -> Branch | None:
        return await message_tree.resolve_branch(self, conversation_id, owner_id, viewer, branch)

    async def move(self, branch: str, first_seq: int, to: str) -> int:
        messages = await self.select(Query(Message).where(branch=branch, seq__ge=first_seq))
        table = self.schema.of(Message)
        for message in messages:
            self._put(table, (message.id,), msgspec.structs.replace(message, branch=to))
        return len(messages)

    async def increment(self, *sums: Entry) -> None:
        for added in sums:
            table = self.schema.of(type(added))
            key = table.key_of(added)
            before = self._rows[table.name].get(key)
            self._put(table, key, added if before is None else table.added(before, added))

    async def publish(self, *changes: Change) -> None:
        self.counted(len(changes))
        table = self.schema.of(FeedEntry)
        for change in changes:
            position = self._storage.next_position()
            self._put(table, (change.user_id, position), change.entry(self.tenant, position))
            self.notified.add(user_channel(self.tenant, change.user_id))

    async def feed(self, user_id: str, after: int, limit: int) -> list[FeedEntry]:
        entries = Query(FeedEntry).where(user_id=user_id, position__gt=after)
        return await self.select(entries.by("position").page(limit))

    async def search(self, search: TextSearch) -> list[Match]:
        results: list[Match] = []
        stored = list(self._rows["messages"].values())
        for position in range(len(stored) - 1, -1, -1):
            message = stored[position]
            if search.before is not None and position >= search.before:
                continue
            if self._passes(message, search) and self._contains("messages", message, search):
                results.append(Match(message.id, message.conversation_id, position, 1.0))
        return results[: search.window]

    def _passes(self, message: Message, search: TextSearch) -> bool:
        conversation: Conversation = self._rows["conversations"][message.conversation_id,]
        branch: Branch = self._rows["branches"][message.branch,]
        return (
            message.owner_id == search.owner_id
            and conversation.state == "active"
            and conversation.expires_at is None
            and branch.state == "active"
            and (not search.roles or message.role in search.roles)
            and search.conversation_id in (None, message.conversation_id)
            and (not search.project_ids or conversation.project_id in search.project_ids)
            and search.model in (None, message.model)
            and (search.since is None or message.created_at >= search.since)
            and (search.until is None or message.created_at < search.until)
            and search.archived in (None, conversation.archived)
        )

    async def search_artifacts(self, search: ArtifactSearch) -> list[ArtifactMatch]:
        results: list[ArtifactMatch] = []
        for position, text in reversed(list(enumerate(self._rows["artifact_texts"].values()))):
            if search.before is not None and position >= search.before:
                continue
            artifact: Artifact = self._rows["artifacts"][text.id,]
            if _passes(artifact, search) and self._contains("artifact_texts", text, search):
                results.append(ArtifactMatch(artifact.id, position, 1.0))
        return results[: search.window]

    def _contains(self, table: str, record: Any, search: TextSearch | ArtifactSearch) -> bool:
        index: Rows = self._rows[f"{table} by terms"]
        return bool(search.clauses) and any(
            all(matches(clause, words) for clause in search.clauses) for words in index[record.id,]
        )

    # Rows, indexes and references

    def _put(self, table: Table[Any], key: tuple[Any, ...], row: Any) -> None:
        before = self._rows[table.name].get(key)
        self._set(table.name, key, row)
        if table.search and (before is None or row is None):
            terms = row and search_terms.made(passages, self.text_of(row))
            self._set(f"{table.name} by terms", key, terms)
        for index, values in _unique_values(table, before):
            self._set(index, values, None)
        for index, values in _unique_values(table, row):
            self._set(index, values, row)

    def _set(self, name: str, key: tuple[Any, ...], row: Any) -> None:
        rows = self._rows[name]
        before = rows.get(key)
        if before is None:
            self._undo.append(lambda: rows.pop(key, None))
        else:
            self._undo.append(lambda: rows.__setitem__(key, before))
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row

    def _exists(self, table: Table[Any], record: Entry) -> bool:
        return table.key_of(record) in self._rows[table.name] or self._is_taken(table, record)

    def _is_taken(self, table: Table[Any], record: Entry) -> bool:
        """Return whether another row has values of this one that must be unique."""
        others = [self._rows[index].get(values) for index, values in _unique_values(table, record)]
        return any(row is not None and table.key_of(row) != table.key_of(record) for row in others)

    def _check_references(self, table: Table[Any], row: Any) -> None:
        for reference in table.references:
            self._check_reference(reference, row)

    def _check_reference(self, reference: Any, row: Any) -> None:
        target = self.schema.of(reference.record)
        values = tuple(getattr(row, name) for name in reference.fields)
        if None in values:
            return
        fields = dict(zip(reference.to, values, strict=True))
        referenced = self._rows[target.name].get(tuple(fields.get(name) for name in target.key))
        if referenced is None or any(getattr(referenced, n) != v for n, v in fields.items()):
            raise Conflict(f"The record refers to a row of {target.name} that does not exist.")


def _unique_values(table: Table[Any], row: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the name of each index of unique values, and the row's values in it; nothing without a row."""
    if row is None:
        return
    is_active = getattr(row, "state", None) == "active"
    for fields in (*table.unique, *(table.unique_active if is_active else ())):
        values = {n: getattr(row, n, None) for n in (*fields, *(d.source for d in table.derived))}
        values |= table.derive(values)
        yield f"{table.name} by {' '.join(fields)}", tuple(values[name] for name in fields)


def _passes(artifact: Artifact, search: ArtifactSearch) -> bool:
    return (
        artifact.owner_id == search.owner_id
        and artifact.state == "active"
        and not artifact.temporary
        and (not search.types or artifact.type in search.types)
        and (not search.languages or artifact.language in search.languages)
        and search.conversation_id in (None, artifact.conversation_id)
        and search.project_id in (None, artifact.project_id)
        and (search.since is None or artifact.updated_at >= search.since)
        and (search.until is None or artifact.updated_at < search.until)
    )
