"""Storing runs and having them go on: each request for an answer is done once, however often it is sent.

A request has an id, which its runs keep. Sent again, it finds them, and sees to it that somebody goes on with them: the
first time may have ended with an unknown outcome, and nobody may have started what was stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from hansard.errors import AlreadyExists, HansardError, OutcomeUnknown
from hansard.ids import check_id, new_id
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.runs import ENDED, Run, RunMode
from hansard.model.scope import Scope
from hansard.services.base import Service
from hansard.services.conversations.forks import fork_at, set_branch_model
from hansard.services.quotas import Meters
from hansard.services.runs.recovery import adopt
from hansard.services.runs.runner import LEASE, Runner
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.query import Query

LOOK_AFTER = (0.1, 0.5, 2.0, 10.0, 30.0)
"""Seconds between the looks for runs of which it is not known whether they were stored."""


class Stored(msgspec.Struct, frozen=True):
    """The runs that a request has, and whether they were stored just now."""

    runs: list[Run]
    new: bool = True


class Starter(Service):
    def __init__(
        self, scope: Scope, storage: Storage, runner: Runner, meters: Meters | None = None
    ) -> None:
        super().__init__(scope, storage, runner.clock)
        self.runner = runner
        self.meters = meters or Meters()

    async def begin(
        self,
        tx: Transaction,
        own: Branch,
        prompt: Message,
        names: Sequence[str],
        options: dict[str, Any],
        request_id: str,
    ) -> list[Run]:
        """Runs for a prompt: the first on the branch that ends with it, the others on branches of their own."""
        holder = await tx.get(Branch, prompt.branch) or own
        group = new_id() if len(names) > 1 else None
        runs: list[Run] = []
        for i, name in enumerate(names):
            branch = own
            if i > 0 or own.head_id != prompt.id:
                place = (prompt, new_id(), self.clock(), name if i > 0 else "")
                branch = await fork_at(tx, self.scope, holder, *place, model=group and name)
            elif group:
                await set_branch_model(tx, self.scope, own, name, self.clock())
            runs.append(
                await self.insert(tx, branch, name, options, request_id, group=group, before=i)
            )
        return runs

    async def insert(
        self,
        tx: Transaction,
        branch: Branch,
        name: str,
        options: dict[str, Any],
        request_id: str,
        *,
        mode: RunMode = "answer",
        group: str | None = None,
        before: int = 0,
    ) -> Run:
        """A run that answers the head of a branch; so many others begin `before` it. Raises TooManyRequests."""
        self.meters.check_runs(self._running() + before)
        now = self.clock()
        run = Run(
            tenant_id=tx.tenant,
            id=new_id(),
            owner_id=self.scope.user,
            conversation_id=branch.conversation_id,
            branch=branch.id,
            prompt_id=branch.head_id,
            message_id=new_id(),
            group_id=group,
            request_id=request_id,
            model=name,
            status="running" if self.runner.has_room(before) else "queued",
            mode=mode,
            options={**self.runner.providers.defaults(name), **options},
            worker=self.runner.worker,
            lease_until=now + LEASE,
            created_at=now,
            updated_at=now,
        )
        await tx.insert(run)
        where = {"conversation_id": run.conversation_id, "branch": run.branch}
        await tx.publish(self.change("run.started", run.id, now, **where))
        return run

    def _running(self) -> int:
        """How many answers are made for the user now, or wait for their turn."""
        owner = (self.scope.tenant, self.scope.user)
        running = (each.run for each in self.runner.live.values() if not each.ended)
        return sum((run.tenant_id, run.owner_id) == owner for run in running)

    async def ask(
        self,
        request_id: str,
        work: Callable[[Transaction], Awaitable[Stored]],
        then: Callable[[list[Run]], None] = lambda _: None,
    ) -> list[Run]:
        """Store runs and have them go on, also if whoever asks goes away meanwhile."""
        return await self.runner.finish(self.store_and_start(request_id, work, then))

    async def store_and_start(
        self,
        request_id: str,
        work: Callable[[Transaction], Awaitable[Stored]],
        then: Callable[[list[Run]], None] = lambda _: None,
    ) -> list[Run]:
        """Store runs and start them; of those that were stored before, the ones that nothing works on."""
        try:
            stored = await self.run_write(work)
        except Exception as error:
            if not isinstance(error, HansardError) or isinstance(error, OutcomeUnknown):
                self.runner.spawn(self._make_sure(request_id, then))
            raise
        if stored.new:
            for run in stored.runs:
                self.runner.start(run)
        else:
            await self._look_after(stored.runs)
        if stored.runs:
            then(stored.runs)
        return stored.runs

    async def _look_after(self, runs: list[Run]) -> None:
        """Have stored runs of this process go on that nothing here works on."""
        lost = [
            run.id for run in runs if run.status not in ENDED and run.id not in self.runner.live
        ]
        if lost:
            await adopt(self.runner, self.scope.tenant, lost)

    async def _make_sure(self, request_id: str, then: Callable[[list[Run]], None]) -> None:
        """After the answer to a commit was lost: have the runs go on, if they were stored."""
        query = Query(Run).where(request_id=request_id, owner_id=self.scope.user).by("id")
        for pause in LOOK_AFTER:
            await asyncio.sleep(pause)
            with suppress(HansardError):
                runs = await self.storage.read(self.scope.tenant, lambda tx: tx.select(query))
                if runs:
                    await self._look_after(runs)
                    then(runs)
                    return


async def runs_asked_by(
    tx: Reader, where: Conversation | Run, request_id: str, mode: RunMode
) -> list[Run]:
    """The runs that a request with this id began before; raises AlreadyExists if it was another request.

    What others asked by this id is as if it were not there.
    """
    asked = Query(Run).where(request_id=request_id, owner_id=where.owner_id)
    runs = await tx.select(asked.by("id"))
    place = where.id if isinstance(where, Conversation) else where.conversation_id
    if any((run.conversation_id, run.mode) != (place, mode) for run in runs):
        raise AlreadyExists("This id is taken by another request.", pointer="/id")
    return runs


async def runs_of_prompt(tx: Reader, prompt: Message) -> list[Run]:
    """The runs of a prompt from before runs knew what they were asked by."""
    query = Query(Run).where(
        conversation_id=prompt.conversation_id, prompt_id=prompt.id, request_id=None
    )
    return await tx.select(query.by("id"))


def request_id_of(given: str | None) -> str:
    return new_id() if given is None else check_id(given)
