"""The object that users hold: it opens the storage, and gives the services for a scope."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from msgspec.structs import replace

from hansard.errors import HansardError, PermissionDenied
from hansard.ids import Clock, check_name, now
from hansard.model.runs import RunEvent
from hansard.model.scope import ALL_RIGHTS, Right, Scope
from hansard.providers.base import Provider
from hansard.providers.registry import Providers
from hansard.services.artifacts.backfill import Scanning
from hansard.services.artifacts.collections import Collections
from hansard.services.artifacts.previews import Previews
from hansard.services.artifacts.retention import remove_old_revisions
from hansard.services.artifacts.service import Artifacts
from hansard.services.artifacts.shares import Shares
from hansard.services.blobs import Blobs
from hansard.services.conversations.branches import Branches
from hansard.services.conversations.messages import Messages
from hansard.services.conversations.purge import expire_temporary, finish_purges, release_uploads
from hansard.services.conversations.ratings import Ratings
from hansard.services.conversations.service import Conversations
from hansard.services.feed.broadcaster import Hubs
from hansard.services.feed.retention import trim_feeds
from hansard.services.feed.service import Feed
from hansard.services.options import ChatOptions, Retention
from hansard.services.projects import Projects
from hansard.services.quotas import Meters, Quotas
from hansard.services.runs.chat import Chat
from hansard.services.runs.recovery import adopt, end_abandoned
from hansard.services.runs.runner import Runner
from hansard.services.runs.service import Runs, oldest_run
from hansard.services.search import Search
from hansard.services.transfer.archives import Bundles
from hansard.services.transfer.exporter import Transfer
from hansard.services.users.service import People
from hansard.services.users.sessions import Sessions, forget_sessions
from hansard.services.users.settings import Settings
from hansard.services.users.statistics import Statistics
from hansard.services.users.usage import Usage
from hansard.storage.base import Health, Storage
from hansard.storage.digest_backfill import seal
from hansard.storage.query import Query
from hansard.storage.reindexing import reindex
from hansard.storage.urls import storage_for

if TYPE_CHECKING:
    from hansard.blocking import BlockingDatabase

_log = logging.getLogger(__name__)

LOCAL_TENANT = "local"
LOCAL_USER = "me"
KEEP_EVENTS = timedelta(hours=24)
"""How long a run's events are kept after they happened; the message stays."""
TIDY_ALONE, TIDY_TOGETHER = 3600.0, 15.0
"""Seconds between two tidyings: where one process has the database, and where several do."""
TIDY_AGAIN = 15.0
"""Seconds until it is tried again when the database could not be tidied."""
RETIRE_EVERY = 3600.0
"""Seconds."""
START_OVER = 60.0
"""Seconds after which a process that has just been started may do what can wait."""
LEAP = timedelta(days=30)
"""How far the clock may go ahead at once and be believed."""
KEEP_UPLOADS = timedelta(hours=24)
"""How long a blob is kept that no message shows."""
KEEP_FEED = timedelta(days=30)
"""How long a change is told to those who come back."""


class Services:
    """Everything that can be done for one scope."""

    def __init__(
        self, scope: Scope, storage: Storage, runner: Runner, hubs: Hubs, meters: Meters
    ) -> None:
        clock = runner.clock
        self.scope = scope
        self.meters = meters
        self.conversations = Conversations(scope, storage, clock)
        self.messages = Messages(scope, storage, clock)
        self.branches = Branches(scope, storage, clock)
        self.projects = Projects(scope, storage, clock)
        self.search = Search(scope, storage, clock)
        self.stats = Statistics(scope, storage, clock)
        self.usage = Usage(scope, storage, clock)
        self.ratings = Ratings(scope, storage, clock)
        self.settings = Settings(scope, storage, clock)
        self.artifacts = Artifacts(scope, storage, clock)
        self.bundles = Bundles(scope, storage, clock)
        self.collections = Collections(scope, storage, clock)
        self.scanning = Scanning(scope, storage, clock)
        self.shares = Shares(scope, storage, clock)
        self.previews = Previews(scope, storage, clock)
        self.blobs = Blobs(scope, storage, clock)
        self.people = People(scope, storage, clock)
        self.sessions = Sessions(scope, storage, clock)
        self.feed = Feed(scope, storage, clock, hubs)
        self.runs = Runs(scope, storage, runner)
        self.chat = Chat(scope, storage, runner, meters)
        self.transfer = Transfer(scope, storage, clock)

    def uploading(self) -> AbstractContextManager[None]:
        """Around the taking in of a file; raises TooManyRequests."""
        return self.meters.upload(self.scope.user)


