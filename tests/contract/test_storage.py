"""The contract suite on the three back ends, and on each behind a wrapper that scrambles contents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hansard.storage.base import Storage
from hansard.storage.memory.storage import MemoryStorage
from hansard.storage.postgres.storage import PostgresStorage
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.testing.powers import PowersContract
from hansard.testing.storage import StorageContract
from indexing import ALL, index_little
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


class TestUnindexedSqlite(TestSqlite):
    """Whether rows are indexed is never seen: here none is."""

    at_most = ALL

    @pytest.fixture(autouse=True)
    def _left_for_later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        index_little(monkeypatch, self.at_most)


class TestHalfIndexedSqlite(TestUnindexedSqlite):
    """Here some are: one row after each commit."""

    at_most = 0


class TestPostgres(StorageContract, PowersContract):
    @pytest.fixture
    async def storage(self, postgres_url: str) -> AsyncIterator[Storage]:
        storage = PostgresStorage(postgres_url)
        await storage.open()
        yield storage
        await storage.close()


class TestUnindexedPostgres(TestPostgres):
    at_most = ALL

    @pytest.fixture(autouse=True)
    def _left_for_later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        index_little(monkeypatch, self.at_most)


class TestHalfIndexedPostgres(TestUnindexedPostgres):
    """Here some are: before each write, all but one."""

    at_most = 1


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
