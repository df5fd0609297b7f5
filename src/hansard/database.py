"""The database object: opens the storage and provides the services for a scope."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from msgspec.structs import replace

from hansard.api.operations import Services
from hansard.arguments import check_arguments
from hansard.blocking import Openable
from hansard.errors import (
    HansardError,
    InvalidConfig,
    PermissionDenied,
    StorageError,
    Unavailable,
)
from hansard.ids import Clock, check_tenant, check_user, now
from hansard.model.health import Health
from hansard.model.runs import RunEvent
from hansard.model.scope import ALL_RIGHTS, Right, Scope
from hansard.providers.base import Provider
from hansard.providers.registry import Registry
from hansard.root_keys import RootKeys, root_keys_for
from hansard.services.artifacts.retention import remove_old_revisions
from hansard.services.conversations.purge import expire_temporary, finish_purges, release_uploads
from hansard.services.feed.broadcaster import Broadcasters
from hansard.services.feed.retention import trim_feeds
from hansard.services.options import ChatOptions, Retention
from hansard.services.projects.purge import finish_project_purges
from hansard.services.providers.directory import Directory
from hansard.services.providers.vault import Vault
from hansard.services.quotas import Meters, Quotas
from hansard.services.runs.recovery import adopt, end_abandoned
from hansard.services.runs.runner import Runner
from hansard.services.runs.service import oldest_run
from hansard.services.users.sessions import forget_sessions
from hansard.storage.base import Storage
from hansard.storage.digest_backfill import seal
from hansard.storage.query import Query
from hansard.storage.reindexing import reindex
from hansard.storage.urls import storage_for

_log = logging.getLogger(__name__)

LOCAL_TENANT = "local"
LOCAL_USER = "me"
KEEP_EVENTS = timedelta(hours=24)
"""How long a run's events are kept; its message stays."""
MAINTENANCE_INTERVAL, SHARED_MAINTENANCE_INTERVAL = 3600.0, 15.0
"""Seconds between maintenance runs: if one process uses the database, and if several do."""
MAINTENANCE_RETRY = 15.0
"""Seconds until the next attempt after maintenance failed."""
RETENTION_INTERVAL = 3600.0
"""Seconds between removals of old data."""
STARTUP_DELAY = 60.0
"""Seconds after the start before the first periodic maintenance."""
MAX_CLOCK_JUMP = timedelta(days=30)
"""How far the clock may jump ahead before its time is not trusted for expiry."""
KEEP_UPLOADS = timedelta(hours=24)
"""How long an upload is kept that no message uses."""
KEEP_FEED = timedelta(days=30)
"""How long feed entries are kept."""


