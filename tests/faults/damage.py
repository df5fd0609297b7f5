"""A SQLite database whose pages are damaged, and everything that can be read from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import apsw

import hansard
from hansard import Services
from hansard.errors import HansardError
from hansard.providers.echo import Echo

PAGE = 4096
TALKS, MESSAGES = 24, 12

Damage = Callable[[bytes], bytes]


def zeroed(page: bytes) -> bytes:
    return bytes(len(page))


def scrambled(page: bytes) -> bytes:
    return Random(1).randbytes(len(page))


def half_zeroed(page: bytes) -> bytes:
    """The page's head is whole, and most of what it holds is gone."""
    return page[: PAGE // 2] + bytes(len(page) - PAGE // 2)


async def make(path: Path) -> None:
    """Conversations of several pages, with an answer and an artifact."""
    async with hansard.connect(path, providers=[Echo()]) as database:
        me = database.scope()
        project = await me.projects.create("Travel")
        for number in range(TALKS):
            talk = await me.conversations.create(title=f"talk {number}", project_id=project.id)
            words = [f"everywhere {number} {i} {'lorem ipsum ' * 20}" for i in range(MESSAGES)]
            await me.messages.append(talk.id, [hansard.user(word) for word in words])
        code = (
            "```python clock.py\ndef tick():\n    a = 1\n    b = 2\n    c = 3\n    return a\n```\n"
        )
        talk = await me.conversations.create(title="code")
        [run] = await me.chat.send(talk.id, code, model="echo/echo")
        await me.runs.wait(run.id)


def pages(path: Path) -> dict[str, list[int]]:
    """By b-tree: the numbers of its leaves, from 1."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    rows: Any = connection.execute(
        "SELECT name, pageno FROM dbstat WHERE pagetype = 'leaf' AND ncell > 0 ORDER BY pageno"
    ).fetchall()
    connection.close()
    found: dict[str, list[int]] = {}
    for name, number in rows:
        found.setdefault(name, []).append(number)
    return found


def damaged(good: Path, bad: Path, numbers: Sequence[int], damage: Damage) -> None:
    """A copy with damaged pages."""
    content = bytearray(good.read_bytes())
    for number in numbers:
        place = slice((number - 1) * PAGE, number * PAGE)
        content[place] = damage(bytes(content[place]))
    bad.write_bytes(content)


Read = Callable[[Services], Awaitable[Any]]


async def answers(path: Path, talks: Sequence[str], message: str) -> dict[str, Any]:
    """What each way of reading answers: a value, or the error."""
    reads = _reads(message)
    for talk in talks:
        reads |= _reads_of(talk)
    found: dict[str, Any] = {}
    try:
        async with hansard.connect(path, providers=[], readonly=True) as database:
            for name, read in reads.items():
                found[name] = await _answer(read, database.scope())
    except HansardError as error:
        return dict.fromkeys(reads, error)
    return found


async def _answer(read: Read, me: Services) -> Any:
    try:
        return await read(me)
    except HansardError as error:
        return error


def _reads(message: str) -> dict[str, Read]:
    async def searched(me: Services) -> list[str]:
        page = await me.search.page("everywhere", limit=500)
        return [hit.message.id for hit in page.items]

    async def listed(me: Services) -> list[str]:
        return [talk.id for talk in (await me.conversations.list(limit=500)).items]

    return {
        "conversations": listed,
        "projects": lambda me: me.projects.list(),
        "search": searched,
        "feed": lambda me: me.feed.read(limit=500),
        "statistics": lambda me: me.statistics.get(),
        "artifacts": lambda me: me.artifacts.list(),
        "usage": lambda me: me.usage.get(),
        "where a message is": lambda me: me.messages.get(
            message.split(maxsplit=1)[0], message.split()[1]
        ),
    }


def _reads_of(talk: str) -> dict[str, Read]:
    async def all_of(me: Services) -> list[Any]:
        return [message async for message in me.messages.all(talk)]

    return {
        f"conversation {talk}": lambda me: me.conversations.get(talk),
        f"branches {talk}": lambda me: me.branches.list(talk),
        f"history {talk}": all_of,
        f"last {talk}": lambda me: me.messages.read(talk, last=5),
        f"runs {talk}": lambda me: me.runs.list(talk),
    }
