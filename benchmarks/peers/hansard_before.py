"""Hansard as it was at an earlier commit, used like any peer. Its source comes from the repository's history."""
# pyright: basic

from __future__ import annotations

import asyncio
import sys
from typing import Any

from answering import Back, Texts, answer, at_once, repeated

import hansard

FILLED_AT_ONCE = 500


class Before:
    def __init__(self, db: hansard.Database) -> None:
        self._me = db.scope()
        self._texts = Texts()
        self._long: dict[int, str] = {}
        self._back: dict[int, Back] = {}

    async def facts(self) -> dict[str, Any]:
        import apsw  # noqa: PLC0415

        version = apsw.sqlite_lib_version()
        return {"version": "", "sqlite": version, "journal_mode": "wal", "synchronous": 2}

    async def append(self, *, writers: int, each: int) -> float:
        talks = [(await self._me.conversations.create()).id for _ in range(writers)]
        texts = [self._texts.many(each) for _ in talks]

        async def write(number: int) -> None:
            for text in texts[number]:
                await self._me.messages.append(talks[number], [hansard.user(text)])

        return await at_once(writers, each, write)

    async def append_at(self, *, length: int, times: int) -> float:
        """An append to a conversation that has at least so many messages."""
        talk = await self._filled(length)
        texts = iter(self._texts.many(times))
        return await repeated(
            times, lambda: self._me.messages.append(talk, [hansard.user(next(texts))])
        )

    async def read(self, *, length: int, last: int, times: int) -> float:
        talk = await self._filled(length)
        return await repeated(times, lambda: self._me.messages.read(talk, last=last))

    async def read_back(self, *, length: int, last: int, times: int) -> float:
        """Reading the pages before, none of which was read lately."""
        back = self._back.get(length)
        if back is None:
            back = self._back[length] = Back(
                self._me.messages.read, await self._filled(length), last
            )
        return await repeated(times, back.page)

    async def _filled(self, length: int) -> str:
        if length not in self._long:
            self._long[length] = (await self._me.conversations.create()).id
            texts = self._texts.many(length)
            for first in range(0, length, FILLED_AT_ONCE):
                drafts = [hansard.user(text) for text in texts[first : first + FILLED_AT_ONCE]]
                await self._me.messages.append(self._long[length], drafts)
        return self._long[length]


async def _main(path: str) -> None:
    async with hansard.connect(path, providers=[]) as db:
        await answer(Before(db))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
