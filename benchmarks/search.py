"""Full-text search.

A search requests the first twenty hits from the public call, ranked and with snippets. One user has nearly all
of the messages, and another user has some, stored among them. The texts follow Zipf's law, so a word's rank determines
its frequency. There is no comparison: the targets are times. The files are in the operating
system's cache, as for a running program.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench import Bench, database
from hansard import Database, Services, user
from hansard.services.search import Search
from loading import fill
from measure import in_turns, measured, repeated
from results import Row, Target
from texts import Texts

LIMIT = 20
TALK = 2_000
"""Messages in a conversation."""
_WHY = (
    "Up to 2,000 of the newest matches are ranked before the best are known, so the worst word costs what 2,000 "
    "matches cost."
)
BURSTS = 3
TIMES = 5
"""A round's searches for one thing."""


class Question(NamedTuple):
    user: str
    what: str
    q: str
    most: float
    """Milliseconds that it may take."""


def _questions(words: list[str]) -> list[Question]:
    typical, worst = words[2_000], words[0]
    return [
        Question("all", "a typical word", typical, 50),
        Question("all", "two typical words", f"{words[500]} {words[700]}", 50),
        Question("all", "a word's beginning", f"{typical[:4]}*", 50),
        Question("all", "a phrase of common words", f'"{words[10]} {words[20]}"', 200),
        Question("all", "the worst word", worst, 200),
        Question("all", "eight words of which five are common", _question(words), 500),
        Question("own", "a typical word", typical, 10),
        Question("own", "the worst word", worst, 10),
    ]


def _question(words: list[str]) -> str:
    """Words that no message has all of, so that messages with some of them are found."""
    return " ".join(words[rank] for rank in (0, 1, 2, 3, 5, 800, 1_500, 2_000))


async def measure(bench: Bench) -> list[Row]:
    sizes = bench.sizes
    texts = Texts(seed=6)
    path = await bench.once(f"{sizes.searched:,} messages", lambda: _make(bench, texts))
    among = {
        "all": f"in {sizes.searched:,}",
        "own": f"in {sizes.own:,} of one's own among {sizes.searched:,}",
    }
    async with database(path) as db:
        rows = [
            measured(
                "search",
                f"search {question.what} {among[question.user]}",
                await _time(sizes.rounds, db.scope(user=question.user).search, question.q) * 1e3,
                unit="ms",
                target=Target("≤", question.most, _WHY),
            )
            for question in _questions(texts.words)
        ]
        return [*rows, await _after_a_burst(bench, db, texts)]


async def _after_a_burst(bench: Bench, db: Database, texts: Texts) -> Row:
    """How much longer a search takes right after many appends, whose terms are added later."""
    me, word = db.scope(user="own"), texts.words[2_000]
    talks = [(await me.conversations.create()).id for _ in range(bench.sizes.writers)]
    more: list[float] = []
    for _ in range(BURSTS):
        said = texts.many(bench.sizes.burst)

        async def write(number: int, said: list[str] = said) -> None:
            for text in said[number :: len(talks)]:
                await me.messages.append(talks[number], [user(text)])

        await asyncio.gather(*map(write, range(len(talks))))
        at_once = await repeated(1, lambda: me.search.page(word, limit=LIMIT))
        await db.storage.settle()
        later = median(
            [await repeated(1, lambda: me.search.page(word, limit=LIMIT)) for _ in range(5)]
        )
        more.append(at_once - later)
    what = f"a search right after {bench.sizes.burst:,} appends, more than later"
    why = "The rows that are not indexed yet are read one by one."
    return measured("search", what, median(more) * 1e3, unit="ms", target=Target("≤", 50, why))


async def _time(rounds: int, search: Search, q: str) -> float:
    """Seconds that a search takes."""

    async def ours(_: int) -> float:
        return await repeated(TIMES, lambda: search.page(q, limit=LIMIT))

    await ours(-1)
    [taken] = await in_turns(rounds, ours)
    return median(taken)


async def _make(bench: Bench, texts: Texts) -> Path:
    path = bench.path("searched.db")
    sizes = bench.sizes
    async with database(path) as db:
        everybody, own = db.scope(user="all"), db.scope(user="own")
        for _ in range(max(1, sizes.searched // TALK)):
            await _talk(everybody, texts, min(TALK, sizes.searched))
            await _talk(own, texts, max(1, sizes.own * TALK // sizes.searched))
    return path


async def _talk(scope: Services, texts: Texts, size: int) -> None:
    talk = await scope.conversations.create()
    await fill(scope, talk.id, texts.many(size))