class Database:
    """A conversation database, opened with `async with`, and used through `scope`.

    Opened with `with`, it is the blocking twin: the same services, whose calls wait.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        providers: Providers | None = None,
        options: ChatOptions | None = None,
        retention: Retention | None = None,
        clock: Clock = now,
        keep_feed: timedelta = KEEP_FEED,
        quotas: Quotas | None = None,
    ) -> None:
        self.storage = storage
        self.meters = Meters(quotas)
        self.hubs = Hubs(storage)
        self.providers = providers or Providers.from_environment()
        self.retention = retention or Retention()
        self.clock = clock
        self.keep_feed = keep_feed
        self._was_away = False
        """Whether the database could not be reached lately, so that leases ran out whose holders live."""
        self._believed = True
        """Whether the clock may be asked what is too old."""
        self._tidied: tuple[datetime, float] | None = None
        """What the clock said at the last tidying, and how long the machine ran then."""
        self.runner = Runner(storage, self.providers, clock, options or ChatOptions())

    def scope(
        self,
        tenant: str = LOCAL_TENANT,
        user: str = LOCAL_USER,
        rights: Iterable[Right] = ALL_RIGHTS,
    ) -> Services:
        """The services for a user of a tenant."""
        given = frozenset(rights)
        if not given <= ALL_RIGHTS:
            raise PermissionDenied(f"There are no rights but {', '.join(sorted(ALL_RIGHTS))}.")
        names = check_name(tenant, "/tenant"), check_name(user, "/user")
        scope = Scope(*names, given)
        return Services(scope, self.storage, self.runner, self.hubs, self.meters)

    async def open(self) -> None:
        await self.storage.open()
        if getattr(self.storage, "readonly", False):
            return
        try:
            await self._try_to_tidy(starting=True)
        except BaseException:
            await self.storage.close()
            raise
        self.runner.spawn(self._keep_tidy())
        self.runner.spawn(self._reindex())

    async def close(self) -> None:
        """End what runs, keeping what was said, then let go of the storage."""
        self.hubs.close()
        try:
            await self.runner.close()
            await self.providers.close()
        finally:
            await self.storage.close()

    async def health(self) -> Health:
        """How the storage is, and when the oldest run was asked for that has not ended; raises nothing."""
        health = await self.storage.health()
        try:
            return replace(health, oldest_run_at=await oldest_run(self.storage))
        except HansardError as error:
            _log.warning("The runs cannot be read: %s", error.message)
            return health

    async def tidy(self, *, starting: bool = False) -> None:
        """Finish what others left unfinished: runs without a process, purges, events no longer needed.

        At the start, where no other process writes, no import can be under way.
        """
        imports = starting and self.storage.exclusive
        now = self.clock()
        self._believed = self._is_plausible(now)
        old = Query(RunEvent).where(created_at__lt=now - KEEP_EVENTS)
        for tenant in await self.storage.tenants():
            await adopt(self.runner, tenant)
            is_known = self._believed and not self._was_away
            if self.storage.exclusive or is_known:  # where several write, leases say who lives
                await end_abandoned(self.storage, tenant, now, self.runner.worker)
            await finish_purges(self.storage, tenant, imports=imports)
            if not self._believed:
                continue
            await self.storage.write(tenant, lambda tx: expire_temporary(tx, now))
            await finish_purges(self.storage, tenant, imports=False)
            await self.storage.write(tenant, lambda tx: tx.delete(old))
            await self.storage.write(tenant, lambda tx: release_uploads(tx, now - KEEP_UPLOADS))
            await self.storage.write(tenant, lambda tx: forget_sessions(tx, now))

    def _is_plausible(self, now: datetime) -> bool:
        """Whether the clock went on, since the last tidying, about as fast as time does.

        One that leaps ahead is not believed until it is found where it leapt to: by it, everything is old.
        """
        before, self._tidied = self._tidied, (now, asyncio.get_running_loop().time())
        if before is None:
            return True
        leap = now - before[0] - timedelta(seconds=self._tidied[1] - before[1])
        if leap > LEAP:
            _log.warning("The clock leapt ahead by %s; nothing is removed for its age.", leap)
        return leap <= LEAP

    async def retire(self) -> int:
        """Remove what feeds tell of long ago, and revisions that are not to be kept; returns how many of these."""
        count, now = 0, self.clock()
        for tenant in await self.storage.tenants():
            await trim_feeds(self.storage, tenant, now - self.keep_feed)
            count += await remove_old_revisions(self.storage, tenant, now, self.retention)
        return count

    async def _reindex(self) -> None:
        """Make anew what a migration left to be; what is not done goes on when this is opened again."""
        try:
            for tenant in await self.storage.tenants():
                await reindex(self.storage, tenant)
                await seal(self.storage, tenant)
        except HansardError as error:
            _log.warning("The search index or digests could not be made anew: %s", error.message)

    async def _keep_tidy(self) -> None:
        """Tidy again and again: often where other processes may die, else once in a while.

        What is too old is looked for when the start is over, and then every hour. What could not be tidied because the
        database was away, or full, is tidied soon: nobody shall wait for an hour for a run that nobody goes on with.
        """
        loop = asyncio.get_running_loop()
        pause = TIDY_ALONE if self.storage.exclusive else TIDY_TOGETHER
        start_over = min(pause, START_OVER)
        retire_at = loop.time() + start_over
        await asyncio.sleep(TIDY_AGAIN if self._was_away else start_over)
        while True:
            retire = loop.time() >= retire_at
            await self._try_to_tidy(retire=retire)
            if retire and not self._was_away:
                retire_at = loop.time() + RETIRE_EVERY
            await asyncio.sleep(TIDY_AGAIN if self._was_away else pause)

    async def _try_to_tidy(self, *, starting: bool = False, retire: bool = False) -> None:
        """Whatever stands in the way of it, the record can be read and written."""
        try:
            await self.tidy(starting=starting)
            self._was_away = False
            if retire and self._believed:
                await self.retire()
        except HansardError as error:
            self._was_away = True
            _log.warning("The database could not be tidied: %s", error.message)
        except Exception:
            _log.exception("The database could not be tidied")

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    def __enter__(self) -> BlockingDatabase:
        from hansard.blocking import BlockingDatabase  # noqa: PLC0415 - it needs this module

        self._twin = BlockingDatabase(self)
        return self._twin.__enter__()

    def __exit__(self, *exception: object) -> None:
        self._twin.__exit__(*exception)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def connect(
    address: str | Path = "memory:",
    *,
    providers: Iterable[Provider] | None = None,
    options: ChatOptions | None = None,
    retention: Retention | None = None,
    clock: Clock = now,
    keep_feed: timedelta = KEEP_FEED,
    **storage: Any,
) -> Database:
    """A database at `memory:`, `sqlite:///chats.db`, `postgresql://…`, or a path; open it with `async with`.

    Without `providers`: the demo model if it is installed, echo, and those that the environment has keys
    for. Further arguments are the storage's, such as `readonly` or `migrate`.
    """
    known = None if providers is None else Providers(providers)
    made = storage_for(address, **storage)
    return Database(
        made,
        providers=known,
        options=options,
        retention=retention,
        clock=clock,
        keep_feed=keep_feed,
    )
