"""Notifications across processes with PostgreSQL's NOTIFY and LISTEN.

A NOTIFY is sent after the commit, separately: within the transaction it would take a lock that the server holds until
the commit is flushed, so that all writers would flush one by one. The notifications of a process are batched for a
moment, so there are few however many commits there are. If a process dies between commit and NOTIFY, subscribers in
other processes learn of the change when they poll.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from hashlib import blake2b
from typing import Any

from hansard.ids import new_id
from hansard.storage.notifier import Notifier, Subscription

_log = logging.getLogger(__name__)

CHANNEL = "hansard_feed"
BATCH_WINDOW = 0.02
"""Seconds between two NOTIFY statements of one process."""
MAX_KEYS = 400
"""User channels in one NOTIFY, whose payload is limited to 8,000 bytes."""
FLUSH_TIMEOUT = 1.0
"""Seconds to send the remaining notifications when a storage is closed."""
RETRY = 1.0
"""Seconds until a lost connection is opened again."""

Send = Callable[[str], Awaitable[None]]
Open = Callable[[], Awaitable[Any]]


class Notices(Notifier):
    """A notifier that also notifies, and is notified by, other processes.

    `send` sends a NOTIFY; `connect` opens a driver connection for LISTEN, which happens at the first subscription.
    """

    def __init__(self, send: Send, connect: Open) -> None:
        super().__init__()
        self._send = send
        self._connect = connect
        self._sender = new_id()
        self._seal = b""
        self._listens = True
        self._pending: set[str] = set()
        self._sending: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    def begin(self, seal: str, *, listen: bool) -> None:
        """Set up before the first use: `seal` is the database's secret for hashing user channels.

        `listen` is false behind a pooler, which may give a connection to another client after each transaction.
        """
        self._seal, self._listens = seal.encode(), listen

    @contextmanager
    def subscribe(self, tenant: str, user_id: str) -> Iterator[Subscription]:
        if self._listens and self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        with super().subscribe(tenant, user_id) as subscription:
            yield subscription

    def publish(self, keys: Iterable[str]) -> None:
        """Notify subscribers in this process and in others."""
        keys = set(keys)
        if keys:
            self.notify(keys)
            self._pending |= keys
            if self._sending is None or self._sending.done():
                self._sending = asyncio.create_task(self._send_pending())

    async def close(self) -> None:
        """Send the remaining notifications, and stop listening."""
        if self._sending is not None:
            await asyncio.wait({self._sending}, timeout=FLUSH_TIMEOUT)
        for task in (self._sending, self._listening):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._sending = self._listening = None

    async def _send_pending(self) -> None:
        while self._pending:
            await self._send_batch()
            await asyncio.sleep(BATCH_WINDOW)

    async def _send_batch(self) -> None:
        keys, self._pending = [self._sealed(key) for key in self._pending], set()
        for first in range(0, len(keys), MAX_KEYS):
            notice = " ".join((self._sender, *keys[first : first + MAX_KEYS]))
            try:
                await self._send(notice)
            except Exception as error:  # subscribers find the change in the feed when they poll
                _log.debug("A notification was not sent: %s", error)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._listener() as lost:
                    self.notify_all()  # notifications may have been missed
                    await lost.wait()
            except Exception as error:
                _log.debug("Listening for notifications failed: %s", error)
            await asyncio.sleep(RETRY)

    @asynccontextmanager
    async def _listener(self) -> AsyncIterator[asyncio.Event]:
        """A context with a listening connection; yields an event that is set when the connection is lost."""
        lost = asyncio.Event()

        def on_terminated(_: Any) -> None:
            lost.set()

        connection = await self._connect()
        try:
            connection.add_termination_listener(on_terminated)
            await connection.add_listener(CHANNEL, self._on_notification)
            yield lost
        finally:
            with suppress(Exception):
                connection.terminate()

    def _on_notification(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        sender, *keys = payload.split()
        if sender != self._sender:
            sealed = set(keys)
            self.notify([key for key in list(self._subscriptions) if self._sealed(key) in sealed])

    def _sealed(self, key: str) -> str:
        """Return a keyed hash of a user channel, which others who listen on this database cannot interpret."""
        return blake2b(key.encode(), key=self._seal, digest_size=8).hexdigest()
