"""Storing and starting runs: each request for an answer is executed once, however often it is sent.

Runs store the id of their request. A repeated request finds them and makes sure that they are being executed: the
outcome of the first attempt may have been unknown, so its runs may be stored without having been started.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from hansard.errors import AlreadyExists, HansardError, OutcomeUnknown, UnknownModel
from hansard.ids import check_id, new_id
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.runs import ENDED, Run, RunMode
from hansard.model.scope import Scope
from hansard.providers.registry import Registry
from hansard.services.base import Service
from hansard.services.conversations.forks import fork_at, set_branch_model
from hansard.services.quotas import Meters
from hansard.services.runs.recovery import adopt
from hansard.services.runs.runner import LEASE, Runner
from hansard.services.runs.setup import Setup
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.query import Query

RECHECK_DELAYS = (0.1, 0.5, 2.0, 10.0, 30.0)
"""Seconds between checks for runs whose commit had an unknown outcome."""


class Stored(msgspec.Struct, frozen=True):
    """The runs of a request; `new` tells whether they were stored by this call."""

    runs: list[Run]
    new: bool = True


class Starter(Service):
    """Stores and starts runs."""

    def __init__(
        self, scope: Scope, storage: Storage, runner: Runner, meters: Meters | None = None
    ) -> None:
        super().__init__(scope, storage, runner.clock)
        self.runner = runner
        self.meters = meters or Meters()

    async def begin(
        self,
        tx: Transaction,
        prompt_branch: Branch,
        prompt: Message,
        names: Sequence[str],
        options: dict[str, Any],
        request_id: str,
        setup: Setup,
    ) -> list[Run]:
        """Insert runs for a prompt: the first on the branch that ends with it, the others on new branches."""
        owner = await tx.get(Branch, prompt.branch) or prompt_branch
        group = new_id() if len(names) > 1 else None
        runs: list[Run] = []
        for i, name in enumerate(names):
            branch = prompt_branch
            if i > 0 or prompt_branch.head_id != prompt.id:
                fork_arguments = (prompt, new_id(), self.clock(), name if i > 0 else "")
                branch = await fork_at(tx, self.scope, owner, *fork_arguments, model=group and name)
            elif group:
                await set_branch_model(tx, self.scope, prompt_branch, name, self.clock())
            runs.append(
                await self.insert(
                    tx, branch, name, options, request_id, setup, group=group, before=i
                )
            )
        return runs

    async def insert(
        self,
        tx: Transaction,
        branch: Branch,
        name: str,
        options: dict[str, Any],
        request_id: str,
        setup: Setup,
        *,
        mode: RunMode = "answer",
        group: str | None = None,
        before: int = 0,
    ) -> Run:
        """Insert a run that answers the head of a branch.

        `before` is the number of runs of the request that start before it. Raises TooManyRequests above the quota.
        """
        self.meters.check_runs(self._running() + before)
        now = self.clock()
        run = Run(
            tenant_id=tx.tenant,
            id=new_id(),
            owner_id=self.scope.user,
            author_id=self.scope.user,
            conversation_id=branch.conversation_id,
            branch=branch.id,
            prompt_id=branch.head_id,
            message_id=new_id(),
            group_id=group,
            request_id=request_id,
            model=name,
            status="running" if self.runner.has_room(before) else "queued",
            mode=mode,
            options=self._options(name, setup, options),
            applied=setup.applied,
            worker=self.runner.worker,
            lease_until=now + LEASE,
            created_at=now,
            updated_at=now,
        )
        await tx.insert(run)
        location = {"conversation_id": run.conversation_id, "branch": run.branch}
        await tx.publish(self.change("run.started", run.id, now, **location))
        return run

    def _options(self, name: str, setup: Setup, given: dict[str, Any]) -> dict[str, Any]:
        """Return the options for a model; those that were given, if it does not exist any more."""
        try:
            provider, _ = setup.providers.find(name)
        except UnknownModel:
            return given
        return setup.options_for(provider, given)

    async def providers(self, tx: Reader) -> Registry:
        """Return the providers of the scope's user."""
        return await self.runner.directory.read(tx, self.scope.user)

    def _running(self) -> int:
        """Return how many runs of the user are running or queued in this process."""
        owner = (self.scope.tenant, self.scope.user)
        runs = (live.run for live in self.runner.live.values() if not live.ended)
        return sum((run.tenant_id, run.owner_id) == owner for run in runs)

    async def ask(
        self,
        request_id: str,
        work: Callable[[Transaction], Awaitable[Stored]],
        then: Callable[[list[Run]], None] = lambda _: None,
    ) -> list[Run]:
        """Store and start runs, also if the caller is cancelled meanwhile; return them."""
        return await self.runner.finish(self.store_and_start(request_id, work, then))

    async def store_and_start(
        self,
        request_id: str,
        work: Callable[[Transaction], Awaitable[Stored]],
        then: Callable[[list[Run]], None] = lambda _: None,
    ) -> list[Run]:
        """Store runs with `work` and start them; of existing ones, start those that are not being executed.

        `then` is called with the runs. Raises OutcomeUnknown if the commit may or may not have happened; the runs are
        then checked for in the background and started if they exist.
        """
        try:
            stored = await self.run_write(work)
        except Exception as error:
            if not isinstance(error, HansardError) or isinstance(error, OutcomeUnknown):
                self.runner.spawn(self._start_if_stored(request_id, then))
            raise
        if stored.new:
            for run in stored.runs:
                self.runner.start(run)
        else:
            await self._start_orphans(stored.runs)
        if stored.runs:
            then(stored.runs)
        return stored.runs

    async def _start_orphans(self, runs: list[Run]) -> None:
        """Start stored runs of this process that are not being executed."""
        orphan_ids = [
            run.id for run in runs if run.status not in ENDED and run.id not in self.runner.live
        ]
        if orphan_ids:
            await adopt(self.runner, self.scope.tenant, orphan_ids)

    async def _start_if_stored(self, request_id: str, then: Callable[[list[Run]], None]) -> None:
        """Start the runs of a request whose commit had an unknown outcome, if they were stored."""
        query = Query(Run).where(request_id=request_id, owner_id=self.scope.user).by("id")
        for pause in RECHECK_DELAYS:
            await asyncio.sleep(pause)
            with suppress(HansardError):
                runs = await self._storage.read(self.scope.tenant, lambda tx: tx.select(query))
                if runs:
                    await self._start_orphans(runs)
                    then(runs)
                    return


async def runs_asked_by(
    tx: Reader, conversation: Conversation, request_id: str, mode: RunMode
) -> list[Run]:
    """Return the runs that an earlier request with this id started; other users' requests are ignored.

    Raises AlreadyExists if that was a request of another kind or for another conversation.
    """
    query = Query(Run).where(request_id=request_id, owner_id=conversation.owner_id)
    runs = await tx.select(query.by("id"))
    if any((run.conversation_id, run.mode) != (conversation.id, mode) for run in runs):
        raise AlreadyExists("This id is taken by a different request.", pointer="/id")
    return runs


async def runs_of_prompt(tx: Reader, prompt: Message) -> list[Run]:
    """Return the runs of a prompt that were stored before runs had request ids."""
    query = Query(Run).where(
        conversation_id=prompt.conversation_id, prompt_id=prompt.id, request_id=None
    )
    return await tx.select(query.by("id"))


def request_id_of(request_id: str | None) -> str:
    """Return the request's id, or a new one. Raises InvalidInput if it is not valid."""
    return new_id() if request_id is None else check_id(request_id)
