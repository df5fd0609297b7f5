"""The base of storages that wrap another storage: it forwards every call."""

from __future__ import annotations

from typing import Any, TypeVar

from hansard.model.health import Health
from hansard.model.messages import Message
from hansard.storage.base import Append, Read, Storage, Write

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

    async def erase(self) -> None:
        await self.inner.erase()

    async def health(self) -> Health:
        return await self.inner.health()

    def announce(self, **details: Any) -> None:
        self.inner.announce(**details)

    async def tenants(self) -> list[str]:
        return await self.inner.tenants()
