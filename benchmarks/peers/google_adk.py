"""`DatabaseSessionService` of google-adk, used as its documentation says: an event for each message."""
# What it imports is in the peer's environment.
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import asyncio
import sqlite3
import sys
from importlib.metadata import version
from typing import Any

from answering import Texts, answer, at_once, repeated
from google.adk.events import Event
from google.adk.sessions import DatabaseSessionService, Session
from google.adk.sessions.base_session_service import GetSessionConfig
from google.genai.types import Content, Part
from sqlalchemy import text as sql

APP, USER = "app", "user"


class GoogleAdk:
    def __init__(self, path: str) -> None:
        self._service = DatabaseSessionService(db_url=f"sqlite+aiosqlite:///{path}")
        self._texts = Texts()
        self._long: dict[int, Session] = {}

    async def facts(self) -> dict[str, Any]:
        await self._append(await self._session(), "first")
        async with self._service.db_engine.connect() as connection:
            return {
                "version": version("google-adk"),
                "sqlite": sqlite3.sqlite_version,
                "journal_mode": (await connection.execute(sql("PRAGMA journal_mode"))).scalar(),
                "synchronous": (await connection.execute(sql("PRAGMA synchronous"))).scalar(),
            }

    async def append(self, *, writers: int, each: int) -> float:
        sessions = [await self._session() for _ in range(writers)]
        texts = [self._texts.many(each) for _ in sessions]

        async def write(number: int) -> None:
            for text in texts[number]:
                await self._append(sessions[number], text)

        return await at_once(writers, each, write)

    async def append_at(self, *, length: int, times: int) -> float:
        """An append to a session that has at least so many events."""
        session = await self._filled(length)
        texts = iter(self._texts.many(times))
        return await repeated(times, lambda: self._append(session, next(texts)))

    async def read(self, *, length: int, last: int, times: int) -> float:
        session = await self._filled(length)
        latest = GetSessionConfig(num_recent_events=last)

        async def read() -> None:
            found = await self._service.get_session(
                app_name=APP, user_id=USER, session_id=session.id, config=latest
            )
            assert found is not None  # noqa: S101
            assert len(found.events) == min(last, length)  # noqa: S101

        return await repeated(times, read)

    async def _filled(self, length: int) -> Session:
        """The session of that length; made once."""
        if length not in self._long:
            self._long[length] = await self._session()
            for text in self._texts.many(length):
                await self._append(self._long[length], text)
        return self._long[length]

    async def _session(self) -> Session:
        return await self._service.create_session(app_name=APP, user_id=USER)

    async def _append(self, session: Session, text: str) -> None:
        content = Content(role="user", parts=[Part(text=text)])
        await self._service.append_event(session, Event(author="user", content=content))


if __name__ == "__main__":
    asyncio.run(answer(GoogleAdk(sys.argv[1])))
