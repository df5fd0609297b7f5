"""A process that writes is killed, again and again, at any moment."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Thread

import httpx2
import pytest

import hansard
from hansard.ids import new_id
from hansard.storage import upkeep
from hansard.torture.ledger import Ledger, drafts_of
from hansard.torture.writers import Nursery, Order
from server.harness import Process, process, wait_until

pytestmark = pytest.mark.anyio

ROUNDS = 200
ROUNDS_PER_DATABASE = 10
SERVER_ROUNDS = 4


class Torture:
    """A database whose writers are killed."""

    def __init__(self, writers: Nursery, path: Path, seed: int, plant: str = "") -> None:
        self.address = f"sqlite:///{path}"
        self.conversation = new_id()
        self.ledger = Ledger()
        self.landed = 0
        """Steps that were there though nobody had been told so."""
        self._writers = writers
        self._random = random.Random(seed)
        self._plant = plant
        self._round = 0

    async def rounds(self, how_many: int) -> None:
        for _ in range(how_many):
            await self._once()

    async def _once(self) -> None:
        """Kill a writer, and see what is there when the database is opened again."""
        unknown = self.ledger.unknown
        order = Order(
            address=self.address,
            conversation=self.conversation,
            name=f"r{self._round}",
            retry=sorted(unknown),
            plant=self._plant,
        )
        self._round += 1
        for line in self._writers.run(order, until=self._moment()):
            self.ledger.note(line)
        async with hansard.connect(self.address, providers=[]) as db:
            ada = db.scope("acme", "ada")
            await ada.conversations.create(id=self.conversation)
            there = await self.ledger.check(ada, self.conversation)
        self.landed += len(self.ledger.unknown & there)

    def _moment(self) -> Callable[[str], bool]:
        """After so many acknowledgements (for 0: while the database is being opened) and a little more."""
        left = self._random.randint(0, 40)
        pause = self._random.uniform(0, 0.003 if left else 0.03)

        def reached(line: str) -> bool:
            nonlocal left
            left -= line.startswith("done")
            if left == 0:
                time.sleep(pause)  # not for something to happen: any moment must do
            return left == 0

        return reached


async def test_what_was_acknowledged_survives_every_kill_once(
    writers: Nursery, tmp_path: Path
) -> None:
    acknowledged = landed = 0
    for seed in range(ROUNDS // ROUNDS_PER_DATABASE):
        torture = Torture(writers, tmp_path / f"{seed}.db", seed)
        await torture.rounds(ROUNDS_PER_DATABASE)
        assert await upkeep.verify(torture.address) == []
        acknowledged += len(torture.ledger.acknowledged)
        landed += torture.landed
    assert acknowledged > ROUNDS
    assert landed > 0, "no kill came between a commit and its answer"


@pytest.mark.parametrize(
    ("plant", "noticed"),
    [("answer before commit", "lost"), ("commit each message", "half-written")],
)
async def test_a_writer_with_a_fault_is_found_out(
    writers: Nursery, tmp_path: Path, plant: str, noticed: str
) -> None:
    torture = Torture(writers, tmp_path / "chats.db", 1, plant)
    with pytest.raises(AssertionError, match=noticed):
        await torture.rounds(ROUNDS)


def test_a_killed_server_has_all_that_it_acknowledged(tmp_path: Path) -> None:
    home, ledger, conversation = tmp_path / "home", Ledger(), new_id()
    for number in range(SERVER_ROUNDS):
        with process(home) as server, server.client() as client:
            assert client.post("/conversations", json={"id": conversation}).status_code == 201
            clients = [
                Thread(target=_talk, args=(server, conversation, ledger, f"r{number}c{i}"))
                for i in range(4)
            ]
            for step in sorted(ledger.unknown):
                _say(client, conversation, ledger, step)
            enough = len(ledger.acknowledged) + 30 + 7 * number
            for thread in clients:
                thread.start()
            wait_until(lambda: len(ledger.acknowledged) >= enough)  # noqa: B023
            server.end(signal.SIGKILL)
            for thread in clients:
                thread.join()
        asyncio.run(_check(home / "chats.db", conversation, ledger))


def _talk(server: Process, conversation: str, ledger: Ledger, name: str) -> None:
    """Store steps until the server is gone."""
    with server.client() as client, suppress(httpx2.TransportError):
        for number in count():
            _say(client, conversation, ledger, f"{name}n{number}")


def _say(client: httpx2.Client, conversation: str, ledger: Ledger, step: str) -> None:
    drafts = [{"id": d.id, "role": d.role, "content": d.content} for d in drafts_of(step)]
    ledger.note(f"sent {step}")
    path = f"/conversations/{conversation}/messages"
    answer = client.post(path, json={"messages": drafts})
    assert answer.status_code == 201, answer.text
    ledger.note(f"done {step}")


async def _check(path: Path, conversation: str, ledger: Ledger) -> None:
    async with hansard.connect(path, providers=[]) as db:
        await ledger.check(db.scope(), conversation)
    assert await upkeep.verify(str(path)) == []
