"""`AsyncSqliteDb` of agno, given what an agent gives it: a run for each message, in a session that is there."""
# What it imports is in the peer's environment.
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from importlib.metadata import version
from itertools import count
from typing import Any

from agno.db.base import SessionType
from agno.db.sqlite import AsyncSqliteDb
from agno.models.message import Message
from agno.run.agent import RunOutput
from agno.session import AgentSession
from answering import Texts, answer, at_once, repeated
from sqlalchemy import text as sql

AGENT, USER = "agent", "user"


class Session:
    def __init__(self, db: AsyncSqliteDb, name: str) -> None:
        self.name = name
        self._db, self._numbers = db, count()

    async def begin(self) -> None:
        now = int(time.time())
        session = AgentSession(
            session_id=self.name, agent_id=AGENT, user_id=USER, session_data={}, created_at=now
        )
        await self._db.upsert_session(session)

    async def append(self, text: str) -> None:
        number = next(self._numbers)
        run = RunOutput(
            run_id=f"{self.name}-{number}",
            agent_id=AGENT,
            session_id=self.name,
            user_id=USER,
            messages=[Message(role="user", content=text)],
            created_at=int(time.time()),
        )
        await self._db.upsert_run(run, self.name, USER, number)


class Agno:
    def __init__(self, path: str) -> None:
        self._db = AsyncSqliteDb(db_file=path)
        self._texts = Texts()
        self._sessions = count()
        self._long: dict[int, Session] = {}

    async def facts(self) -> dict[str, Any]:
        await (await self._session()).append("first")
        async with self._db.db_engine.connect() as connection:
            return {
                "version": version("agno"),
                "sqlite": sqlite3.sqlite_version,
                "journal_mode": (await connection.execute(sql("PRAGMA journal_mode"))).scalar(),
                "synchronous": (await connection.execute(sql("PRAGMA synchronous"))).scalar(),
            }

    async def append(self, *, writers: int, each: int) -> float:
        sessions = [await self._session() for _ in range(writers)]
        texts = [self._texts.many(each) for _ in sessions]

        async def write(number: int) -> None:
            for text in texts[number]:
                await sessions[number].append(text)

        return await at_once(writers, each, write)

    async def append_at(self, *, length: int, times: int) -> float:
        """An append to a session that has at least so many runs."""
        session = await self._filled(length)
        texts = iter(self._texts.many(times))
        return await repeated(times, lambda: session.append(next(texts)))

    async def read(self, *, length: int, last: int, times: int) -> float:
        session = await self._filled(length)

        async def read() -> None:
            found: Any = await self._db.get_session(
                session.name, SessionType.AGENT, USER, runs_limit=last
            )
            assert len(found.get_messages()) == min(last, length)  # noqa: S101

        return await repeated(times, read)

    async def _filled(self, length: int) -> Session:
        """The session of that length; made once."""
        if length not in self._long:
            self._long[length] = await self._session()
            for text in self._texts.many(length):
                await self._long[length].append(text)
        return self._long[length]

    async def _session(self) -> Session:
        session = Session(self._db, f"session-{next(self._sessions)}")
        await session.begin()
        return session


if __name__ == "__main__":
    asyncio.run(answer(Agno(sys.argv[1])))
