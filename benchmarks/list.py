"""Listing the newest of very many conversations.

They belong to one user, and each is returned with its preview and count. The public call is compared with its
statement, recorded from it, on a bare connection to the same file.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import hansard
from bare import Recorder, Statement, replay
from bench import Bench, database
from hansard.storage.sqlite import files
from loading import at_once
from measure import compared, in_turns, measured, repeated
from results import Row, Target
from texts import Texts

NEWEST = 50
NEAR_THE_SELECT = Target(
    "≤",
    3,
    "The SELECT takes a few dozen microseconds; switching to a reader thread and back, where that is needed, "
    "takes nearly as long, and building records from the rows half as long again. "
    "[Decision 10](decisions/0010-reads-on-threads.md) explains which reads need no thread.",
)


async def measure(bench: Bench) -> list[Row]:
    sizes = bench.sizes
    path = await bench.once(f"{sizes.conversations:,} conversations", lambda: _make(bench))
    said = await _said(path)
    with closing(files.connect(path, readonly=True)) as bare:
        async with database(path) as db:
            conversations = db.scope().conversations

            async def ours(_: int) -> float:
                return await repeated(sizes.reads, lambda: conversations.list(limit=NEWEST))

            async def select() -> None:
                replay(bare, said)

            await ours(-1)
            taken = await in_turns(sizes.rounds, ours, lambda _: repeated(sizes.reads, select))
    what = f"list the {NEWEST} newest of {sizes.conversations:,} conversations"
    row = compared(
        "list", what, taken[0], "bare SELECT of the same", taken[1],
        unit="ms", target=NEAR_THE_SELECT,
    )  # fmt: skip
    return [row, measured("list", what, row.value, unit="ms", target=Target("≤", 5))]


async def _make(bench: Bench) -> Path:
    """Conversations with a title and one message each."""
    path = bench.path("conversations.db")
    texts = Texts(seed=4, mean=50)
    titles = Texts(seed=5, mean=5)
    async with database(path) as db:
        scope = db.scope()

        async def add(text: str) -> None:
            made = await scope.conversations.create(title=titles.one()[:200])
            await scope.messages.append(made.id, [hansard.user(text)])

        await at_once(add, texts.many(bench.sizes.conversations))
    return path


async def _said(path: Path) -> list[Statement]:
    """The statement that fetches the conversations."""
    with Recorder() as recorder:
        async with database(path) as db:
            recorder.take()
            await db.scope().conversations.list(limit=NEWEST)
            return [s for s in recorder.take() if s.table == "conversations"]
