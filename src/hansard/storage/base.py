"""The contract: what a back end promises, on one page.

A `Storage` runs *units of work*: coroutine functions that receive a `Reader` or a `Transaction`, opened
for one tenant, and await nothing else. That is what lets one service be written once for all engines:
SQLite runs the unit to its end on the thread that owns the file, PostgreSQL awaits the server at each
step, memory simply runs it. A unit must be repeatable: it may be run again from its beginning when the
engine asks for that, so whatever it does besides its transaction would be done twice.

**Atomic.** All of a unit that writes happens, or none of it; an exception from the unit undoes it, and
after an error from a verb the unit must end. **Isolated.** A unit that reads sees one state of the
database from beginning to end. One that writes sees its own changes and, at each verb, what others have
finished by then; what it takes with `lock=True` is the newest and stays until it ends. **Durable.** When
`write` returns, the change survives the loss of the process and of power (memory excepted). When it raises
`OutcomeUnknown` the change may or may not have happened; any other error means that it did not.
**Tenant.** A unit sees and writes rows of its tenant alone; it cannot name another. **Same everywhere.**
Text compares by code point, times have microseconds, JSON comes back as it was given, and errors are those
of `hansard.errors`.

**Heard.** After a commit that published to a user's feed, the storage rings that user's `bells`, in this process at
once and in others that use the same database soon. That is a hint and no more: a follower who hears nothing must still
look at the feed every few seconds, and the feed is what there is to know.

Six verbs work on every declared table. What they cannot say is a *named power* with a method of its own;
a new one needs a reason (`docs/decisions/`) and a contract test.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

import msgspec

from hansard.errors import TooLarge
from hansard.model.base import Entry, Id
from hansard.model.branches import Branch
from hansard.model.feed import FeedEntry
from hansard.model.messages import Message
from hansard.search.tokenizer import Clause
from hansard.storage.notifier import Notifier
from hansard.storage.query import Query
from hansard.storage.tables import SCHEMA, Schema

E = TypeVar("E", bound=Entry)
T = TypeVar("T")
OnConflict = Literal["error", "append", "fork"]

MAX_CHANGES = 4_095
"""What one unit may report to the feed."""
SEARCH_WINDOW = 2_000
"""A search weighs relevance among this many of the newest matches; beyond them, time decides."""


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """Messages to be placed, in order, after the head of a branch, as one step.

    The messages come with everything but their place (`branch`, `seq`, `parent_id`), which is ignored.
    """

    conversation_id: Id
    owner_id: str
    """Only a conversation of this user will do; any other is NotFound."""
    viewer: str
    """Whose chosen branch is meant where none is named."""
    messages: tuple[Message, ...]
    branch: Id | None = None
    expect_head: Id | msgspec.UnsetType | None = msgspec.UNSET
    """The head the writer knows; None: an empty branch; unset: any."""
    on_conflict: OnConflict = "error"
    """What to do when the head is another: HeadConflict, place after it, or fork where it was expected."""
    fork_id: Id
    """The id for the branch that `on_conflict="fork"` makes."""
    at: datetime


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit reports to the feed; see `FeedEntry`."""

    user_id: str
    kind: str
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
    """Messages of one owner that match all clauses and filters; those in the trash never do."""

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
    """Only matches whose position is lower."""
    window: int = SEARCH_WINDOW


class Match(msgspec.Struct, frozen=True):
    message_id: Id
    conversation_id: Id
    position: int
    """Higher for what was stored later."""
    score: float


class ArtifactSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Artifacts of one owner that now match all clauses and filters; no temporary ones, none in the trash."""

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
    """Only matches whose position is lower."""
    window: int = SEARCH_WINDOW


class ArtifactMatch(msgspec.Struct, frozen=True):
    artifact_id: Id
    position: int
    """Higher for what was changed later."""
    score: float


Fault = Literal["closed", "unreachable", "read-only", "fenced", "file-replaced", "disk-full"]
"""What keeps a storage from its work; the word never changes, for alarms are made of it."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What a storage knows of its own state. A field is None where a back end has no such thing."""

    faults: tuple[Fault, ...] = ()
    """Everything that keeps it from reading or writing now; empty if it does its work."""
    reason: str | None = None
    """The first of them as a sentence for the operator; it may name files and hosts."""
    owner: str | None = None
    """Who writes: a process, or the role on a server."""
    file: str | None = None
    """Which file is written to: its path, device and inode."""
    log_bytes: int | None = None
    """Size of the write-ahead log."""
    committed_at: datetime | None = None
    """When this process last committed something."""
    feed_delay: float | None = None
    """Seconds for which the oldest open transaction has held back entries of the feed."""
    feed_holder: str | None = None
    """What that transaction is: a process of the server, or a transaction that was prepared and forgotten."""
    oldest_run_at: datetime | None = None
    """When the oldest run was asked for that has not ended; a storage leaves it to `Database.health`."""

    @property
    def writable(self) -> bool:
        return not self.faults

    @property
    def fenced(self) -> bool:
        """Whether it refuses to write, because what it acknowledged would be lost."""
        return "fenced" in self.faults or "file-replaced" in self.faults


