"""The contract suite on the three back ends, and on each behind a wrapper that scrambles contents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hansard.storage.base import Storage
from hansard.storage.memory.storage import MemoryStorage
from hansard.storage.postgres.storage import PostgresStorage
from hansard.storage.sqlite import executor, index, writer
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.testing.powers import PowersContract
from hansard.testing.storage import StorageContract
from scrambled import Scrambled


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


class TestUnindexedSqlite(StorageContract, PowersContract):
    """Whether rows are indexed is never seen: here none is."""

    @pytest.fixture
    async def storage(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[Storage]:
        monkeypatch.setattr(executor, "PAUSE", 3600)
        storage = SqliteStorage(tmp_path / "chats.db")
        await storage.open()
        yield storage
        await storage.close()


class TestHalfIndexedSqlite(StorageContract, PowersContract):
    """Here some are: one row after each commit."""

    @pytest.fixture
    async def storage(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[Storage]:
        monkeypatch.setattr(executor, "PAUSE", 3600)
        monkeypatch.setattr(writer, "MAX_PENDING", 0)
        monkeypatch.setattr(index, "ROWS", 1)
        storage = SqliteStorage(tmp_path / "chats.db")
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


class TestScrambledMemory(StorageContract, PowersContract):
    """A wrapper that changes what is stored keeps the contract of what it wraps."""

    @pytest.fixture
    async def storage(self) -> AsyncIterator[Storage]:
        storage = Scrambled(MemoryStorage())
        await storage.open()
        yield storage
        await storage.close()


class TestScrambledSqlite(StorageContract, PowersContract):
    @pytest.fixture
    async def storage(self, tmp_path: Path) -> AsyncIterator[Storage]:
        storage = Scrambled(SqliteStorage(tmp_path / "chats.db"))
        await storage.open()
        yield storage
        await storage.close()


class TestScrambledPostgres(StorageContract, PowersContract):
    @pytest.fixture
    async def storage(self, postgres_url: str) -> AsyncIterator[Storage]:
        storage = Scrambled(PostgresStorage(postgres_url))
        await storage.open()
        yield storage
        await storage.close()
