"""The peer's end of the line: what is asked is a method's name and its arguments."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from texts import Texts

__all__ = ["Back", "Texts", "answer", "at_once", "repeated"]


async def answer(peer: Any) -> None:
    for line in sys.stdin:
        question = json.loads(line)
        method = getattr(peer, question.pop("ask"))
        print(json.dumps(await method(**question)), flush=True)


async def at_once(writers: int, each: int, write: Callable[[int], Awaitable[None]]) -> float:
    """Seconds per operation when so many writers work at the same time."""
    started = time.perf_counter()
    await asyncio.gather(*map(write, range(writers)))
    return (time.perf_counter() - started) / (writers * each)


async def repeated(times: int, operation: Callable[[], Awaitable[object]]) -> float:
    """Seconds per operation, one after the other."""
    started = time.perf_counter()
    for _ in range(times):
        await operation()
    return (time.perf_counter() - started) / times


class Back:
    """Reads a conversation of Hansard page by page, from its end to its beginning and again."""

    def __init__(self, read: Callable[..., Awaitable[Any]], talk: str, size: int = 50) -> None:
        self._read, self._talk, self._size = read, talk, size
        self._before: str | None = None

    async def page(self) -> None:
        if self._before is None:
            page = await self._read(self._talk, last=self._size)
        else:
            page = await self._read(self._talk, before=self._before, limit=self._size)
        self._before = page.before
