"""Recovery of runs that are not being executed: of processes that are gone, and of this process.

A run belongs to the process that executes it, not to the call that stored it. After an unknown commit outcome or a
cancelled call, a stored run may not be executed: it is started if it has no events yet, else it is ended with the
events that are stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hansard.model.runs import Run, RunEvent
from hansard.services.runs.completion import RunCompletion, interrupted_completion
from hansard.services.runs.runner import Runner
from hansard.storage.base import Storage, Transaction
from hansard.storage.query import Query

_UNENDED = Query(Run).where(status__in=["queued", "running"])


async def adopt(runner: Runner, tenant: str, ids: Sequence[str] | None = None) -> None:
    """Start or end runs of this process that are not being executed; with `ids`, only these."""
    query = _UNENDED.where(worker=runner.worker)
    if ids is not None:
        query = query.where(id__in=list(ids))
    for run in await runner.storage.read(tenant, lambda tx: tx.select(query)):
        if run.id in runner.live:
            continue
        events = await _events(runner.storage, run)
        if run.id in runner.live:
            continue
        if not events:
            runner.start(run)
        else:
            completion = await interrupted_completion(run, events, runner.clock())
            await runner.storage.write(tenant, completion.write)


async def end_abandoned(storage: Storage, tenant: str, now: datetime, worker: str) -> int:
    """End runs of processes other than `worker` that are gone, as interrupted; return how many."""
    query = _UNENDED.where(worker__ne=worker)
    if not storage.exclusive:
        query = query.where(lease_until__lt=now)
    abandoned = await storage.read(tenant, lambda tx: tx.select(query))
    for run in abandoned:
        events = await _events(storage, run)
        completion = await interrupted_completion(run, events, now)

        async def end_run(
            tx: Transaction, completion: RunCompletion = completion, event_count: int = len(events)
        ) -> None:
            current = await tx.get(Run, completion.run.id, lock=True)
            if current is None or (not storage.exclusive and current.lease_until >= now):
                return
            if await tx.count(Query(RunEvent).where(run_id=current.id)) == event_count:
                await completion.write(tx)  # otherwise it has new events and is ended next time

        await storage.write(tenant, end_run)
    return len(abandoned)


async def _events(storage: Storage, run: Run) -> list[RunEvent]:
    query = Query(RunEvent).where(run_id=run.id).by("number")
    return await storage.read(run.tenant_id, lambda tx: tx.select(query))
