"""A process that stores answers is killed at any moment: no answer is there without what it made."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard import Services
from hansard.ids import new_id
from hansard.model.messages import Message
from hansard.services.artifacts import extraction
from hansard.services.conversations import messages
from hansard.storage import admin
from hansard.storage.base import Append, Transaction

pytestmark = pytest.mark.anyio

ROUNDS = 12
MANY_ROUNDS = 60
TESTS = Path(__file__).parents[1]
SOURCE = Path(hansard.__file__).parents[1]
ANSWER = "```python clock.py\ndef tick():\n    a = {n}\n    b = 2\n    c = 3\n    return a\n```\n"


# In the process that is killed


def main(address: str, conversation: str, plant: str) -> None:
    if plant:
        keep_artifacts_later()
    asyncio.run(_answer(address, conversation))


async def _answer(address: str, conversation: str) -> None:
    """Store one answer after the other, and tell of each."""
    async with hansard.connect(address, providers=[]) as db:
        ada = db.scope()
        await ada.conversations.create(id=conversation)
        for number in range(1_000_000):
            draft = hansard.assistant(ANSWER.format(n=number), id=new_id())
            await ada.messages.append(conversation, [draft])
            sys.stdout.write(f"{draft.id}\n")
            sys.stdout.flush()


def keep_artifacts_later() -> None:
    """The planted bug: an answer is stored, and what it made in a unit of its own."""
    place, keep, append = (
        messages.append_with_side_effects,
        extraction.keep,
        messages.Messages.append,
    )

    async def without(tx: Transaction, request: Append, *_: Any) -> list[Message]:
        return await place(tx, request)

    async def later(self: messages.Messages, *given: Any, **named: Any) -> list[Message]:
        stored = await append(self, *given, **named)
        finds = await extraction.find_in(extraction.answers(stored))
        await self.run_write(lambda tx: keep(tx, stored, finds, self.clock()))
        return stored

    messages.append_with_side_effects = without
    messages.Messages.append = later


# In the test


class Torture:
    def __init__(self, path: Path, seed: int, plant: str = "") -> None:
        self.address = f"sqlite:///{path}"
        self.conversation = new_id()
        self.plant = plant
        self.acknowledged: set[str] = set()
        self._random = random.Random(seed)

    async def rounds(self, how_many: int) -> None:
        """Kill a writer, and see what is there, again and again."""
        for _ in range(how_many):
            self._kill_one()
            async with hansard.connect(self.address, providers=[]) as db:
                await self._check(db.scope())

    def _kill_one(self) -> None:
        code = f"from faults.test_artifacts_killed import main; main(*{self._arguments()!r})"
        environment = {**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{SOURCE}"}
        with subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment
        ) as writer:
            assert writer.stdout
            for _ in range(self._random.randint(1, 10)):
                self.acknowledged.add(writer.stdout.readline().strip())
            time.sleep(self._random.uniform(0, 0.004))  # not for something: any moment must do
            writer.kill()
            self.acknowledged |= set(writer.stdout.read().split())

    def _arguments(self) -> tuple[str, str, str]:
        return self.address, self.conversation, self.plant

    async def _check(self, ada: Services) -> None:
        there = [message async for message in ada.messages.all(self.conversation)]
        assert self.acknowledged <= {message.id for message in there}
        [clock] = (await ada.artifacts.list()).items
        assert clock.revision == len(there), "an answer is there without what it made"
        wanted = [message.id for message in there]
        found: list[str | None] = []
        cursor = None
        while True:
            page = await ada.artifacts.revisions(clock.id, limit=500, cursor=cursor)
            found += [revision.message_id for revision in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert found[::-1] == wanted


async def test_no_answer_is_there_without_what_it_made(tmp_path: Path) -> None:
    torture = Torture(tmp_path / "chats.db", seed=4)
    await torture.rounds(ROUNDS)
    assert len(torture.acknowledged) >= ROUNDS
    assert await admin.verify(torture.address) == []


async def test_keeping_artifacts_later_would_be_seen(tmp_path: Path) -> None:
    torture = Torture(tmp_path / "chats.db", seed=4, plant="later")
    with pytest.raises(AssertionError, match="without what it made"):
        await torture.rounds(MANY_ROUNDS)