class Database(Openable):
    """A conversation database; open it with `async with` and use it through `scope`.

    Opened with `with`, it is the blocking API: the same services, whose calls wait.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        providers: Registry | None = None,
        options: ChatOptions | None = None,
        retention: Retention | None = None,
        clock: Clock = now,
        keep_feed: timedelta = KEEP_FEED,
        quotas: Quotas | None = None,
        root_keys: RootKeys | None = None,
        allow_private_providers: bool = True,
    ) -> None:
        self.storage = storage
        self.meters = Meters(quotas)
        self.broadcasters = Broadcasters(storage)
        self.providers = providers or Registry.from_environment()
        self.retention = retention or Retention()
        self.clock = clock
        self.keep_feed = keep_feed
        self._was_unreachable = False
        """Whether the database was unreachable lately, so that leases of live processes may have expired."""
        self._trusts_clock = True
        """Whether records are removed by their age."""
        self._last_maintenance: tuple[datetime, float] | None = None
        """Wall-clock and monotonic time of the last maintenance."""
        self.vault = Vault(storage, root_keys)
        self.directory = Directory(
            storage, self.providers, self.vault, allow_private=allow_private_providers
        )
        self.runner = Runner(storage, self.directory, clock, options or ChatOptions())

    @check_arguments
    def scope(
        self,
        tenant: str = LOCAL_TENANT,
        user: str = LOCAL_USER,
        rights: Iterable[Right] = ALL_RIGHTS,
    ) -> Services:
        """Return the services for a user of a tenant.

        Raises PermissionDenied for unknown rights, InvalidInput for invalid names.
        """
        granted = frozenset(rights)
        if not granted <= ALL_RIGHTS:
            raise PermissionDenied(
                f"Unknown right; the rights are {', '.join(sorted(ALL_RIGHTS))}."
            )
        names = check_tenant(tenant, "/tenant"), check_user(user, "/user")
        scope = Scope(*names, granted)
        return Services(scope, self.storage, self.runner, self.broadcasters, self.meters)

    async def open(self) -> None:
        """Open the storage, finish interrupted work and start periodic maintenance. Raises StorageError on failure."""
        await self.storage.open()
        self.broadcasters.open()
        if self.storage.readonly:
            return
        try:
            await self._check_root_keys()
            await self._maintain(starting=True)
        except BaseException:
            await self.storage.close()
            raise
        self.runner.spawn(self._maintain_periodically())
        self.runner.spawn(self._reindex())

    async def _check_root_keys(self) -> None:
        """Raises InvalidConfig if a root key is missing; a database that is away for a moment is no reason to stop."""
        try:
            await self.vault.check()
        except (StorageError, Unavailable) as error:
            _log.warning("The root keys could not be checked: %s", error.message)

    async def close(self) -> None:
        """End running answers, keeping their text so far, then close the storage."""
        self.broadcasters.close()
        try:
            await self.runner.close()
            await self.directory.close()
            await self.providers.close()
        finally:
            await self.storage.close()

    async def settle(self) -> None:
        """Wait until the work in the background is done: answers, titles and summaries."""
        await self.runner.settle()

    def announce(self, **details: Any) -> None:
        """Tell other processes on this machine something about this one, such as the `url` at which it serves."""
        self.storage.announce(**details)

    async def health(self, *, runs: bool = True) -> Health:
        """Return the storage's health, with `runs` also when the oldest unfinished run was created; never raises."""
        health = await self.storage.health()
        if not runs:
            return health
        try:
            return replace(health, oldest_run_at=await oldest_run(self.storage))
        except HansardError as error:
            _log.warning("Reading the runs failed: %s", error.message)
            return health

    async def tidy(self, *, starting: bool = False) -> None:
        """Finish interrupted work: runs without a process, purges, and expired records.

        With `starting`, unfinished imports of an exclusive database are removed too, since none can be in progress.
        """
        imports = starting and self.storage.exclusive
        now = self.clock()
        self._trusts_clock = self._is_plausible(now)
        old = Query(RunEvent).where(created_at__lt=now - KEEP_EVENTS)
        for tenant in await self.storage.tenants():
            await adopt(self.runner, tenant)
            leases_are_valid = self._trusts_clock and not self._was_unreachable
            if (
                self.storage.exclusive or leases_are_valid
            ):  # with several writers, leases tell which live
                await end_abandoned(self.storage, tenant, now, self.runner.worker)
            await finish_purges(self.storage, tenant, imports=imports)
            await finish_project_purges(self.storage, tenant, now)
            if not self._trusts_clock:
                continue
            await self.storage.write(tenant, lambda tx: expire_temporary(tx, now))
            await finish_purges(self.storage, tenant, imports=False)
            await self.storage.write(tenant, lambda tx: tx.delete(old))
            await self.storage.write(tenant, lambda tx: release_uploads(tx, now - KEEP_UPLOADS))
            await self.storage.write(tenant, lambda tx: forget_sessions(tx, now))

    def _is_plausible(self, now: datetime) -> bool:
        """Return whether the clock has advanced about as fast as monotonic time since the last maintenance.

        After a jump ahead it is not trusted until the next check, because everything would seem old.
        """
        previous, self._last_maintenance = (
            self._last_maintenance,
            (now, asyncio.get_running_loop().time()),
        )
        if previous is None:
            return True
        jump = now - previous[0] - timedelta(seconds=self._last_maintenance[1] - previous[1])
        if jump > MAX_CLOCK_JUMP:
            _log.warning("The clock jumped ahead by %s; nothing is removed by age.", jump)
        return jump <= MAX_CLOCK_JUMP

    async def retire(self) -> int:
        """Remove old feed entries and old revisions; return how many revisions."""
        count, now = 0, self.clock()
        for tenant in await self.storage.tenants():
            await trim_feeds(self.storage, tenant, now - self.keep_feed)
            count += await remove_old_revisions(self.storage, tenant, now, self.retention)
        return count

    async def _reindex(self) -> None:
        """Build search indexes and digests that a migration left to do; the next opening continues the rest."""
        try:
            for tenant in await self.storage.tenants():
                await reindex(self.storage, tenant)
                await seal(self.storage, tenant)
        except HansardError as error:
            _log.warning("Rebuilding the search index or digests failed: %s", error.message)

    async def _maintain_periodically(self) -> None:
        """Run maintenance periodically: often if other processes may die, else hourly.

        Old data is removed after STARTUP_DELAY and then hourly. If maintenance fails because the database is
        unreachable or full, it is repeated after MAINTENANCE_RETRY, so that abandoned runs do not wait for an hour.
        """
        loop = asyncio.get_running_loop()
        pause = MAINTENANCE_INTERVAL if self.storage.exclusive else SHARED_MAINTENANCE_INTERVAL
        start_over = min(pause, STARTUP_DELAY)
        retire_at = loop.time() + start_over
        await asyncio.sleep(MAINTENANCE_RETRY if self._was_unreachable else start_over)
        while True:
            retire = loop.time() >= retire_at
            await self._maintain(retire=retire)
            if retire and not self._was_unreachable:
                retire_at = loop.time() + RETENTION_INTERVAL
            await asyncio.sleep(MAINTENANCE_RETRY if self._was_unreachable else pause)

    async def _maintain(self, *, starting: bool = False, retire: bool = False) -> None:
        """Run maintenance; errors are logged and never raised."""
        try:
            await self.tidy(starting=starting)
            self._was_unreachable = False
            if retire and self._trusts_clock:
                await self.retire()
        except HansardError as error:
            self._was_unreachable = True
            _log.warning("Maintenance failed: %s", error.message)
        except Exception:
            _log.exception("Maintenance failed")


