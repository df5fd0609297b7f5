"""The runs of this process: tasks that ask providers, keep what they say, and finish with a message.

A run belongs here and not to whoever asked for it: a connection that is lost changes nothing. While it runs its
events are stored every `save_interval`, and its lease is renewed; when the process is stopped it ends as
interrupted; and when the process dies, whoever opens the database next, or notices that the lease ran out,
ends it so, from the events that were stored. Either way there is a message with what was said.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Coroutine
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hansard.errors import HansardError, OutcomeUnknown
from hansard.ids import Clock, new_id
from hansard.model.answers import parts_of_events
from hansard.model.blobs import Blob
from hansard.model.parts import Image
from hansard.model.runs import ENDED, Run, RunError, RunEvent, RunStatus
from hansard.providers.base import ImageOutput
from hansard.providers.registry import Providers
from hansard.services.artifacts.extraction import find_in
from hansard.services.blobs import keep as keep_blob
from hansard.services.options import ChatOptions
from hansard.services.runs import pending, sanitize
from hansard.services.runs.completion import RunCompletion
from hansard.services.runs.context import request_for
from hansard.services.runs.followups import FollowUps
from hansard.services.runs.generation import generate
from hansard.services.runs.stream import LiveRun
from hansard.storage.base import Storage, Transaction

_log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
WAITING_INTERVAL = 2.0
"""Seconds between two looks at whether a run that waits for its turn is to stop."""

T = TypeVar("T")


class Runner:
    def __init__(
        self, storage: Storage, providers: Providers, clock: Clock, options: ChatOptions
    ) -> None:
        self.storage = storage
        self.providers = providers
        self.clock = clock
        self.options = options
        self.worker = new_id()
        self.live: dict[str, LiveRun] = {}
        """What this process works on, until it is stored how it ended."""
        self.talks: set[str] = set()
        """The first runs of dialogues that go on."""
        self.follow_ups = FollowUps(storage, providers, clock, options, self.spawn)
        self.closing = asyncio.Event()
        self._turns = asyncio.Semaphore(options.max_running)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def default_model(self) -> str:
        """The model that answers where nothing else says which."""
        return self.options.model or await self.providers.default()

    def start(self, run: Run) -> LiveRun:
        """Generate the answer to a run that was stored, unless that goes on already."""
        live = self.live.get(run.id)
        if live is None:
            live = self.live[run.id] = LiveRun(run, self.clock)
            live.task = self.spawn(self._run(live))
        return live

    def has_room(self, more: int = 0) -> bool:
        """Whether one run would be answered at once, after so many more."""
        return len(self.live) + more < self.options.max_running

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Do something in the background, for as long as the database is open."""
        task = self._keep(work)
        task.add_done_callback(_tell_of_failure)
        return task

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something to its end, though whoever asked for it may go away before that."""
        task = self._keep(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and self.closing.is_set():
                raise OutcomeUnknown() from None
            raise

    def _keep(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def cancel(self, run_id: str) -> bool:
        """Stop a run of this process, keeping what was said."""
        live = self.live.get(run_id)
        if live is None or live.task is None or live.ended:
            return False
        live.cancelled = True
        # A task that is cancelled before its first step never takes it, and its run would never end.
        asyncio.get_running_loop().call_soon(live.task.cancel)
        return True

    async def settle(self) -> None:
        """Wait for what follows the answers that were given, such as a title."""
        await self.follow_ups.settle()

    async def close(self) -> None:
        """End what runs as interrupted, and what else goes on in the background."""
        self.closing.set()
        while self._tasks:
            await asyncio.sleep(0)  # what was just started begins, so that it can end
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, live: LiveRun) -> None:
        """Wait for a turn, and keep it until it is stored how the run ended."""
        saving = asyncio.create_task(self._keep_saving(live))
        try:
            async with self._turns:
                await self._answer(live, saving)
        except asyncio.CancelledError:  # before its turn came
            if not live.ended and not live.closed:
                await self._to_the_end(live, saving, _stopped(live), None)

    async def _answer(self, live: LiveRun, saving: asyncio.Task[None]) -> None:
        live.begun.set()
        live.add("started", data={"message_id": live.run.message_id, "model": live.run.model})
        status: RunStatus = "completed"
        error: RunError | None = None
        try:
            await self._generate(live)
            if live.finish == "interrupted":
                status = "interrupted"
        except asyncio.CancelledError:
            status = _stopped(live)
        except Exception as failure:
            status, error = "failed", sanitize.error_of(failure)
        await self._to_the_end(live, saving, status, error)

    async def _to_the_end(
        self,
        live: LiveRun,
        saving: asyncio.Task[None],
        status: RunStatus,
        error: RunError | None,
    ) -> None:
        """From here on the answer is kept, whoever else wants to stop."""
        finishing = asyncio.create_task(self._finish(live, saving, status, error))
        while not finishing.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(finishing)
        finishing.result()

    async def _generate(self, live: LiveRun) -> None:
        options = self.options
        provider, _ = self.providers.find(live.run.model)
        request, live.left = await request_for(self.storage, self.providers, options, live.run)
        async with aclosing(generate(provider, request, options)) as events:
            async for event in events:
                if isinstance(event, ImageOutput):
                    going = live.show(await self._keep_image(live.run, event))
                else:
                    going = live.on_event(event)
                if not going:
                    break

    async def _keep_image(self, run: Run, image: ImageOutput) -> Image:
        """Keep the bytes before anybody is told of them."""
        digest = hashlib.sha256(image.data).hexdigest()
        blob = Blob(
            tenant_id=run.tenant_id,
            created_at=self.clock(),
            id=digest,
            size=len(image.data),
            media_type=image.media_type,
        )
        await self.storage.write(
            run.tenant_id,
            lambda tx: keep_blob(tx, blob, image.data, run.owner_id, blob.created_at),
        )
        return Image(digest, image.media_type)

    async def _keep_saving(self, live: LiveRun) -> None:
        """Store new events, renew the lease, and see whether another process asks to stop."""
        while True:
            await self._until_next_saving(live)
            new = live.events[live.saved :] if self.options.auto_save else []
            lease = self.clock() + LEASE
            try:
                run = await self.storage.write(
                    live.run.tenant_id, lambda tx, n=new, u=lease: _save(tx, live, n, u)
                )
            except HansardError:
                continue  # a full disk may have room again by the next time
            except Exception:
                _log.exception("What run %s said cannot be saved", live.run.id)
                continue
            live.saved += len(new)
            if run is None or run.cancel_requested or run.status in ENDED:
                self.cancel(live.run.id)

    async def _until_next_saving(self, live: LiveRun) -> None:
        if live.status == "queued":
            with suppress(TimeoutError):
                async with asyncio.timeout(WAITING_INTERVAL):
                    await live.begun.wait()
        await asyncio.sleep(self.options.save_interval)

    async def _finish(
        self,
        live: LiveRun,
        saving: asyncio.Task[None],
        status: RunStatus,
        error: RunError | None,
    ) -> None:
        saving.cancel()
        await asyncio.gather(saving, return_exceptions=True)
        live.end()
        last = None
        try:
            ending = await self._ending(live, status, error)
            last = await pending.store(self.storage, ending, self.closing)
            if last is not None:  # nothing is told that is not stored
                live.events.append(last)
        finally:  # nobody waits for ever, whatever went wrong
            live.close()
            self.live.pop(live.run.id, None)
        if last is not None and not self.closing.is_set():
            self.follow_ups.add(live.run, live.left)

    async def _ending(
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


def _stopped(live: LiveRun) -> RunStatus:
    return "cancelled" if live.cancelled else "interrupted"


def _tell_of_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("Work in the background failed", exc_info=error)


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
