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
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from typing import Any, cast

from hansard.errors import HansardError, StorageError, Unavailable
from hansard.ids import Clock, new_id
from hansard.model.blobs import Blob
from hansard.model.parts import Image
from hansard.model.runs import Run, RunError, RunEvent, RunEventType, RunStatus
from hansard.providers.base import ImageOutput, Request
from hansard.providers.registry import Providers
from hansard.services import hearing
from hansard.services.blobs import keep as keep_blob
from hansard.services.endings import Ending, parts_of_events
from hansard.services.extracting import find_in
from hansard.services.generation import generate
from hansard.services.live import LiveRun
from hansard.services.options import ChatOptions
from hansard.storage.base import Storage, Transaction

_log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
SAVE_ATTEMPTS = 5

Prepare = Callable[[Run], Awaitable[Request]]
Ended = Callable[[Run], Coroutine[Any, Any, None]]


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
        self._tasks: set[asyncio.Task[Any]] = set()
        self._following: set[asyncio.Task[None]] = set()
        self._closing = False

    async def default_model(self) -> str:
        """The model that answers where nothing else says which."""
        return self.options.model or await self.providers.default()

    def start(self, run: Run, prepare: Prepare, ended: Ended | None = None) -> LiveRun:
        """Generate the answer to a run that was stored; `prepare` makes what the provider is asked."""
        live = LiveRun(run, self.clock)
        self.live[run.id] = live
        live.task = self.spawn(self._run(live, prepare, ended))
        return live

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something in the background, for as long as the database is open."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("Work in the background failed", exc_info=error)

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
        await asyncio.gather(*self._following, return_exceptions=True)

    async def close(self) -> None:
        """End what runs as interrupted, and what else goes on in the background."""
        self._closing = True
        while self._tasks:
            await asyncio.sleep(0)  # what was just started begins, so that it can end
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, live: LiveRun, prepare: Prepare, ended: Ended | None) -> None:
        live.add("started", data={"message_id": live.run.message_id, "model": live.run.model})
        saving = asyncio.create_task(self._keep_saving(live))
        status: RunStatus = "completed"
        error: RunError | None = None
        try:
            await self._generate(live, prepare)
            if live.finish == "interrupted":
                status = "interrupted"
        except asyncio.CancelledError:
            status = "cancelled" if live.cancelled else "interrupted"
        except Exception as failure:
            status, error = "failed", hearing.error_of(failure)
        # From here on the answer is kept, whoever else wants to stop.
        finishing = asyncio.create_task(self._finish(live, saving, status, error, ended))
        while not finishing.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(finishing)
        finishing.result()

    async def _generate(self, live: LiveRun, prepare: Prepare) -> None:
        provider, _ = self.providers.find(live.run.model)
        request = await prepare(live.run)
        async with aclosing(generate(provider, request, self.options)) as events:
            async for event in events:
                if isinstance(event, ImageOutput):
                    going = live.show(await self._keep_image(live.run, event))
                else:
                    going = live.hear(event)
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
            await asyncio.sleep(self.options.save_interval)
            new = live.events[live.saved :] if self.options.auto_save else []
            lease = self.clock() + LEASE
            try:
                run = await self.storage.write(
                    live.run.tenant_id, lambda tx, n=new, u=lease: _save(tx, live.run.id, n, u)
                )
            except HansardError:
                continue  # a full disk may have room again by the next time
            except Exception:
                _log.exception("What run %s said cannot be saved", live.run.id)
                continue
            live.saved += len(new)
            if run is None or run.cancel_requested:
                self.cancel(live.run.id)

    async def _finish(
        self,
        live: LiveRun,
        saving: asyncio.Task[None],
        status: RunStatus,
        error: RunError | None,
        ended: Ended | None,
    ) -> None:
        saving.cancel()
        await asyncio.gather(saving, return_exceptions=True)
        live.end()
        last = None
        try:
            last = await self._store(await self._ending(live, status, error))
        finally:  # nobody waits for ever, whatever went wrong
            if last is None:
                live.add(cast("RunEventType", status), data={"message_id": None})
            else:
                live.events.append(last)
                live.wake()
            self.live.pop(live.run.id, None)
        if ended is not None and last is not None and not self._closing:
            following = self.spawn(ended(live.run))
            self._following.add(following)
            following.add_done_callback(self._following.discard)

    async def _ending(self, live: LiveRun, status: RunStatus, error: RunError | None) -> Ending:
        parts = parts_of_events(live.events)
        return Ending(
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

    async def _store(self, ending: Ending) -> RunEvent | None:
        """Store an ending, with patience; what cannot be stored now is ended at the next start.

        One that nobody foresaw, which no patience helps to store, gives way to one that says no more than that.
        """
        for attempt in range(SAVE_ATTEMPTS):
            try:
                return await self.storage.write(ending.run.tenant_id, ending.write)
            except Exception as error:
                early = attempt < SAVE_ATTEMPTS - 2
                if isinstance(error, Unavailable) or (early and isinstance(error, StorageError)):
                    await asyncio.sleep(0.1 * 2**attempt)
                    continue
                _log.exception("The answer of run %s cannot be stored", ending.run.id)
                ending = ending.given_up()
        return None


async def _save(
    tx: Transaction, run_id: str, events: list[RunEvent], lease: datetime
) -> Run | None:
    run = await tx.get(Run, run_id)
    if run is not None and (events or run.lease_until < lease - LEASE / 2):
        await tx.insert(*events, absent=True)
        await tx.update(Run, run_id, lease_until=lease)
    return run
