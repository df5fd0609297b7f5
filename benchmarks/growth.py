"""The cost of an append in a long conversation.

One database has a single long conversation, so it contains everything that grows with history: the tables, their
indexes, the search index. The other has conversations of a hundred messages. A round appends to the long one
and to new short ones. The target applies to the mean, because the search index occasionally merges what
many appends added; the median is what a writer usually sees. The peers do the same, each with a length that it
can handle.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from statistics import mean, median
from typing import Any

from bench import Bench, database
from hansard import Services
from loading import LongConversation, fill, long_conversation, turns
from measure import compared, in_turns
from peers.host import EARLIER, Peer
from results import Row, Target
from texts import Texts

SHORT = 100
LONG = {
    "openai-agents": 100_000, "langgraph-checkpoint-sqlite": 1_000, "google-adk": 1_000, "agno": 1_000,
    EARLIER: 100_000,
}  # fmt: skip
"""How long the peers' conversations are; langgraph writes the whole of it with every append."""
PEER_APPENDS = 60

STEADY = Target(
    "≤",
    1.1,
    "An append writes to the ends of the tables, whatever their size. The search index consists of segments that "
    "are merged as their number grows; a large index has larger segments, and the few appends that trigger a "
    "merge pay for all.",
)

Appends = Callable[[], Coroutine[Any, Any, list[float]]]


async def measure(bench: Bench) -> list[Row]:
    rows = await _ours(bench, await long_conversation(bench))
    with bench.started_peers() as peers:
        for name, peer in peers.items():
            rows.append(await _peer(bench, peer, min(LONG[name], bench.sizes.long)))
    return rows


async def _ours(bench: Bench, long: LongConversation) -> list[Row]:
    sizes = bench.sizes
    texts = Texts(seed=3)
    async with database(long.path) as grown, database(bench.path("short.db")) as young:

        async def at_long() -> list[float]:
            return await _append(grown.scope(), long.talk, texts.many(sizes.appends))

        async def at_short() -> list[float]:
            scope = young.scope()
            taken: list[float] = []
            for _ in range(max(1, sizes.appends // SHORT)):
                talk = (await scope.conversations.create()).id
                await fill(scope, talk, texts.many(SHORT))
                taken += await _append(scope, talk, texts.many(SHORT))
            return taken

        sides: tuple[Appends, Appends] = (at_long, at_short)
        for side in sides:
            for _ in range(1 + sizes.warm_up // sizes.appends):
                await side()
        medians: list[list[float]] = [[], []]

        async def run(index: int) -> float:
            taken = await sides[index]()
            medians[index].append(median(taken))
            return mean(taken)

        means = await in_turns(sizes.rounds, lambda _: run(0), lambda _: run(1))
    what, beside = f"append at message {sizes.long:,}", f"at message {SHORT}"
    return [
        compared("growth", what, means[0], beside, means[1], unit="µs", target=STEADY),
        compared("growth", f"{what}, the median", medians[0], beside, medians[1], unit="µs"),
    ]


async def _append(scope: Services, talk: str, texts: list[str]) -> list[float]:
    """The seconds that each append took."""
    taken: list[float] = []
    for draft in turns(texts):
        started = time.perf_counter()
        await scope.messages.append(talk, [draft])
        taken.append(time.perf_counter() - started)
    return taken


async def _peer(bench: Bench, peer: Peer, length: int) -> Row:
    async def at(length: int) -> float:
        return peer.ask("append_at", length=length, times=PEER_APPENDS)

    for warm_up in (length, SHORT):
        await at(warm_up)
    taken = await in_turns(bench.sizes.rounds, lambda _: at(length), lambda _: at(SHORT))
    what = f"{peer.name}: append at message {length:,}"
    return compared("growth", what, taken[0], f"at message {SHORT}", taken[1], unit="µs")
