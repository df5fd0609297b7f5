"""Runs: listing, following and cancelling them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace

from hansard.access.grants import Action
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

CANCEL_TIMEOUT = 10.0
"""Seconds to wait for a cancelled run to end."""
POLL_INTERVAL = 0.25
"""Seconds between polls of a run of another process."""


class Runs(Service):
    """The user's runs; a run is the generation of one answer."""

    def __init__(self, scope: Scope, storage: Storage, runner: Runner) -> None:
        super().__init__(scope, storage, runner.clock)
        self.runner = runner

    async def get(self, run_id: str) -> Run:
        """Return a run. Raises NotFound if it does not exist."""
        return await self.run_read(lambda tx: self.run(tx, run_id))

    async def list(self, conversation_id: str, *, limit: int = 50) -> list[Run]:
        """Return the newest runs of a conversation, newest first, at most `limit`."""
        check_limit(limit)

        async def select_runs(tx: Reader) -> list[Run]:
            conversation = await self.conversation(tx, conversation_id, "read")
            query = Query(Run).where(conversation_id=conversation.id).by("-id")
            return await tx.select(query.page(limit))

        return await self.run_read(select_runs)

    async def active(self) -> list[Run]:
        """Return the user's runs that have not ended, in all conversations outside the trash."""
        query = Query(Run).where(status__in=["queued", "running"], owner_id=self.scope.user)

        async def select_active(tx: Reader) -> list[Run]:
            runs = await tx.select(query.by("id"))
            ids = list({run.conversation_id for run in runs})
            conversations = await tx.select(Query(Conversation).where(id__in=ids, state="active"))
            visible_ids = {conversation.id for conversation in conversations}
            return [run for run in runs if run.conversation_id in visible_ids]

        return await self.run_read(select_active)

    async def events(self, run_id: str, *, after: int = 0) -> AsyncIterator[RunEvent]:
        """Yield a run's events with numbers above `after` as they come, up to the one that ends it.

        A client that reconnects with the number of its last event misses nothing. The last event is always yielded,
        even if its number is not above `after`. Raises NotFound if the run does not exist.
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
            query = Query(RunEvent).where(run_id=run.id, number__gt=after).by("number")
            events = await self.run_read(lambda tx, q=query: tx.select(q))
            for event in events:
                after = event.number
                yield event
                if event.type in ENDED:
                    return
            if run.status in ENDED:
                last = await self.run_read(lambda tx, r=run, n=after: last_event(tx, r, n + 1))
                yield replace(last, number=max(last.number, after + 1))
                return
            await asyncio.sleep(POLL_INTERVAL)

    async def wait(self, run_id: str) -> Run:
        """Wait until a run has ended and return it. Raises NotFound if it does not exist."""
        async for _ in self.events(run_id):
            pass
        return await self.get(run_id)

    async def cancel(self, run_id: str) -> Run:
        """Cancel a run, keeping the text so far; return it. A run that has ended is not changed.

        Waits up to CANCEL_TIMEOUT for the end of a run of this process. Raises NotFound if the run does not exist.
        """
        self.require("write")
        run = await self.run_read(lambda tx: self.run(tx, run_id, "write"))
        if run.status not in ENDED and run.worker == self.runner.worker:
            await adopt(self.runner, self.scope.tenant, [run.id])
        if self.runner.cancel(run.id):
            with suppress(TimeoutError):  # the end is stored as soon as possible
                async with asyncio.timeout(CANCEL_TIMEOUT):
                    return await self.wait(run.id)
            return await self.get(run.id)
        if run.status in ENDED:
            return run

        async def request_cancel(tx: Transaction) -> Run:
            current = await self.run(tx, run.id, "write")
            now = self.clock()
            return await tx.update(Run, current.id, cancel_requested=True, updated_at=now)

        return await self.run_write(request_cancel)

    async def run(self, tx: Reader, run_id: str, action: Action = "read") -> Run:
        """Return a run in a conversation on which the scope's user may act.

        Raises NotFound if there is none, PermissionDenied if the user may only read the conversation.
        """
        key = run_id.lower()
        record = await tx.get(Run, key) if is_id(key) else None
        try:
            # Asked for also if there is no run, so that refusing takes as long as for somebody else's.
            await self.conversation(tx, record.conversation_id if record else key, action)
        except NotFound:
            record = None
        if record is None:
            raise NotFound("There is no such run.")
        return record


async def oldest_run(storage: Storage) -> datetime | None:
    """Return the creation time of the oldest run that has not ended, over all tenants."""
    query = Query(Run).where(status__in=["queued", "running"]).by("id").page(1)
    oldest: list[datetime] = []
    for tenant in await storage.tenants():
        oldest += [
            run.created_at for run in await storage.read(tenant, lambda tx: tx.select(query))
        ]
    return min(oldest, default=None)
