"""`SQLiteSession` of openai-agents, used as its documentation says: a session for each conversation."""
# What it imports is in the peer's environment.
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import asyncio
import sqlite3
import sys
from importlib.metadata import version
from typing import Any

from agents.memory import SQLiteSession
from answering import Texts, answer, at_once, repeated


class OpenAiAgents:
    def __init__(self, path: str) -> None:
        self._path = path
        self._texts = Texts()
        self._sessions = 0
        self._long: dict[int, SQLiteSession] = {}

    async def facts(self) -> dict[str, Any]:
        session = self._session()
        await session.add_items([_item("first")])
        connection = session._get_connection()  # noqa: SLF001 - the settings it works with
        return {
            "version": version("openai-agents"),
            "sqlite": sqlite3.sqlite_version,
            "journal_mode": connection.execute("PRAGMA journal_mode").fetchone()[0],
            "synchronous": connection.execute("PRAGMA synchronous").fetchone()[0],
        }

    async def append(self, *, writers: int, each: int) -> float:
        sessions = [self._session() for _ in range(writers)]
        texts = [self._texts.many(each) for _ in sessions]

        async def write(number: int) -> None:
            for text in texts[number]:
                await sessions[number].add_items([_item(text)])

        return await at_once(writers, each, write)

    async def append_at(self, *, length: int, times: int) -> float:
        """An append to a session that has so many items."""
        session = await self._filled(length)
        texts = iter(self._texts.many(times))
        taken = await repeated(times, lambda: session.add_items([_item(next(texts))]))
        for _ in range(times):
            await session.pop_item()
        return taken

    async def read(self, *, length: int, last: int, times: int) -> float:
        session = await self._filled(length)
        return await repeated(times, lambda: session.get_items(limit=last))

    async def _filled(self, length: int) -> SQLiteSession:
        """The session of that length; made once, in one step."""
        if length not in self._long:
            self._long[length] = self._session()
            await self._long[length].add_items([_item(text) for text in self._texts.many(length)])
        return self._long[length]

    def _session(self) -> SQLiteSession:
        self._sessions += 1
        return SQLiteSession(f"session-{self._sessions}", self._path)


def _item(text: str) -> Any:
    return {"role": "user", "content": text}


if __name__ == "__main__":
    asyncio.run(answer(OpenAiAgents(sys.argv[1])))
