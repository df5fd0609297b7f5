"""Runs that nobody goes on with: those of processes that are gone, and those that this process lost sight of.

A run belongs to a process by what the process works on, and not by which call stored it. When the answer to a commit
was lost, or a caller went away, a run is stored that nothing works on: it is started if nothing was heard of it
yet, else ended with what is stored of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hansard.model.runs import Run, RunEvent
from hansard.services.runs.completion import RunCompletion, ending_of
from hansard.services.runs.runner import Runner
from hansard.storage.base import Storage, Transaction
from hansard.storage.query import Query

_GOING = Query(Run).where(status__in=["queued", "running"])


async def adopt(runner: Runner, tenant: str, ids: Sequence[str] | None = None) -> None:
    """Start or end the runs of this process that nothing here works on; only those with these ids, if given."""
    query = _GOING.where(worker=runner.worker)
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
            ending = await ending_of(run, events, runner.clock())
            await runner.storage.write(tenant, ending.write)


async def end_abandoned(storage: Storage, tenant: str, now: datetime, worker: str) -> int:
    """End, as interrupted, the runs whose process is gone (it is not `worker`); returns how many."""
    query = _GOING.where(worker__ne=worker)
    if not storage.exclusive:
        query = query.where(lease_until__lt=now)
    abandoned = await storage.read(tenant, lambda tx: tx.select(query))
    for run in abandoned:
        events = await _events(storage, run)
        ending = await ending_of(run, events, now)

        async def work(
            tx: Transaction, ending: RunCompletion = ending, seen: int = len(events)
        ) -> None:
            current = await tx.get(Run, ending.run.id, lock=True)
            if current is None or (not storage.exclusive and current.lease_until >= now):
                return
            if await tx.count(Query(RunEvent).where(run_id=current.id)) == seen:
                await ending.write(tx)  # else it said more meanwhile, and is ended the next time

        await storage.write(tenant, work)
    return len(abandoned)


async def _events(storage: Storage, run: Run) -> list[RunEvent]:
    query = Query(RunEvent).where(run_id=run.id).by("number")
    return await storage.read(run.tenant_id, lambda tx: tx.select(query))
