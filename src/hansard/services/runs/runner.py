"""The runs of this process: tasks that call providers, store the output and finish with a message.

A run is independent of the connection that started it. While it runs, its events are stored every `save_interval`
and its lease is renewed. When the process stops, it ends as interrupted. When the process dies, the next process that
opens the database, or one that sees the lease expire, ends it from its stored events. In each case a message with
the text so far is stored.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hansard.errors import HansardError, OutcomeUnknown
from hansard.ids import Clock, new_id
from hansard.model.answers import parts_of_events
from hansard.model.parts import Image
from hansard.model.runs import ENDED, Run, RunError, RunEvent, RunStatus
from hansard.providers.base import ImageOutput
from hansard.services.artifacts.extraction import find_in
from hansard.services.blobs import blob_with
from hansard.services.blobs import keep as keep_blob
from hansard.services.options import ChatOptions
from hansard.services.providers.directory import Directory
from hansard.services.runs import pending, sanitize
from hansard.services.runs.completion import RunCompletion
from hansard.services.runs.context import request_for
from hansard.services.runs.followups import FollowUps
from hansard.services.runs.generation import generate
from hansard.services.runs.stream import LiveRun
from hansard.storage.base import Storage, Transaction

_log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
QUEUED_POLL_INTERVAL = 2.0
"""Seconds between checks whether a queued run was cancelled."""

T = TypeVar("T")


class Runner:
    """Executes runs, at most `options.max_running` at once."""

    def __init__(
        self, storage: Storage, directory: Directory, clock: Clock, options: ChatOptions
    ) -> None:
        self.storage = storage
        self.directory = directory
        self.clock = clock
        self.options = options
        self.worker = new_id()
        self.live: dict[str, LiveRun] = {}
        """The runs that this process executes, by id, until their end is stored."""
        self.dialogues: set[str] = set()
        """The first runs of the dialogues in progress."""
        self.follow_ups = FollowUps(storage, directory, clock, options, self.spawn)
        self.closing = asyncio.Event()
        self._slots = asyncio.Semaphore(options.max_running)
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, run: Run) -> LiveRun:
        """Execute a stored run, unless that is in progress."""
        live = self.live.get(run.id)
        if live is None:
            live = self.live[run.id] = LiveRun(run, self.clock)
            live.task = self.spawn(self._run(live))
        return live

    def has_room(self, more: int = 0) -> bool:
        """Return whether a run would start at once after `more` others."""
        return len(self.live) + more < self.options.max_running

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run a coroutine in the background, until the database is closed."""
        task = self._track(work)
        task.add_done_callback(_log_failure)
        return task

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end even if the caller is cancelled; return its result.

        Raises OutcomeUnknown if the database is closed meanwhile.
        """
        task = self._track(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and self.closing.is_set():
                raise OutcomeUnknown() from None
            raise

    def _track(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def cancel(self, run_id: str) -> bool:
        """Cancel a run of this process, keeping the text so far; return False if it is not running here."""
        live = self.live.get(run_id)
        if live is None or live.task is None or live.ended:
            return False
        live.cancelled = True
        # A task that is cancelled before its first step never runs, so its run would never end.
        asyncio.get_running_loop().call_soon(live.task.cancel)
        return True

    async def settle(self) -> None:
        """Wait for the follow-ups of finished answers, such as titles."""
        await self.follow_ups.settle()

    async def close(self) -> None:
        """End the running runs as interrupted, and all other background tasks."""
        self.closing.set()
        while self._tasks:
            await asyncio.sleep(0)  # new tasks take their first step, so that they can end
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, live: LiveRun) -> None:
        """Wait for a slot, and keep it until the end of the run is stored."""
        saver = asyncio.create_task(self._save_periodically(live))
        try:
            async with self._slots:
                await self._answer(live, saver)
        except asyncio.CancelledError:  # while it was queued
            if not live.ended and not live.closed:
                await self._finish_uninterrupted(live, saver, _stop_status(live), None)

    async def _answer(self, live: LiveRun, saver: asyncio.Task[None]) -> None:
        live.started.set()
        live.add("started", data={"message_id": live.run.message_id, "model": live.run.model})
        status: RunStatus = "completed"
        error: RunError | None = None
        try:
            await self._generate(live)
            if live.finish == "interrupted":
                status = "interrupted"
        except asyncio.CancelledError:
            status = _stop_status(live)
        except Exception as failure:
            status, error = "failed", sanitize.error_of(failure)
        await self._finish_uninterrupted(live, saver, status, error)

    async def _finish_uninterrupted(
        self,
        live: LiveRun,
        saver: asyncio.Task[None],
        status: RunStatus,
        error: RunError | None,
    ) -> None:
        """Store the end of the run, ignoring further cancellations."""
        finishing = asyncio.create_task(self._finish(live, saver, status, error))
        while not finishing.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(finishing)
        finishing.result()

    async def _generate(self, live: LiveRun) -> None:
        options = self.options
        providers = await self.directory.of(live.run.tenant_id, live.run.owner_id)
        provider, _ = providers.find(live.run.model)
        request, live.omitted = await request_for(self.storage, providers, options, live.run)
        async with aclosing(generate(provider, request, options)) as events:
            async for event in events:
                if isinstance(event, ImageOutput):
                    has_room = live.show(await self._keep_image(live.run, event))
                else:
                    has_room = live.on_event(event)
                if not has_room:
                    break

    async def _keep_image(self, run: Run, image: ImageOutput) -> Image:
        """Store the bytes of an image before the image is added to the answer."""
        blob = blob_with(image.data, image.media_type, run.tenant_id, self.clock())
        await self.storage.write(
            run.tenant_id,
            lambda tx: keep_blob(tx, blob, image.data, run.owner_id, blob.created_at),
        )
        return Image(blob.id, image.media_type)

    async def _save_periodically(self, live: LiveRun) -> None:
        """Store new events, renew the lease, and check whether another process cancelled the run."""
        while True:
            await self._wait_for_next_save(live)
            new = live.events[live.saved :] if self.options.auto_save else []
            lease = self.clock() + LEASE
            try:
                run = await self.storage.write(
                    live.run.tenant_id, lambda tx, n=new, u=lease: _save(tx, live, n, u)
                )
            except HansardError:
                continue  # for example a full disk: retry at the next interval
            except Exception:
                _log.exception("Saving the events of run %s failed", live.run.id)
                continue
            live.saved += len(new)
            if run is None or run.cancel_requested or run.status in ENDED:
                self.cancel(live.run.id)

    async def _wait_for_next_save(self, live: LiveRun) -> None:
        if live.status == "queued":
            with suppress(TimeoutError):
                async with asyncio.timeout(QUEUED_POLL_INTERVAL):
                    await live.started.wait()
        await asyncio.sleep(self.options.save_interval)

    async def _finish(
        self,
        live: LiveRun,
        saver: asyncio.Task[None],
        status: RunStatus,
        error: RunError | None,
    ) -> None:
        saver.cancel()
        await asyncio.gather(saver, return_exceptions=True)
        live.end()
        last = None
        try:
            completion = await self._completion(live, status, error)
            last = await pending.store(self.storage, completion, self.closing)
            if last is not None:  # followers only see an end that is stored
                live.events.append(last)
        finally:  # followers never wait forever
            live.close()
            self.live.pop(live.run.id, None)
        if last is not None and not self.closing.is_set():
            self.follow_ups.add(live.run, live.omitted)

    async def _completion(
        self, live: LiveRun, status: RunStatus, error: RunError | None
    ) -> RunCompletion:
        parts = parts_of_events(live.events)
        return RunCompletion(
            run=live.run,
            status=status,
            parts=parts,
            finds=await find_in({live.run.message_id: parts}),
            finish=live.finish,
            reason=live.reason,
            tokens_in=live.tokens_in,
            tokens_out=live.tokens_out,
            error=error,
            events=live.events[live.saved :],
            number=live.next_number,
            at=self.clock(),
        )


def _stop_status(live: LiveRun) -> RunStatus:
    return "cancelled" if live.cancelled else "interrupted"


def _log_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("A background task failed", exc_info=error)


async def _save(
    tx: Transaction, live: LiveRun, events: list[RunEvent], lease: datetime
) -> Run | None:
    run = await tx.get(Run, live.run.id)
    if run is None or run.status in ENDED:
        return run
    if run.status != live.status:
        now = lease - LEASE
        await tx.update(Run, run.id, status=live.status, lease_until=lease, updated_at=now)
    elif events or run.lease_until < lease - LEASE / 2:
        await tx.update(Run, run.id, lease_until=lease)
    await tx.insert(*events, absent=True)
    return run
