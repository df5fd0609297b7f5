"""Two servers of one database, whose clients follow what happens while the servers are killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Self

from hansard.client import Client
from hansard.client.events import Resync
from hansard.database import Services, connect
from hansard.errors import HansardError
from hansard.providers.echo import Echo
from hansard.torture.kill_trial import verify
from hansard.torture.ledger import require
from hansard.torture.prompt_ledger import MODEL, TENANT, USER, Prompts, chat_of, id_of, text_of
from hansard.torture.report import Task
from hansard.torture.server_process import Server, check_extras
from hansard.torture.temporary_database import temporary_database

PATIENCE = 60.0
"""Seconds until a follower must have heard of everything."""
TRIES = 20
"""How often a prompt is said, to both servers in turn."""
PROMPTS = 8
"""Prompts of a round, half of them before a server is killed."""


async def two_servers(task: Task) -> None:
    """One of two servers is killed: whoever followed it goes on at the other, and misses nothing."""
    check_extras()
    task.how = "kill -9 of one of two servers, each with a follower over WebSocket"
    async with temporary_database(task) as address:
        async with (
            connect(address, providers=[Echo()]) as database,
            ServerPair(task.place, address, task.plant) as pair,
        ):
            bob, prompts = database.scope(TENANT, USER), Prompts()
            for number in range(task.rounds):
                await _round(task, pair, prompts, bob, f"r{number}")
                task.count(faults=1, acknowledged=PROMPTS)
            await pair.check(bob)
            await prompts.check(database)
            await pair.check(bob)
        await verify(address)


async def _round(task: Task, pair: ServerPair, prompts: Prompts, bob: Services, name: str) -> None:
    names = [f"{name}c0p{i}" for i in range(PROMPTS)]
    await bob.conversations.create(id=chat_of(names[0]), title="Prompts")
    victim = task.random.randrange(2)
    await _talk(pair, prompts, names[: PROMPTS // 2])
    going_on = asyncio.create_task(_talk(pair, prompts, names[PROMPTS // 2 :]))
    await asyncio.sleep(task.random.uniform(0, 0.05))  # not for something: any moment must do
    pair.servers[victim].kill()
    await going_on
    await pair.replace(victim)


async def _talk(pair: ServerPair, prompts: Prompts, names: list[str]) -> None:
    """Say prompts to both servers in turn; what one does not answer is said to the other, under the same id."""
    for turn, prompt in enumerate(names):
        prompts.note(f"asked {prompt}")
        for tries in count(turn):
            require(tries < turn + TRIES, f"no server takes {prompt}")
            with suppress(HansardError):
                run = await pair.say(tries % 2, prompt)
                prompts.note(f"answering {prompt} {run}")
                break


class Follower:
    """Somebody who hears of changes, and goes on from the last one wherever it is sent."""

    def __init__(self) -> None:
        self.position, self.seen = 0, list[int]()
        self.at = 0
        self._following: asyncio.Task[None] | None = None

    def go_to(self, number: int, told: AsyncIterator[int]) -> None:
        self.at = number
        self._following = asyncio.create_task(self._follow(told))

    async def leave(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    async def heard(self, position: int) -> None:
        """Wait until it has heard of everything up to a position; raises Broken."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while self.position < position:
            late = asyncio.get_running_loop().time() > deadline
            require(not late, "a follower does not hear of the last change")
            if self._following is not None and self._following.done():
                await self._following
            await asyncio.sleep(0.01)

    async def check(self, wanted: list[int]) -> None:
        """Every change was told to it, once and in order; raises Broken."""
        await self.heard(wanted[-1])
        told = set(self.seen)
        require(told >= set(wanted), f"{len(set(wanted) - told)} changes were not told")
        same = self.seen[: len(wanted)] == wanted
        require(same, "changes were told twice, or not in order")

    async def _follow(self, told: AsyncIterator[int]) -> None:
        async for position in told:
            self.seen.append(position)
            self.position = position


async def _told_by(server: Server, after: int) -> AsyncIterator[int]:
    """The positions of changes."""
    async with Client(server.url, server.token) as client:
        async for event in client.events(after=after):
            require(not isinstance(event, Resync), "a follower is told to read anew")
            yield event.position


class ServerPair:
    """Two servers, and a follower that begins at each."""

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
                self.followers[number].go_to(number, _told_by(server, 0))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for follower in self.followers:
            await follower.leave()
        for server in self.servers:
            server.kill()

    def _server(self) -> Server:
        return Server(self._home, next(self._numbers), self._address, self._plant)

    async def say(self, number: int, prompt: str) -> str:
        """Say a prompt to a server; gives the id of the run."""
        server = self.servers[number]
        async with Client(server.url, server.token, patience=1) as client:
            [run] = await client.send_message(
                chat_of(prompt), id=id_of(prompt), content=text_of(prompt), model=MODEL
            )
        return run.id

    async def replace(self, victim: int) -> None:
        """Have the followers of a killed server go on at the other, and start a new one in its place."""
        for follower in self.followers:
            if follower.at == victim:
                await follower.leave()
                told = _told_by(self.servers[1 - victim], follower.position)
                follower.go_to(1 - victim, told)
        self.servers[victim] = self._server()
        await self.servers[victim].answers()

    async def check(self, bob: Services) -> None:
        """Every change was told to each follower, once and in order; raises Broken."""
        wanted: list[int] = []
        while entries := await bob.feed.read(after=wanted[-1] if wanted else 0, limit=500):
            wanted += [entry.position for entry in entries]
        for follower in self.followers:
            await follower.check(wanted)
