"""Reading the end of a long conversation.

The public call is compared with the statement that fetches its messages, recorded from it, on a bare
connection to the same file, with the same rows and columns. Peers read the last messages with their own public calls.
"""

from __future__ import annotations

from contextlib import closing

from bare import Recorder, Statement, replay
from bench import Bench, database
from hansard.storage.sqlite import files
from loading import LongConversation, long_conversation
from measure import Side, beside_peers, compared, in_turns, repeated
from peers.answering import Back
from peers.host import EARLIER, Peer
from results import Row, Target

LAST = 50
LENGTHS = {
    "openai-agents": 100_000, "langgraph-checkpoint-sqlite": 10_000, "google-adk": 1_000, "agno": 1_000,
    EARLIER: 100_000,
}  # fmt: skip
"""How long the peers' conversations are; langgraph loads all of it to read its end, and some take long to fill."""
PEER_READS = {
    "openai-agents": 300, "langgraph-checkpoint-sqlite": 3, "google-adk": 30, "agno": 30, EARLIER: 300,
}  # fmt: skip

NEAR_THE_SELECT = Target(
    "≤",
    3,
    "Building fifty records from the rows takes half as long again as the SELECT, and switching to a reader "
    "thread and back, where that is needed, nearly as long. [Decision 10](decisions/0010-reads-on-threads.md) "
    "explains which reads need no thread. A separate statement first checks the conversation's owner and finds the"
    " reader's current branch.",
)
FAR_FROM_PEERS = Target(
    "≥",
    5,
    "This peer's rows are JSON, which it returns as dictionaries without any access check; it has neither owners "
    "nor branches to look up. Its call also switches to a thread and back.",
)
KEPT = Target(
    "≥", 1 / 0.12, "The branch is looked up, and each of the fifty messages by its position."
)
NOT_KEPT = Target(
    "≥",
    1 / 0.7,
    "Fifty records are made, and each page of the file goes through a file layer in Python that asks "
    "whether it is in memory.",
)


async def measure(bench: Bench) -> list[Row]:
    sizes = bench.sizes
    long = await long_conversation(bench)
    said = await _said(long)
    with bench.started_peers() as peers, closing(files.connect(long.path, readonly=True)) as bare:
        lengths = {name: min(LENGTHS[name], sizes.long) for name in peers}
        async with database(long.path) as db:
            read = db.scope().messages.read

            async def ours(_: int) -> float:
                return await repeated(sizes.reads, lambda: read(long.talk, last=LAST))

            async def select() -> None:
                replay(bare, said)

            back = Back(read, long.talk)
            sides: list[Side] = [
                ours,
                lambda _: repeated(sizes.reads, select),
                lambda _: repeated(sizes.reads, back.page),
            ]
            sides += [_peer_side(peer, lengths[name]) for name, peer in peers.items()]
            for side in sides:
                await side(-1)
            if EARLIER in peers:
                sides.append(_back_side(peers[EARLIER], lengths[EARLIER], sizes.reads))
            taken = await in_turns(sizes.rounds, *sides)
    what = f"read the last {LAST} of {sizes.long:,}"
    names = [f"{name}, of {length:,}" for name, length in lengths.items()]
    return [
        compared(
            "read", what, taken[0], "bare SELECT of the same", taken[1],
            unit="µs", target=NEAR_THE_SELECT,
        ),
        *beside_peers(
            "read", what, taken[0], dict(zip(names, taken[3:], strict=False)),
            unit="µs", target=FAR_FROM_PEERS, earlier=KEPT,
        ),
        *beside_peers(
            "read", f"read {LAST} that were not read before", taken[2],
            {EARLIER: taken[-1]} if EARLIER in lengths else {},
            unit="µs", earlier=NOT_KEPT,
        ),
    ]  # fmt: skip


def _back_side(peer: Peer, length: int, times: int) -> Side:
    async def run(_: int) -> float:
        return peer.ask("read_back", length=length, last=LAST, times=times)

    return run


async def _said(long: LongConversation) -> list[Statement]:
    """The statement that fetches the messages."""
    with Recorder() as recorder:
        async with database(long.path) as db:
            recorder.take()
            await db.scope().messages.read(long.talk, last=LAST)
            return [s for s in recorder.take() if s.table == "messages"]


def _peer_side(peer: Peer, length: int) -> Side:
    async def run(_: int) -> float:
        return peer.ask("read", length=length, last=LAST, times=PEER_READS[peer.name])

    return run
