"""The contract suite on the three back ends, and on one behind a wrapper."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hansard.storage.base import Storage
from hansard.storage.memory.storage import MemoryStorage
from hansard.storage.postgres.storage import PostgresStorage
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.storage.wrapper import StorageWrapper
from hansard.testing.powers import PowersContract
from hansard.testing.storage import StorageContract


class TestMemory(StorageContract, PowersContract):
    @pytest.fixture
    async def storage(self) -> AsyncIterator[Storage]:
        storage = MemoryStorage()
        await storage.open()
        yield storage
        await storage.close()


class TestSqlite(StorageContract, PowersContract):
    @pytest.fixture
    async def storage(self, tmp_path: Path) -> AsyncIterator[Storage]:
        storage = SqliteStorage(tmp_path / "chats.db")
        await storage.open()
        yield storage
        await storage.close()


class TestWrappedSqlite(StorageContract, PowersContract):
    """A wrapper keeps the contract of what it wraps."""

    @pytest.fixture
    async def storage(self, tmp_path: Path) -> AsyncIterator[Storage]:
        storage = StorageWrapper(SqliteStorage(tmp_path / "chats.db"))
        await storage.open()
        yield storage
        await storage.close()


class TestPostgres(StorageContract, PowersContract):
    @pytest.fixture
    async def storage(self, postgres_url: str) -> AsyncIterator[Storage]:
        storage = PostgresStorage(postgres_url)
        await storage.open()
        yield storage
        await storage.close()
