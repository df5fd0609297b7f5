"""The storage contract: what every back end promises, on one page.

A `Storage` runs *units of work*: coroutine functions that receive a `Reader` or a `Transaction`, opened
for one tenant, and await nothing else. So each service is written once for all engines: SQLite runs the
unit to its end on the thread that owns the file, PostgreSQL awaits the server at each step, memory simply
runs it. A unit must be repeatable: the engine may run it again from its beginning, so a side effect outside
its transaction could happen twice.

**Atomic.** All changes of a unit are committed, or none; an exception from the unit rolls it back, and after
an error from one of its methods the unit must end. **Isolated.** A unit that reads sees one snapshot of the
database from beginning to end. One that writes sees its own changes and, at each call, what others have
committed by then; a row read with `lock=True` is the newest and stays locked until the unit ends. **Durable.**
When `write` returns, the change survives the loss of the process and of power (memory excepted). When it raises
`OutcomeUnknown` the change may or may not have happened; any other error means that it did not.
**Tenant.** A unit sees and writes rows of its own tenant only; it cannot name another. **Same everywhere.**
Text compares by code point, times have microseconds, JSON comes back unchanged, and errors are those
of `hansard.errors`.

**Notifications.** After a commit that published to a user's feed, the storage notifies that user's subscriptions
(`notifier`): in this process at once, and soon in others that use the same database. A notification is only a hint:
subscribers must still poll the feed every few seconds, because only the feed is complete.

Six generic methods work on every declared table: `get`, `select`, `count`, `insert`, `update` and `delete`. What they
cannot express has a method of its own; a new one needs a reason (`docs/decisions/`) and a contract test.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from hansard.errors import TooLarge, damaged
from hansard.model.base import Entry, Id
from hansard.model.branches import Branch
from hansard.model.event_kinds import EventKind
from hansard.model.feed import FeedEntry
from hansard.model.health import Health
from hansard.model.messages import Message, OnConflict
from hansard.search.tokenizer import Clause
from hansard.storage.notifier import Notifier
from hansard.storage.query import Query
from hansard.storage.schema import Schema
from hansard.storage.tables import SCHEMA

E = TypeVar("E", bound=Entry)
T = TypeVar("T")

MAX_CHANGES = 4_095
"""The most feed entries that one unit may publish."""
SEARCH_WINDOW = 2_000
"""A search ranks this many of the newest matches by relevance; older ones follow by time."""


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """Messages to append, in order, to the head of a branch, in one step.

    `branch`, `seq` and `parent_id` of the messages are ignored: the storage assigns them.
    """

    conversation_id: Id
    owner_id: str
    """The conversation must belong to this user; otherwise NotFound is raised."""
    viewer: str
    """The user whose selected branch is used if `branch` is None."""
    messages: tuple[Message, ...]
    branch: Id | None = None
    expect_head: Id | msgspec.UnsetType | None = msgspec.UNSET
    """The head that the writer expects; None: an empty branch; unset: any."""
    on_conflict: OnConflict = "error"
    """If the head is another one: raise HeadConflict, append to it, or fork from the expected head."""
    fork_id: Id
    """The id of the branch that `on_conflict="fork"` creates."""
    at: datetime


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that a unit publishes to the feed; see `FeedEntry`."""

    user_id: str
    kind: EventKind
    subject_id: str
    at: datetime
    conversation_id: Id | None = None
    branch: Id | None = None
    seq: int | None = None
    count: int = 1

    def entry(self, tenant: str, position: int) -> FeedEntry:
        return FeedEntry(
            tenant_id=tenant,
            created_at=self.at,
            position=position,
            user_id=self.user_id,
            kind=self.kind,
            subject_id=self.subject_id,
            conversation_id=self.conversation_id,
            branch=self.branch,
            seq=self.seq,
            count=self.count,
        )


class TextSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Search for messages of one owner that match all clauses and filters, without the trash."""

    owner_id: str
    clauses: tuple[Clause, ...]
    roles: tuple[str, ...] = ()
    conversation_id: Id | None = None
    project_ids: tuple[Id, ...] = ()
    model: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    archived: bool | None = None
    before: int | None = None
    """Only matches with a lower `position`."""
    window: int = SEARCH_WINDOW


class Match(msgspec.Struct, frozen=True):
    message_id: Id
    conversation_id: Id
    position: int
    """Higher for messages that were stored later."""
    score: float


class ArtifactSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Search for artifacts of one owner whose newest revision matches all clauses and filters.

    Temporary artifacts and those in the trash are left out.
    """

    owner_id: str
    clauses: tuple[Clause, ...]
    types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    conversation_id: Id | None = None
    project_id: Id | None = None
    since: datetime | None = None
    """Changed at this time or later."""
    until: datetime | None = None
    """Changed before this time."""
    before: int | None = None
    """Only matches with a lower `position`."""
    window: int = SEARCH_WINDOW


class ArtifactMatch(msgspec.Struct, frozen=True):
    artifact_id: Id
    position: int
    """Higher for artifacts that were changed later."""
    score: float


class Reader(ABC):
    """A view of one tenant's rows."""

    tenant: str
    schema: Schema
    decode: Callable[[Any], Any] | None = None
    """Returns a record as it was given to a wrapper, from its stored form; None if no wrapper changes records."""

    @property
    def innermost(self) -> Reader:
        """The back end's own unit, below all wrappers."""
        return self

    def text_of(self, record: Entry) -> str:
        """Return the text by which search finds a stored record; empty if its table is not searched.

        A back end derives nothing else from what records contain.
        """
        original = self.decode(record) if self.decode else record
        return self.schema.of(type(record)).text_of(original)

    @abstractmethod
    async def get(self, record: type[E], *key: Any, lock: bool = False) -> E | None:
        """Return the row of type `record` with the primary key `key`, or None.

        With `lock`, return its newest state and lock it until the unit ends.
        """

    @abstractmethod
    async def select(self, query: Query[E]) -> list[E]:
        """Return the rows that match the query, in its order."""

    @abstractmethod
    async def count(self, query: Query[Any]) -> int:
        """Return the number of rows that match the query's conditions."""

    @abstractmethod
    async def aggregate(self, query: Query[E], by: Sequence[str]) -> list[E]:
        """Return counters of `query` summed over rows that agree in the fields `by`; other key fields stay empty."""

    @abstractmethod
    async def resolve_branch(
        self, conversation_id: Id, owner_id: str, viewer: str, branch: Id | None = None
    ) -> Branch | None:
        """Return the branch to read: `branch`, else the one that `viewer` selected, else the main one.

        Return None if the branch does not exist, the conversation does not exist or belongs to another owner than
        `owner_id`, or either is in the trash.
        """

    async def messages(self, branch: Id, first: int, last: int) -> list[Message]:
        """Return the messages that a branch owns from seq `first` to `last`, in order.

        The branch, as this unit read it, must have all of them. A back end may keep them in memory, so other units may
        get the same objects. Raises NotADatabase if one is missing.
        """
        rows = await self._messages(branch, first, last)
        if len(rows) != last - first + 1:
            raise damaged("A message")
        return rows

    async def _messages(self, branch: Id, first: int, last: int) -> list[Message]:
        return await self.select(
            Query(Message).where(branch=branch, seq__ge=first, seq__le=last).by("seq")
        )

    @abstractmethod
    async def search(self, search: TextSearch) -> list[Match]:
        """Return the newest `search.window` matches with their relevance, newest first."""

    @abstractmethod
    async def search_artifacts(self, search: ArtifactSearch) -> list[ArtifactMatch]:
        """Return the newest `search.window` matching artifacts with their relevance, newest first."""

    @abstractmethod
    async def feed(self, user_id: str, after: int, limit: int) -> list[FeedEntry]:
        """Return a user's feed entries with a `position` above `after`, at most `limit`.

        Entries appear only when no open transaction can still add an earlier one, so a reader misses none.
        """


