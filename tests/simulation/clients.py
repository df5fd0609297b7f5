"""Clients: each says, asks, changes and stops things at random, and asks again under one id if it hears nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import hansard
from hansard import HansardError, Services
from hansard.errors import Unavailable
from hansard.model.runs import ENDED, Run, RunEvent
from simulation.ledger import TENANT, Request
from simulation.world import Gone, World

T = TypeVar("T")
CLIENTS = 3
TRIES = 6
LOST = (Unavailable, Gone, TimeoutError)
"""What a client hears when it cannot know whether its request was done."""


async def drive(world: World, steps: int) -> None:
    """Let the clients take so many steps together, while faults come and go."""
    conversation = world.new_id()
    await Client(world, conversation).begin()
    clients = [Client(world, conversation) for _ in range(CLIENTS)]
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client.live(steps // CLIENTS))
    world.weather.calm = True
    for client in clients:
        await client.end()


class Client:
    def __init__(self, world: World, conversation: str) -> None:
        self.world = world
        self.rng = world.rng
        self.conversation = conversation
        self._following: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        create = lambda s: s.conversations.create(id=self.conversation)  # noqa: E731
        while await self._insist(create) is None:
            pass

    async def live(self, steps: int) -> None:
        actions = (
            *(self.send,) * 6,
            *(self.append,) * 3,
            *(self.answer,) * 2,
            *(self.retry,) * 2,
            self.continue_run,
            *(self.delete,) * 3,
            *(self.restore,) * 2,
            self.edit,
            self.fork,
            self.cancel,
            self.read,
        )
        for _ in range(steps):
            await asyncio.sleep(self.rng.choice((0.0, 0.01, 0.2, 2.0)))
            self.world.steps += 1
            self.world.weather.turn()
            if self.rng.random() < 0.02:
                await self.world.kill()
            await self.rng.choice(actions)()

    async def end(self) -> None:
        """Hear the answers that are followed to their ends."""
        if self._following:
            await asyncio.wait(self._following, timeout=600)
            for task in self._following:
                task.cancel()
            await asyncio.gather(*self._following, return_exceptions=True)

    # What a client does

    async def send(self) -> None:
        request = self._request(self.world.ledger.prompts, "asks")
        runs = await self._insist(
            lambda s: s.chat.send(self.conversation, request.text, id=request.id)
        )
        self._acknowledge(request, runs)

    async def append(self) -> None:
        request = self._request(self.world.ledger.appends, "says")
        draft = hansard.user(request.text, id=request.id)
        if await self._insist(lambda s: s.messages.append(self.conversation, [draft])):
            request.acknowledged = True

    async def edit(self) -> None:
        message = self._any_message("user")
        if message is None:
            return
        request = self._request(self.world.ledger.appends, "corrects")
        edited = await self._insist(
            lambda s: s.messages.edit(self.conversation, message, request.text, id=request.id)
        )
        request.acknowledged = edited is not None

    async def answer(self) -> None:
        """Have the newest message answered, and that may be an answer."""
        request = self._request(self.world.ledger.answers, "answers")
        runs = await self._insist(lambda s: s.chat.answer(self.conversation, id=request.id))
        self._acknowledge(request, runs)

    async def retry(self) -> None:
        message = self._any_message("assistant")
        if message is not None:
            request = self._request(self.world.ledger.answers, "retries")
            retry = lambda s: _listed(s.chat.retry(self.conversation, message, id=request.id))  # noqa: E731
            self._acknowledge(request, await self._insist(retry))

    async def continue_run(self) -> None:
        ended = [run.id for run in self._runs() if run.status in ENDED]
        if ended:
            run = self.rng.choice(ended)
            request = self._request(self.world.ledger.answers, "goes on")
            continue_run = lambda s: _listed(s.chat.continue_run(run, id=request.id))  # noqa: E731
            self._acknowledge(request, await self._insist(continue_run))

    async def delete(self) -> None:
        message = self._any_message()
        if message is not None:
            await self._ask(lambda s: s.messages.delete(self.conversation, message))

    async def restore(self) -> None:
        branches = self.world.storage.rows(TENANT)["branches"].values()
        trash = [branch.id for branch in branches if branch.state == "trashed"]
        if trash:
            branch = self.rng.choice(trash)
            await self._ask(lambda s: s.branches.restore(self.conversation, branch))

    async def fork(self) -> None:
        message = self._any_message()
        if message is not None:
            made = self.world.new_id()
            await self._insist(lambda s: s.branches.fork(self.conversation, at=message, id=made))

    async def cancel(self) -> None:
        running = [run.id for run in self._runs() if run.status not in ENDED]
        if running:
            run = self.rng.choice(running)
            await self._ask(lambda s: s.runs.cancel(run))

    async def read(self) -> None:
        await self._ask(lambda s: s.messages.read(self.conversation, last=5))

    # How it asks

    def _request(self, book: dict[str, Request], verb: str) -> Request:
        made = self.world.new_id()
        request = book[made] = Request(made, f"n{len(book)} {verb}")
        return request

    def _runs(self) -> list[Run]:
        return list(self.world.storage.rows(TENANT)["runs"].values())

    def _any_message(self, role: str | None = None) -> str | None:
        messages = self.world.storage.rows(TENANT)["messages"].values()
        ids = [m.id for m in messages if role is None or m.role == role]
        return self.rng.choice(ids[-12:]) if ids else None

    def _acknowledge(self, request: Request, runs: list[Run] | None) -> None:
        if runs is not None:
            request.acknowledged = True
            request.runs |= {run.id for run in runs}
            for run in runs:
                self._follow(run.id)

    async def _insist(self, work: Callable[[Services], Awaitable[T]]) -> T | None:
        """Ask until there is an answer, with patience but not for ever; None where there was none."""
        for attempt in range(TRIES):
            try:
                return await self._once(work)
            except LOST:
                await asyncio.sleep(0.1 * 4**attempt * self.rng.random())
            except HansardError:
                return None
        return None

    async def _ask(self, work: Callable[[Services], Awaitable[T]]) -> T | None:
        with suppress(HansardError, Gone, TimeoutError):
            return await self._once(work)
        return None

    async def _once(self, work: Callable[[Services], Awaitable[T]]) -> T:
        """Ask once; the client may go away before it hears what came of it."""
        patience = self.rng.choice((0.01, 0.5, 60.0, 60.0, 60.0, 60.0))
        async with asyncio.timeout(patience):
            return await self.world.process().ask(work)

    # How it follows

    def _follow(self, run_id: str) -> None:
        self._following.append(asyncio.create_task(self._hear(run_id)))

    async def _hear(self, run_id: str) -> None:
        """Follow a run to its end, and come back after each loss."""
        after = 0

        async def hear(services: Services) -> RunEvent | None:
            nonlocal after
            last = None
            async for last in services.runs.events(run_id, after=after):
                after = max(after, last.number)
            return last

        while True:
            try:
                last = await self.world.process().ask(hear)
            except (Unavailable, Gone):
                await asyncio.sleep(1)
                continue
            except HansardError:
                return  # it went into the trash
            if last is not None:
                self.world.ledger.heard[run_id].append(last)
            return


async def _listed(run: Awaitable[Run]) -> list[Run]:
    return [await run]
