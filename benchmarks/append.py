"""Durable appends on SQLite: one writer, and many at once.

One writer: a round is a number of appends, each awaited before the next. It is compared, with the same durability
settings, with inserting and committing only the message's row with a prepared statement; and with all statements
that the append executes, recorded from it, in one transaction. Many writers: each has its own conversation and
awaits its appends one after the other. They are compared with the recorded statements, without savepoints, with as
many appends per transaction as there are writers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw

import hansard
from bare import Recorder, Statement, replay
from bench import Bench, copy, database
from hansard.storage.sqlite import files
from measure import Side, beside_peers, compared, in_turns
from peers.host import Peer
from results import Row, Target
from texts import Texts

NEAR_THE_ROW = Target(
    "≤",
    1.3,
    "The row alone is a part of what an append writes. The same transaction also writes the "
    "head of its branch, the conversation's preview and order, the counters and the feed. The difference "
    "to all its statements is the validation of the input, and "
    "two switches between the event loop and the writer thread.",
)
NEAR_THE_STATEMENTS = Target(
    "≥",
    0.5,
    "The threads of a Python process take turns: validating the next request and answering the previous one "
    "happen between the statements of a batch, not in parallel with them.",
)
BESIDE_A_PEER = Target(
    "≥",
    1.3,
    "The flush to the disk is most of the time, and both wait for it. Hansard also writes the head of the branch, the "
    "conversation, the counters and the feed, and changes threads twice.",
)
FAR_FROM_PEERS = Target(
    "≥",
    10,
    "The flush is shared by all that wait, so what counts is the work of a message in Python: its "
    "checks, its digest, its counters, its row.",
)
WITH_THE_INDEX = Target("≥", 5, "Most of this time goes into the search index, which no peer has.")
TWICE = Target(
    "≥",
    2,
    "Validation, the digest, the counters, the feed and the two changes of threads are as they were; the "
    "search index was the rest.",
)


async def measure(bench: Bench) -> list[Row]:
    with bench.started_peers() as peers:
        return [*await _one_writer(bench, peers), *await _many_writers(bench, peers)]


async def _one_writer(bench: Bench, peers: dict[str, Peer]) -> list[Row]:
    sizes = bench.sizes
    run = Run(bench, 1, sizes.appends)
    await run.prepare()
    with run.bare("statements.db") as all_of_it, run.bare("insert.db") as insert:
        async with database(run.empty("ours.db")) as db:
            append = db.scope().messages.append

            async def ours(texts: Sequence[str]) -> None:
                for text in texts:
                    await append(run.talks[0], [hansard.user(text)])

            async def statements(said: Sequence[list[Statement]]) -> None:
                for one in said:
                    replay(all_of_it, one)

            async def row_alone(said: Sequence[list[Statement]]) -> None:
                for one in said:
                    replay(insert, (s for s in one if s.table == "messages" and not s.answers))

            sides = [
                await run.side(ours, run.texts),
                await run.side(row_alone, run.said),
                await run.side(statements, run.said),
            ]
            sides += [_peer_side(peer, 1, sizes.appends) for peer in peers.values()]
            taken = await in_turns(sizes.rounds, *sides)
    what = "durable append, one writer"
    return [
        compared(
            "append", what, taken[0], "INSERT and commit of the message's row, bare", taken[1],
            unit="µs", target=NEAR_THE_ROW,
        ),
        compared("append", what, taken[0], "all its statements, bare", taken[2], unit="µs"),
        *beside_peers(
            "append", what, taken[0], dict(zip(peers, taken[3:], strict=True)),
            unit="µs", target=BESIDE_A_PEER, earlier=TWICE,
        ),
    ]  # fmt: skip


async def _many_writers(bench: Bench, peers: dict[str, Peer]) -> list[Row]:
    sizes = bench.sizes
    run = Run(bench, sizes.writers, sizes.each)
    await run.prepare()
    with run.bare("statements.db") as bare:
        async with database(run.empty("ours.db")) as db:
            append = db.scope().messages.append

            async def ours(texts: Sequence[str]) -> None:
                async def write(number: int) -> None:
                    for text in texts[number :: sizes.writers]:
                        await append(run.talks[number], [hansard.user(text)])

                await asyncio.gather(*map(write, range(sizes.writers)))

            async def indexed(texts: Sequence[str]) -> None:
                await ours(texts)
                await db.storage.settle()

            async def statements(said: Sequence[list[Statement]]) -> None:
                for first in range(0, len(said), sizes.writers):
                    bare.execute("BEGIN IMMEDIATE")
                    for one in said[first : first + sizes.writers]:
                        replay(bare, (s for s in one if not s.is_frame))
                    bare.execute("COMMIT")

            sides = [
                await run.side(ours, run.texts),
                await run.side(statements, run.said),
                await run.side(indexed, run.texts),
            ]
            sides += [_peer_side(p, sizes.writers, sizes.each) for p in peers.values()]
            taken = await in_turns(sizes.rounds, *sides)
    what = f"durable append, {sizes.writers} writers at once"
    beside = f"its statements, bare, in batches of {sizes.writers}"
    theirs = dict(zip(peers, taken[3:], strict=True))
    return [
        compared("append", what, taken[0], beside, taken[1], unit="/s", target=NEAR_THE_STATEMENTS),
        *beside_peers(
            "append", what, taken[0], theirs, unit="/s", target=FAR_FROM_PEERS, earlier=TWICE
        ),
        *beside_peers(
            "append", f"{what}, with the index", taken[2], theirs, unit="/s", target=WITH_THE_INDEX
        ),
    ]


class Run:
    """The texts of all rounds, and what appending them says to the engine.

    Texts go to the conversations in turn. The first of them, `warm_up`, are appended before the first round, so
    that the write-ahead log has its full size by then and is written over, not made longer.
    """

    def __init__(self, bench: Bench, conversations: int, each: int) -> None:
        self.size = conversations * each
        self.warm_up = -(-bench.sizes.warm_up // conversations) * conversations
        self.texts = Texts().many(self.warm_up + bench.sizes.rounds * self.size)
        self.talks: list[str] = []
        self.said: list[list[Statement]] = []
        self._bench = bench
        self._empty = bench.path("empty.db")
        self._conversations = conversations

    async def prepare(self) -> None:
        async with database(self._empty) as db:
            create = db.scope().conversations.create
            self.talks = [(await create()).id for _ in range(self._conversations)]
        with Recorder() as recorder:
            async with database(self.empty("recorded.db")) as db:
                append = db.scope().messages.append
                recorder.take()
                for number, text in enumerate(self.texts):
                    await append(self.talks[number % self._conversations], [hansard.user(text)])
                    self.said.append(recorder.take())

    def empty(self, name: str) -> Path:
        """A database that has the conversations and no message yet."""
        return copy(self._empty, self._bench.path(name))

    def bare(self, name: str) -> closing[apsw.Connection]:
        """A connection of our own to such a database, with Hansard's settings."""
        return closing(files.connect(self.empty(name)))

    async def side(self, work: Callable[[Any], Awaitable[None]], items: Sequence[Any]) -> Side:
        """One that does its work with a round's share of the items; it is warm already."""

        async def run(number: int) -> float:
            first = self.warm_up + number * self.size
            started = time.perf_counter()
            await work(items[first : first + self.size])
            return (time.perf_counter() - started) / self.size

        await work(items[: self.warm_up])
        return run


def _peer_side(peer: Peer, writers: int, each: int) -> Side:
    """New conversations each round, so that no peer's grows long."""

    async def run(_: int) -> float:
        return peer.ask("append", writers=writers, each=each)

    return run
