"""What the back ends leave for later, in the hands of a test."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import apsw
import pytest

from hansard.storage.postgres import index as postgres_index
from hansard.storage.postgres import indexer
from hansard.storage.sqlite import executor, index, writer

ALL = 1_000_000
KILLED = """
import asyncio, os, signal, sys
import hansard
from hansard.storage.postgres import indexer
from hansard.storage.sqlite import executor, index, writer

executor.PAUSE = indexer.PAUSE = 3600
writer.MAX_PENDING, index.ROWS = int(sys.argv[2]), 3
if sys.argv[3] == "the mark alone":
    index.numbered = lambda *_: []

async def main():
    async with hansard.connect(sys.argv[1], providers=[]) as db:
        me = db.scope()
        talk = await me.conversations.create()
        for number in range(10):
            await me.messages.append(talk.id, [hansard.user(f"hello {number}")])
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


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


def kill(url: str | Path, at_most: int = ALL, plant: str = "") -> None:
    """Have a process append ten messages and be killed; on SQLite when at most so many rows are pending."""
    done = subprocess.run([sys.executable, "-c", KILLED, url, str(at_most), plant], check=False)
    assert done.returncode == -9


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