class Reader(ABC):
    """A view of one tenant's rows."""

    tenant: str
    schema: Schema

    @abstractmethod
    async def get(self, record: type[E], *key: Any, lock: bool = False) -> E | None:
        """The row with that key; with `lock`, its newest state, held until the unit ends."""

    @abstractmethod
    async def select(self, query: Query[E]) -> list[E]:
        """The rows that the query asks for, in its order."""

    @abstractmethod
    async def count(self, query: Query[Any]) -> int:
        """How many rows match the query's conditions."""

    @abstractmethod
    async def aggregate(self, query: Query[E], by: Sequence[str]) -> list[E]:
        """Counters added up over rows that agree in `by`; the other key fields are left empty."""

    @abstractmethod
    async def resolve_branch(
        self, conversation_id: Id, owner_id: str, viewer: str, branch: Id | None = None
    ) -> Branch | None:
        """Where reading begins: the branch that is named, else the viewer's, else the main one.

        None if there is no such branch, or no such conversation of that owner, or one is in the trash.
        """

    @abstractmethod
    async def search(self, search: TextSearch) -> list[Match]:
        """The newest `window` matches, newest first, each with its relevance."""

    @abstractmethod
    async def search_artifacts(self, search: ArtifactSearch) -> list[ArtifactMatch]:
        """The newest `window` matches among artifacts, newest first, each with its relevance."""

    @abstractmethod
    async def feed(self, user_id: str, after: int, limit: int) -> list[FeedEntry]:
        """What changed for a user after a position: settled entries only, so that none is missed."""


class Transaction(Reader):
    """A unit's hold on the rows it changes."""

    _changes = 0

    def counted(self, changes: int) -> int:
        """Count changes that are reported; gives how many there are now, or raises TooLarge."""
        self._changes += changes
        if self._changes > MAX_CHANGES:
            raise TooLarge(f"One step can report at most {MAX_CHANGES} changes.")
        return self._changes

    @abstractmethod
    async def insert(self, *records: Entry, absent: bool = False) -> int:
        """Add rows, all of one type; AlreadyExists if a key is taken.

        With `absent`, rows whose key is taken are passed over; returns how many were added.
        """

    @abstractmethod
    async def update(
        self, record: type[E], *key: Any, version: int | None = None, **changes: Any
    ) -> E:
        """Change fields of a row; raises NotFound, or VersionConflict if it is not at `version`.

        The new version is one higher and `updated_at` is set by the caller among the changes; a change
        of `quiet` fields alone leaves the version as it is.
        """

    @abstractmethod
    async def delete(self, query: Query[Any]) -> int:
        """Remove the rows that match, for good; returns how many.

        Conflict if rows that stay refer to one of them.
        """

    @abstractmethod
    async def append(self, append: Append) -> list[Message]:
        """Place messages at the end of a branch, with all that goes with it: see `placing`."""

    @abstractmethod
    async def move(self, branch: Id, first_seq: int, to: Id) -> int:
        """Give a branch's messages from `first_seq` on to another branch; returns how many."""

    @abstractmethod
    async def increment(self, *sums: Entry) -> None:
        """Add to counters, which begin at zero."""

    @abstractmethod
    async def publish(self, *changes: Change) -> None:
        """Report changes to the feed; they appear when, and only when, the unit is done.

        TooLarge if the unit reports more than `MAX_CHANGES`.
        """


Read = Callable[[Reader], Awaitable[T]]
Write = Callable[[Transaction], Awaitable[T]]


class Storage(ABC):
    """Where records are kept. Made closed; `open` before use, `close` after, both once."""

    schema: Schema = SCHEMA
    exclusive: bool = True
    """Whether one process alone writes here, so that what another left unfinished is over."""
    notifier: Notifier
    """Rung after commits that published; hung by those who follow a feed."""

    @abstractmethod
    async def open(self) -> None:
        """Get ready, or raise a StorageError that says what is wrong."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what was accepted, then let go; whatever is asked after that raises StorageError."""

    @abstractmethod
    async def read(self, tenant: str, work: Read[T]) -> T:
        """Run a unit that only reads."""

    @abstractmethod
    async def write(self, tenant: str, work: Write[T]) -> T:
        """Run a unit that may write."""

    async def append(self, tenant: str, append: Append) -> list[Message]:
        """A unit that is one append, the hot path; a back end may have a shorter way for it."""
        return await self.write(tenant, lambda tx: tx.append(append))

    async def erase(self) -> None:  # noqa: B027 - not every storage has files
        """Make sure that what was deleted cannot be read from the files any more."""

    @abstractmethod
    async def health(self) -> Health:
        """How it is, from what it knows and one short look; raises nothing, and waits for no writer."""

    @abstractmethod
    async def tenants(self) -> list[str]:
        """Every tenant, for the upkeep that a server does for all of them."""
