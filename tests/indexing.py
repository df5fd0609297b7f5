"""What the back ends leave for later, in the hands of a test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

import apsw
import pytest

from hansard.storage.postgres import index as postgres_index
from hansard.storage.postgres import indexer
from hansard.storage.sqlite import executor, index, writer

ALL = 1_000_000


def index_little(monkeypatch: pytest.MonkeyPatch, at_most: int = ALL, *, rows: int = 1) -> None:
    """Have nothing indexed when there is time, and `rows` at a time if more than `at_most` are pending: on SQLite after
    a commit, on PostgreSQL before a write.
    """
    monkeypatch.setattr(writer, "MAX_PENDING", at_most)
    monkeypatch.setattr(writer, "ADDED", 0)
    monkeypatch.setattr(indexer, "MAX_PENDING", ALL)
    monkeypatch.setattr(indexer, "MOST", at_most)
    monkeypatch.setattr(indexer, "PATIENCE", 0)
    for module in (executor, indexer):
        monkeypatch.setattr(module, "PAUSE", 3600)
    for module in (index, postgres_index):
        monkeypatch.setattr(module, "ROWS", rows)


def pending(path: Path) -> int:
    """How many numbers of messages are after the mark."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    query = "SELECT coalesce(max(k), 0) - (SELECT k FROM messages_indexed) FROM messages"
    count = connection.execute(query).get
    connection.close()
    return cast("int", count)


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not done():  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(0.005)
