"""Two servers of one database, whose clients follow the changes while servers are killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Self

from hansard.api.operations import Services
from hansard.client import Client
from hansard.client.events import Resync
from hansard.database import connect
from hansard.errors import HansardError
from hansard.providers.echo import Echo
from hansard.torture.kill_trial import check_database
from hansard.torture.ledger import require
from hansard.torture.prompt_ledger import MODEL, TENANT, USER, Prompts, chat_of, id_of, text_of
from hansard.torture.report import Task
from hansard.torture.server_process import Server, check_extras
from hansard.torture.temporary_database import temporary_database

PATIENCE = 60.0
"""Seconds within which a follower must receive all changes."""
TRIES = 20
"""How often a prompt is sent, to the two servers in turn."""
PROMPTS = 8
"""Prompts of a round; half of them are sent before a server is killed."""


async def two_servers(task: Task) -> None:
    """Kill one of two servers: its followers continue at the other one and must miss nothing."""
    check_extras()
    task.how = "kill -9 of one of two servers, each with a follower over WebSocket"
    async with temporary_database(task) as address:
        async with (
            connect(address, providers=[Echo()]) as database,
            ServerPair(task.trial_folder, address, task.plant) as pair,
        ):
            bob, prompts = database.scope(TENANT, USER), Prompts()
            for number in range(task.rounds):
                await _round(task, pair, prompts, bob, f"r{number}")
                task.count(faults=1, acknowledged=PROMPTS)
            await pair.check(bob)
            await prompts.check(database)
            await pair.check(bob)
        await check_database(address)


async def _round(task: Task, pair: ServerPair, prompts: Prompts, bob: Services, name: str) -> None:
    names = [f"{name}c0p{i}" for i in range(PROMPTS)]
    await bob.conversations.create(id=chat_of(names[0]), title="Prompts")
    victim = task.random.randrange(2)
    await _send_prompts(pair, prompts, names[: PROMPTS // 2])
    sending = asyncio.create_task(_send_prompts(pair, prompts, names[PROMPTS // 2 :]))
    await asyncio.sleep(
        task.random.uniform(0, 0.05)
    )  # waits for nothing: the kill may happen at any moment
    pair.servers[victim].kill()
    await sending
    await pair.replace(victim)


async def _send_prompts(pair: ServerPair, prompts: Prompts, names: list[str]) -> None:
    """Send prompts to the two servers in turn; a prompt that one does not accept goes to the other."""
    for turn, prompt in enumerate(names):
        prompts.note(f"asked {prompt}")
        for tries in count(turn):
            require(tries < turn + TRIES, f"no server accepts {prompt}")
            with suppress(HansardError):
                run = await pair.send_prompt(tries % 2, prompt)
                prompts.note(f"answering {prompt} {run}")
                break


class Follower:
    """A client that follows changes, and resumes from its last position at another server."""

    def __init__(self) -> None:
        self.position, self.seen = 0, list[int]()
        self.at = 0
        self._following: asyncio.Task[None] | None = None

    def follow(self, number: int, positions: AsyncIterator[int]) -> None:
        self.at = number
        self._following = asyncio.create_task(self._follow(positions))

    async def stop(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    async def _wait_for(self, position: int) -> None:
        """Wait until it has received the change at a position, at most for PATIENCE."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while self.position < position and asyncio.get_running_loop().time() < deadline:
            if self._following is not None and self._following.done():
                await self._following
            await asyncio.sleep(0.01)

    async def check(self, wanted: list[int]) -> None:
        """Check that it received every change once and in order. Raises GuaranteeBroken."""
        await self._wait_for(wanted[-1])
        positions = set(self.seen)
        require(
            positions >= set(wanted), f"{len(set(wanted) - positions)} changes were not delivered"
        )
        same = self.seen[: len(wanted)] == wanted
        require(same, "changes were delivered twice or out of order")

    async def _follow(self, positions: AsyncIterator[int]) -> None:
        async for position in positions:
            self.seen.append(position)
            self.position = position


async def _positions_from(server: Server, after: int) -> AsyncIterator[int]:
    """Yield the positions of the changes that a server sends."""
    async with Client(server.url, server.token) as client:
        async for event in client.events(after=after):
            require(not isinstance(event, Resync), "a follower was told to reload")
            yield event.position


class ServerPair:
    """Two servers, with a follower that starts at each."""

    def __init__(self, home: Path, address: str, plant: str) -> None:
        self._home, self._address, self._plant = home, address, plant
        self._numbers = count()
        self.servers: list[Server] = []
        self.followers = [Follower(), Follower()]

    async def __aenter__(self) -> Self:
        try:
            self.servers += [self._server(), self._server()]
            for number, server in enumerate(self.servers):
                await server.answers()
                self.followers[number].follow(number, _positions_from(server, 0))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for follower in self.followers:
            await follower.stop()
        for server in self.servers:
            server.kill()

    def _server(self) -> Server:
        return Server(self._home, next(self._numbers), self._address, self._plant)

    async def send_prompt(self, number: int, prompt: str) -> str:
        """Send a prompt to a server; return the id of its run."""
        server = self.servers[number]
        async with Client(server.url, server.token, patience=1) as client:
            [run] = await client.send_message(
                chat_of(prompt), id=id_of(prompt), content=text_of(prompt), model=MODEL
            )
        return run.id

    async def replace(self, victim: int) -> None:
        """Move the followers of a killed server to the other one, and start a new server in its place."""
        for follower in self.followers:
            if follower.at == victim:
                await follower.stop()
                positions = _positions_from(self.servers[1 - victim], follower.position)
                follower.follow(1 - victim, positions)
        self.servers[victim] = self._server()
        await self.servers[victim].answers()

    async def check(self, bob: Services) -> None:
        """Check that each follower received every change once and in order. Raises GuaranteeBroken."""
        wanted: list[int] = []
        while entries := await bob.feed.read(after=wanted[-1] if wanted else 0, limit=500):
            wanted += [entry.position for entry in entries]
        for follower in self.followers:
            await follower.check(wanted)