class Transaction(Reader):
    """A view of one tenant's rows that can change them."""

    _changes = 0

    def counted(self, changes: int) -> int:
        """Add `changes` to the number of published feed entries and return it.

        Raises TooLarge if the unit publishes more than `MAX_CHANGES`.
        """
        self._changes += changes
        if self._changes > MAX_CHANGES:
            raise TooLarge(f"One operation may publish at most {MAX_CHANGES} changes; split it.")
        return self._changes

    @abstractmethod
    async def insert(self, *records: Entry, absent: bool = False) -> int:
        """Insert rows, all of one type, and return how many were inserted.

        With `absent`, rows whose key exists are skipped. Raises AlreadyExists if a key exists and `absent` is false.
        """

    @abstractmethod
    async def update(
        self, record: type[E], *key: Any, version: int | None = None, **changes: Any
    ) -> E:
        """Change fields of the row of type `record` with the primary key `key` and return the new row.

        `version` rises by one, unless only fields that the table declares as `unversioned` change. The caller sets
        `updated_at` among the changes. Raises NotFound if there is no such row, VersionConflict if its version is not
        `version`.
        """

    @abstractmethod
    async def delete(self, query: Query[Any]) -> int:
        """Delete the rows that match `query` permanently and return how many.

        Raises Conflict if a remaining row refers to one of them.
        """

    @abstractmethod
    async def append(self, append: Append) -> list[Message]:
        """Append messages to a branch, update everything that depends on them (see `message_tree`) and return them.

        Raises NotFound if the conversation or branch does not exist for the owner, HeadConflict if the head is not
        the expected one and `on_conflict` is `"error"`, AlreadyExists if an id is taken.
        """

    @abstractmethod
    async def move(self, branch: Id, first_seq: int, to: Id) -> int:
        """Move the messages of `branch` with `seq >= first_seq` to the branch `to` and return how many."""

    @abstractmethod
    async def increment(self, *sums: Entry) -> None:
        """Add the values of `sums` to the counters with the same keys; missing counters start at zero."""

    @abstractmethod
    async def publish(self, *changes: Change) -> None:
        """Add entries to the feed, which become visible when the unit commits.

        Raises TooLarge if the unit publishes more than `MAX_CHANGES`.
        """


Read = Callable[[Reader], Awaitable[T]]
Write = Callable[[Transaction], Awaitable[T]]


class Storage(ABC):
    """A database. It is created closed; call `open` before use and `close` after, each once."""

    schema: Schema = SCHEMA
    exclusive: bool = True
    """Whether only one process writes, so that work which another process left unfinished can be taken over."""
    readonly: bool = False
    """Whether every write is refused, so that nobody attempts maintenance."""
    notifier: Notifier
    """Notified after commits that published; feed readers subscribe to it."""

    @abstractmethod
    async def open(self) -> None:
        """Open the database. Raises a StorageError that names the problem if it cannot be used."""

    @abstractmethod
    async def close(self) -> None:
        """Finish accepted work, then close the database; later calls raise StorageError."""

    @abstractmethod
    async def read(self, tenant: str, work: Read[T]) -> T:
        """Run the unit `work`, which only reads, and return its result."""

    @abstractmethod
    async def write(self, tenant: str, work: Write[T]) -> T:
        """Run the unit `work`, which may write, commit it and return its result."""

    async def append(self, tenant: str, append: Append) -> list[Message]:
        """Run one append as a unit. This is the hot path: a back end may override it with a faster way."""
        return await self.write(tenant, lambda tx: tx.append(append))

    @property
    def is_settled(self) -> bool:
        """Whether the order of what a search finds stays, unless something is written.

        A search finds everything at any time.
        """
        return True

    async def settle(self) -> None:  # noqa: B027 - most storages always are
        """Complete what searches rank by."""

    async def erase(self) -> None:  # noqa: B027 - not every storage has files
        """Overwrite deleted data, so that the database files no longer contain it."""

    @abstractmethod
    async def health(self) -> Health:
        """Return the storage's state after one short check; never raises and never waits for a writer."""

    def announce(self, **details: Any) -> None:  # noqa: B027 - not every storage has other readers
        """Tell other processes on this machine something about the writer, such as the `url` at which it serves."""

    @abstractmethod
    async def tenants(self) -> list[str]:
        """Return the ids of all tenants, for maintenance."""
