"""A process that writes is killed, again and again, at any moment."""

from __future__ import annotations

import asyncio
import random
import signal
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Thread

import httpx2
import pytest

import hansard
from hansard.ids import new_id
from hansard.storage import admin
from hansard.torture.kill_trial import ROUNDS_PER_DATABASE, KillTrial
from hansard.torture.ledger import GuaranteeBroken, Ledger, drafts_of
from hansard.torture.writer_processes import WriterPool
from server.harness import Process, process, wait_until

pytestmark = pytest.mark.anyio

ROUNDS = 200
SERVER_ROUNDS = 4


async def test_what_was_acknowledged_survives_every_kill_once(
    writers: WriterPool, tmp_path: Path
) -> None:
    acknowledged = answered = landed = 0
    for seed in range(ROUNDS // ROUNDS_PER_DATABASE):
        kill_trial = KillTrial(writers, str(tmp_path / f"{seed}.db"), random.Random(seed))
        await kill_trial.rounds(ROUNDS_PER_DATABASE)
        assert await admin.verify(kill_trial.address) == []
        acknowledged += len(kill_trial.ledger.acknowledged)
        answered += len(kill_trial.prompts.ends)
        landed += kill_trial.landed
    assert acknowledged > ROUNDS
    assert answered > 0
    assert landed > 0, "no kill came between a commit and its answer"


@pytest.mark.parametrize(
    ("plant", "noticed"),
    [
        ("answer before commit", "lost|no such run|no such conversation"),
        ("commit each message", "half-written"),
    ],
)
async def test_a_writer_with_a_fault_is_found_out(
    writers: WriterPool, tmp_path: Path, plant: str, noticed: str
) -> None:
    """A writer may find out by itself: it follows a run that was acknowledged, and that is not there yet."""
    path = str(tmp_path / "chats.db")
    kill_trial = KillTrial(writers, path, random.Random(1), plant=plant)
    with pytest.raises(GuaranteeBroken, match=noticed):
        await kill_trial.rounds(ROUNDS)


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
    assert await admin.verify(str(path)) == []
