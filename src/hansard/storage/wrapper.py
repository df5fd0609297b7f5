"""The bases of wrappers: a storage and a transaction that forward every call to another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from hansard.model.base import Entry
from hansard.model.branches import Branch
from hansard.model.feed import FeedEntry
from hansard.model.health import Health
from hansard.model.messages import Message
from hansard.storage import message_tree
from hansard.storage.base import (
    Append,
    ArtifactMatch,
    ArtifactSearch,
    Change,
    Match,
    Read,
    Reader,
    Storage,
    TextSearch,
    Transaction,
    Write,
)
from hansard.storage.query import Query

E = TypeVar("E", bound=Entry)
T = TypeVar("T")


class StorageWrapper(Storage):
    """Forwards every call to the storage `inner`; a subclass overrides what it changes.

    A subclass that overrides `write` must override `append` too, which does not pass through it.
    """

    def __init__(self, inner: Storage) -> None:
        self.inner = inner
        self.schema = inner.schema
        self.exclusive = inner.exclusive
        self.readonly = inner.readonly

    async def open(self) -> None:
        await self.inner.open()
        self.notifier = self.inner.notifier

    async def close(self) -> None:
        await self.inner.close()

    async def read(self, tenant: str, work: Read[T]) -> T:
        return await self.inner.read(tenant, work)

    async def write(self, tenant: str, work: Write[T]) -> T:
        return await self.inner.write(tenant, work)

    async def append(self, tenant: str, append: Append) -> list[Message]:
        return await self.inner.append(tenant, append)

    @property
    def is_settled(self) -> bool:
        return self.inner.is_settled

    async def settle(self) -> None:
        await self.inner.settle()

    async def erase(self) -> None:
        await self.inner.erase()

    async def health(self) -> Health:
        return await self.inner.health()

    def announce(self, **details: Any) -> None:
        self.inner.announce(**details)

    async def tenants(self) -> list[str]:
        return await self.inner.tenants()


class TransactionWrapper(Transaction):
    """Forwards every call to the transaction `inner`; a subclass overrides what it changes.

    An append is made of the other methods (see `message_tree`), so a subclass that overrides these sees all that is
    written and read.
    """

    def __init__(self, inner: Transaction) -> None:
        self.inner = inner
        self.tenant = inner.tenant
        self.schema = inner.schema
        inner.decode = self.original

    def original(self, stored: Any) -> Any:
        """Return a record as it was given to the outermost wrapper, from the form in which `inner` stores it."""
        return self.decode(stored) if self.decode else stored

    @property
    def innermost(self) -> Reader:
        return self.inner.innermost

    async def get(self, record: type[E], *key: Any, lock: bool = False) -> E | None:
        return await self.inner.get(record, *key, lock=lock)

    async def select(self, query: Query[E]) -> list[E]:
        return await self.inner.select(query)

    async def count(self, query: Query[Any]) -> int:
        return await self.inner.count(query)

    async def aggregate(self, query: Query[E], by: Sequence[str]) -> list[E]:
        return await self.inner.aggregate(query, by)

    async def resolve_branch(
        self, conversation_id: str, owner_id: str, viewer: str, branch: str | None = None
    ) -> Branch | None:
        return await self.inner.resolve_branch(conversation_id, owner_id, viewer, branch)

    async def search(self, search: TextSearch) -> list[Match]:
        return await self.inner.search(search)

    async def search_artifacts(self, search: ArtifactSearch) -> list[ArtifactMatch]:
        return await self.inner.search_artifacts(search)

    async def feed(self, user_id: str, after: int, limit: int) -> list[FeedEntry]:
        return await self.inner.feed(user_id, after, limit)

    async def insert(self, *records: Entry, absent: bool = False) -> int:
        return await self.inner.insert(*records, absent=absent)

    async def update(
        self, record: type[E], *key: Any, version: int | None = None, **changes: Any
    ) -> E:
        return await self.inner.update(record, *key, version=version, **changes)

    async def delete(self, query: Query[Any]) -> int:
        return await self.inner.delete(query)

    async def append(self, append: Append) -> list[Message]:
        return await message_tree.append(self, append)

    async def move(self, branch: str, first_seq: int, to: str) -> int:
        return await self.inner.move(branch, first_seq, to)

    async def increment(self, *sums: Entry) -> None:
        await self.inner.increment(*sums)

    async def publish(self, *changes: Change) -> None:
        await self.inner.publish(*changes)
