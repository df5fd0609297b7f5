"""Runs: seeing, following and stopping them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace

from hansard.errors import NotFound
from hansard.ids import is_id
from hansard.model.conversations import Conversation
from hansard.model.runs import ENDED, Run, RunEvent
from hansard.model.scope import Scope
from hansard.services.base import Service, check_limit
from hansard.services.runs.completion import last_event
from hansard.services.runs.recovery import adopt
from hansard.services.runs.runner import Runner
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.query import Query

CANCEL_PATIENCE = 10.0
"""Seconds to wait for the end of a run that was stopped."""
POLL = 0.25
"""Seconds between two looks at a run of another process."""


class Runs(Service):
    def __init__(self, scope: Scope, storage: Storage, runner: Runner) -> None:
        super().__init__(scope, storage, runner.clock)
        self.runner = runner

    async def get(self, run_id: str) -> Run:
        return await self.run_read(lambda tx: self.run(tx, run_id))

    async def list(self, conversation_id: str, *, limit: int = 50) -> list[Run]:
        """A conversation's runs, the newest first."""
        check_limit(limit)

        async def work(tx: Reader) -> list[Run]:
            conversation = await self.conversation(tx, conversation_id)
            query = Query(Run).where(conversation_id=conversation.id).by("-id")
            return await tx.select(query.page(limit))

        return await self.run_read(work)

    async def active(self) -> list[Run]:
        """The user's runs that go on, in all conversations that are not in the trash."""
        going = Query(Run).where(status__in=["queued", "running"], owner_id=self.scope.user)

        async def work(tx: Reader) -> list[Run]:
            runs = await tx.select(going.by("id"))
            ids = list({run.conversation_id for run in runs})
            shown = await tx.select(Query(Conversation).where(id__in=ids, deleted_at=None))
            seen = {conversation.id for conversation in shown}
            return [run for run in runs if run.conversation_id in seen]

        return await self.run_read(work)

    async def events(self, run_id: str, *, after: int = 0) -> AsyncIterator[RunEvent]:
        """A run's events with higher numbers than `after`, as they come, to the one that ends it.

        Whoever comes back with the number of the last event it saw misses nothing. The last event is given
        even if its number is not higher: who asks always learns how the run ended.
        """
        run = await self.get(run_id)
        live = self.runner.live.get(run.id)
        if live is not None:
            async for event in live.follow(after):
                after = max(after, event.number)
                yield event
                if event.type in ENDED:
                    return
        while not self.runner.closing.is_set():
            run = await self.get(run.id)
            new = Query(RunEvent).where(run_id=run.id, number__gt=after).by("number")
            events = await self.run_read(lambda tx, q=new: tx.select(q))
            for event in events:
                after = event.number
                yield event
                if event.type in ENDED:
                    return
            if run.status in ENDED:
                last = await self.run_read(lambda tx, r=run, n=after: last_event(tx, r, n + 1))
                yield replace(last, number=max(last.number, after + 1))
                return
            await asyncio.sleep(POLL)

    async def wait(self, run_id: str) -> Run:
        """The run, once it has ended."""
        async for _ in self.events(run_id):
            pass
        return await self.get(run_id)

    async def cancel(self, run_id: str) -> Run:
        """Stop a run and keep what was said; an ended run stays as it is."""
        run = await self.get(run_id)
        self.require("write")
        if run.status not in ENDED and run.worker == self.runner.worker:
            await adopt(self.runner, self.scope.tenant, [run.id])
        if self.runner.cancel(run.id):
            with suppress(TimeoutError):  # its end is kept until it can be stored
                async with asyncio.timeout(CANCEL_PATIENCE):
                    return await self.wait(run.id)
            return await self.get(run.id)
        if run.status in ENDED:
            return run

        async def work(tx: Transaction) -> Run:
            current = await self.run(tx, run.id)
            now = self.clock()
            return await tx.update(Run, current.id, cancel_requested=True, updated_at=now)

        return await self.run_write(work)

    async def run(self, tx: Reader, run_id: str) -> Run:
        key = run_id.lower()
        found = await tx.get(Run, key) if is_id(key) else None
        if found is None or found.owner_id != self.scope.user:
            raise NotFound("There is no such run.")
        await self.conversation(tx, found.conversation_id)
        return found


async def oldest_run(storage: Storage) -> datetime | None:
    """When the oldest run of any tenant was asked for that has not ended."""
    query = Query(Run).where(status__in=["queued", "running"]).by("id").page(1)
    oldest: list[datetime] = []
    for tenant in await storage.tenants():
        oldest += [
            run.created_at for run in await storage.read(tenant, lambda tx: tx.select(query))
        ]
    return min(oldest, default=None)
