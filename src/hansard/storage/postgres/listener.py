"""Bells across processes: PostgreSQL carries a notice from whoever committed to whoever listens.

A notice is sent after the commit, by itself, and not within the transaction: the server takes one lock for all
notices, holds it until the transaction is kept, and so would make all writers queue for the disk one by one. What a
process has to tell is gathered for a moment, so there are few notices however many commits there are. A process that
dies between commit and notice has told nobody; followers elsewhere then learn of it when they look by themselves.
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
GATHER = 0.02
"""Seconds between two notices of one process."""
MAX_KEYS = 400
"""In one notice, which holds 8,000 bytes."""
LAST_WORDS = 1.0
"""Seconds to tell what is left to tell, when a storage is closed."""
RETRY = 1.0
"""Seconds until a connection that was lost is opened again."""

Send = Callable[[str], Awaitable[None]]
Open = Callable[[], Awaitable[Any]]


class Notices(Notifier):
    """Bells that also ring for what other processes commit.

    `send` sends a notice, `connect` opens a connection of the driver for listening: only when somebody follows.
    """

    def __init__(self, send: Send, connect: Open) -> None:
        super().__init__()
        self._send = send
        self._connect = connect
        self._sender = new_id()
        self._seal = b""
        self._listens = True
        self._untold: set[str] = set()
        self._telling: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    def begin(self, seal: str, *, listen: bool) -> None:
        """Before the first use: what the database seals names with, and whether a connection can be listened on.

        Behind a pooler it cannot: it would be another's after the next transaction.
        """
        self._seal, self._listens = seal.encode(), listen

    @contextmanager
    def subscribe(self, tenant: str, user_id: str) -> Iterator[Subscription]:
        if self._listens and self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        with super().subscribe(tenant, user_id) as subscription:
            yield subscription

    def told(self, keys: Iterable[str]) -> None:
        """Ring here, and have it rung in the other processes."""
        keys = set(keys)
        if keys:
            self.notify(keys)
            self._untold |= keys
            if self._telling is None or self._telling.done():
                self._telling = asyncio.create_task(self._tell())

    async def close(self) -> None:
        """Tell what is left to tell, and stop listening."""
        if self._telling is not None:
            await asyncio.wait({self._telling}, timeout=LAST_WORDS)
        for task in (self._telling, self._listening):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._telling = self._listening = None

    async def _tell(self) -> None:
        while self._untold:
            await self._tell_once()
            await asyncio.sleep(GATHER)

    async def _tell_once(self) -> None:
        keys, self._untold = [self._sealed(key) for key in self._untold], set()
        for first in range(0, len(keys), MAX_KEYS):
            notice = " ".join((self._sender, *keys[first : first + MAX_KEYS]))
            try:
                await self._send(notice)
            except Exception as error:  # what it tells of is in the feed, where it is looked for
                _log.debug("A notice was not sent: %s", error)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._line() as lost:
                    self.notify_all()  # for what was told while nobody listened
                    await lost.wait()
            except Exception as error:
                _log.debug("Notices are not heard: %s", error)
            await asyncio.sleep(RETRY)

    @asynccontextmanager
    async def _line(self) -> AsyncIterator[asyncio.Event]:
        """A connection that hears notices; gives what is set when it is lost."""
        lost = asyncio.Event()

        def gone(_: Any) -> None:
            lost.set()

        connection = await self._connect()
        try:
            connection.add_termination_listener(gone)
            await connection.add_listener(CHANNEL, self._hear)
            yield lost
        finally:
            with suppress(Exception):
                connection.terminate()

    def _hear(self, _connection: Any, _process: int, _channel: str, notice: str) -> None:
        sender, *keys = notice.split()
        if sender != self._sender:
            meant = set(keys)
            self.notify([key for key in list(self._hung) if self._sealed(key) in meant])

    def _sealed(self, key: str) -> str:
        """A key as others see it, who may listen at this database but do not know its secret."""
        return blake2b(key.encode(), key=self._seal, digest_size=8).hexdigest()