@check_arguments
def connect(
    address: str | Path = "memory:",
    *,
    providers: Iterable[Provider] | None = None,
    options: ChatOptions | None = None,
    retention: Retention | None = None,
    clock: Clock = now,
    keep_feed: timedelta = KEEP_FEED,
    token: str | None = None,
    root_key_file: str | Path | None = None,
    **storage: Any,
) -> Database:
    """Return a database at `memory:`, `sqlite:///chats.db`, `postgresql://…` or a path; open it with `async with`.

    Without `providers`: the demo model if installed, echo, and those that the environment has keys for. `keep_feed`
    is how long feed entries are kept. API keys are encrypted with the root key in `root_key_file`; without it, in the
    variable `HANSARD_ROOT_KEY`, in the file that `HANSARD_ROOT_KEY_FILE` names, or beside an SQLite database. Further
    arguments are passed to the storage, such as `readonly` or `migrate`.

    At `http://…` or `https://…`, the database of the server there, with its `token` and the same services: see
    `hansard.client.RemoteDatabase`. The other arguments belong to the server then. Raises InvalidConfig without a token
    or with other arguments.
    """
    if str(address).lower().startswith(("http://", "https://")):
        from hansard.client.remote import connect_to  # noqa: PLC0415 - needs an optional package

        others = (providers, options, retention, clock, keep_feed, root_key_file, *storage)
        own = others != (None, None, None, now, KEEP_FEED, None)
        return cast("Database", connect_to(str(address), token, others=own))
    if token is not None:
        raise InvalidConfig(
            "Only a server has a token; its address starts with http:// or https://."
        )
    registry = None if providers is None else Registry(providers)
    backend = storage_for(address, **storage)
    return Database(
        backend,
        providers=registry,
        options=options,
        retention=retention,
        clock=clock,
        keep_feed=keep_feed,
        root_keys=root_keys_for(str(address), root_key_file),
    )
