"""Databases with much in them, made through the public calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

import hansard
from bench import Bench, database
from hansard import Draft, Services
from texts import Texts

T = TypeVar("T")

STEP = 500
"""Messages in one append, where it does not matter how they came in."""
AT_ONCE = 256


class LongConversation(NamedTuple):
    path: Path
    talk: str


async def long_conversation(bench: Bench) -> LongConversation:
    """A conversation of `long` messages, the only one of its database."""

    async def make() -> LongConversation:
        path = bench.path("long.db")
        async with database(path) as db:
            talk = (await db.scope().conversations.create(title="Long")).id
            await fill(db.scope(), talk, Texts(seed=2).many(bench.sizes.long))
        return LongConversation(path, talk)

    return await bench.once(f"a conversation of {bench.sizes.long:,} messages", make)


async def fill(scope: Services, talk: str, texts: list[str]) -> None:
    for first in range(0, len(texts), STEP):
        await scope.messages.append(talk, list(turns(texts[first : first + STEP])))


def turns(texts: Iterable[str]) -> Iterable[Draft]:
    """What a person and a model say in turn."""
    for number, text in enumerate(texts):
        yield hansard.assistant(text) if number % 2 else hansard.user(text)


async def at_once(work: Callable[[T], Awaitable[object]], items: Iterable[T]) -> None:
    """Do something with each item, many at the same time, each begun in the items' order."""
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
