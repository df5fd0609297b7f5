"""Storage on PostgreSQL 15 or newer, through a connection pool, for many processes at once.

Tenants are isolated twice: every statement names the tenant, and row-level security restricts a transaction to the
rows of its tenant. So the serving role must be one that row security applies to (see `roles`). Tenant and role are set
for one transaction, in the round trip that begins it: a pooler may give the connection to another client afterwards,
so no state is kept in a session.

An append is one statement (the function `hansard.append`); other units are transactions of several. Serialization
failures and deadlocks are retried from the start; a connection whose operation was interrupted is closed, never
reused; and if the reply to a commit is lost, OutcomeUnknown is raised.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar

from hansard.errors import DatabaseUnreachable, HansardError, Overloaded, StorageError
from hansard.ids import now
from hansard.model.health import Fault, Health
from hansard.model.messages import Message
from hansard.storage import message_tree, search_terms
from hansard.storage.base import Append, Read, Storage, Transaction, Write
from hansard.storage.postgres import address, roles
from hansard.storage.postgres.connector import Connector
from hansard.storage.postgres.errors import REPEAT, is_lost, translated
from hansard.storage.postgres.index import LONG, complete, lexemes
from hansard.storage.postgres.indexer import Indexer
from hansard.storage.postgres.listener import CHANNEL, Notices
from hansard.storage.postgres.migrations import migrate
from hansard.storage.postgres.pool import Pool
from hansard.storage.postgres.search import Behind
from hansard.storage.postgres.transaction import SQL, PostgresTransaction
from hansard.storage.schema import Schema
from hansard.storage.sql.compiler import POSTGRES_DIALECT, Compiler
from hansard.storage.sql.migrations import Migrations
from hansard.storage.tables import SCHEMA

T = TypeVar("T")

POOL_SIZE = 10
TIMEOUT = 30.0
"""Seconds for one statement, after which its connection is closed."""
ATTEMPTS = 8
_TOLD = (HansardError, search_terms.Unprepared, Behind, *REPEAT)
"""Errors after which a connection can be used, unless it is lost."""

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE = "BEGIN"
_INDEX = "BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL application_name = 'hansard indexes'"
"""What is indexed can be indexed again, so the next commit that is flushed flushes it; the name tells the readers of
the feed that nothing is added there."""


class PostgresStorage(Storage):
    """A database on a PostgreSQL server.

    `prepared=False` is for poolers that give a connection to another client between transactions; None detects them.
    `hansard db migrate` migrates the schema; with `migrate`, opening does. With `readonly`, a standby suffices.
    """

    exclusive = False

    def __init__(
        self,
        url: str,
        *,
        schema: Schema = SCHEMA,
        migrations: Migrations | None = None,
        migrate: bool = False,
        readonly: bool = False,
        pool_size: int | None = None,
        prepared: bool | None = None,
    ) -> None:
        self.url = url
        self.address = address.parse(url)
        self.schema = schema
        self.migrations = migrations or Migrations.builtin("postgres")
        self._migrate = migrate
        self.readonly = readonly
        self._pool_size = pool_size or self.address.pool_size or POOL_SIZE
        self._prepared = self.address.prepared if prepared is None else prepared
        self._pooled = False
        self._role = roles.ITSELF
        self._compiler = Compiler(schema, POSTGRES_DIALECT)
        self._pool: Pool | None = None
        self._connector = Connector()
        self._committed_at: datetime | None = None
        self._holder: tuple[str, float] | None = None
        self.notifier = self._notices = Notices(self._notify, self.connect)
        self._indexer = Indexer(self._complete, self._all_pending)

    async def open(self) -> None:
        try:
            await self._prepare_database()
            self._pool = Pool(self._connect_for_units, self._pool_size)
            async with self._session():
                pass
            if not self.readonly:
                self._indexer.begin()
        except BaseException:
            await self.close()
            raise

    async def connect(self) -> Any:
        """Open a driver connection outside the pool."""
        with translated():
            return await self._connector.connect(
                **self.address.arguments, timeout=self.address.timeout, statement_cache_size=0
            )

    async def _connect_for_units(self) -> Any:
        """Open a driver connection for the pool."""
        connection = await self._connector.connect(
            **self.address.arguments,
            timeout=self.address.timeout,
            statement_cache_size=200 if self._prepared else 0,
            command_timeout=TIMEOUT,
        )
        if self._pooled:
            await _look_up_types(connection)
        return connection

    async def _prepare_database(self) -> None:
        connection = await self.connect()
        try:
            with translated():
                await migrate(
                    self.migrations, connection, apply=self._migrate, readonly=self.readonly
                )
                async with connection.transaction():
                    self._role = await roles.serving_role(connection)
                    seal = await connection.fetchval(SQL["notice_key"])
                    process = await connection.fetchval("SELECT pg_backend_pid()")
                    elsewhere = process != connection.get_server_pid()
        finally:
            with suppress(Exception):
                await connection.close(timeout=self.address.timeout)
        self._pooled = self._prepared is False or elsewhere
        if self._prepared is None:
            self._prepared = not self._pooled
        self._notices.begin(seal, listen=not self._pooled)

    async def close(self) -> None:
        if self._pool is not None:
            await self._indexer.close()
            await self._notices.close()
            pool, self._pool = self._pool, None
            await pool.close(TIMEOUT)
        await self._connector.close()

    async def read(self, tenant: str, work: Read[T]) -> T:
        return await self._run(_READ, tenant, work)

    async def write(self, tenant: str, work: Write[T]) -> T:
        await self._indexer.make_room()
        return await search_terms.run(lambda: self._run(_WRITE, tenant, work), lexemes)

    async def append(self, tenant: str, append: Append) -> list[Message]:
        async def append_at_once() -> list[Message] | None:
            async with self._session() as connection:
                transaction = self._transaction(tenant, connection, alone=True)
                messages = await transaction.append_at_once(append)
            self._committed(transaction)
            return messages

        await self._indexer.make_room()
        messages = await self._repeat(append_at_once)
        if messages is not None:
            return messages
        long = [text for m in append.messages if len(text := m.text) > LONG]

        async def append_in_a_unit(tx: Transaction) -> list[Message]:
            return await message_tree.append(tx, append)

        return await search_terms.run(
            lambda: self._run(_WRITE, tenant, append_in_a_unit), lexemes, long
        )

    async def health(self) -> Health:
        if self._pool is None:
            return Health(faults=("closed",), reason="The database is closed.")
        try:
            async with self._connection(_READ) as connection:
                with translated():
                    owner, standby, delay, holder = await connection.fetchrow(SQL["health"])
        except HansardError as error:
            return Health(faults=("unreachable",), reason=error.message)
        faults: tuple[Fault, ...] = ("read-only",) if standby else ()
        reason = "The server is a standby, or set to read only." if standby else None
        return Health(
            faults=faults,
            reason=reason,
            owner=owner,
            committed_at=self._committed_at,
            feed_delay=self._held_for(holder, delay),
            feed_holder=holder,
        )

    def _held_for(self, holder: str | None, delay: float | None) -> float | None:
        """Return the age of the oldest transaction in seconds; since it was first seen if the server does not tell."""
        if holder is None:
            self._holder = None
            return None
        if self._holder is None or self._holder[0] != holder:
            self._holder = (holder, time.monotonic())
        return time.monotonic() - self._holder[1] if delay is None else delay

    async def tenants(self) -> list[str]:
        async def once() -> list[str]:
            async with self._connection(_READ) as connection:
                with translated():
                    return [row[0] for row in await connection.fetch(SQL["tenants"])]

        return await self._repeat(once)

    async def _all_pending(self) -> list[tuple[str, str]]:
        """Return the tenants and names of tables with rows that are not indexed yet."""
        async with self._connection() as connection:
            with translated():
                rows = await connection.fetch(SQL["all_pending"])
        return [(tenant, name) for tenant, name in rows]

    async def _complete(self, tenant: str, name: str) -> int:
        """Index some pending rows of a table, and return how many."""
        async with self._connection(_INDEX, tenant) as connection:
            unit = self._transaction(tenant, connection)
            return await complete(unit, self.schema.named(name))

    async def _notify(self, notice: str) -> None:
        async with self._session() as connection:
            with translated():
                await connection.execute(SQL["notify"], CHANNEL, notice)

    async def _repeat(self, once: Any) -> Any:
        """Run `once`, and retry after serialization failures and deadlocks. Raises Overloaded if all attempts fail."""
        for attempt in range(ATTEMPTS):
            try:
                return await once()
            except REPEAT as error:
                if attempt == ATTEMPTS - 1:
                    raise Overloaded(
                        "Too many concurrent changes to the same record; try again later."
                    ) from error
                await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311
        raise AssertionError

    def _transaction(self, tenant: str, connection: Any, **options: bool) -> PostgresTransaction:
        return PostgresTransaction(
            self.schema, self._compiler, tenant, connection, role=self._role, **options
        )

    async def _run(self, begin: str, tenant: str, work: Any) -> Any:
        """Run a unit; if a search in it finds too many rows pending, they are indexed first."""
        try:
            return await self._repeat(lambda: self._unit(begin, tenant, work, self.readonly))
        except Behind as behind:
            await self._indexer.catch_up(tenant, behind.table)
        return await self._repeat(lambda: self._unit(begin, tenant, work, reads_all=True))

    async def _unit(self, begin: str, tenant: str, work: Any, reads_all: bool) -> Any:
        async with self._connection(begin, tenant) as connection:
            unit = self._transaction(tenant, connection, reads_all=reads_all)
            result = await work(unit)
        if begin == _WRITE:
            self._committed(unit)
        return result

    def _committed(self, unit: PostgresTransaction) -> None:
        self._committed_at = now()
        self._notices.publish(unit.notified)
        if unit.pending:
            self._indexer.add(unit.tenant, unit.pending)

    @asynccontextmanager
    async def _connection(self, begin: str = _WRITE, tenant: str = "") -> AsyncIterator[Any]:
        """A context with a connection in a transaction, which is committed at its end."""
        first = (
            f"{begin}; SELECT set_config('role', '{self._role}', true), "
            f"set_config('hansard.tenant', {_literal(tenant)}, true)"
        )
        async with self._session(first) as connection:
            try:
                yield connection
            except _TOLD as error:
                if not is_lost(error):
                    with suppress(Exception):  # if this fails, the connection is closed
                        await connection.execute("ROLLBACK")
                raise
            await _commit(connection, begin)

    @asynccontextmanager
    async def _session(self, first: str = "") -> AsyncIterator[Any]:
        """A context with a connection of the pool, which is closed if its last operation was interrupted.

        `first` is a statement that changes nothing by itself, so it is sent on another connection if one was lost.
        """
        pool = self._pool
        if pool is None:
            raise StorageError(
                "The database is not open: use `async with hansard.connect(…) as db`."
            )
        connection = await _started(pool, first)
        sound = False
        try:
            yield connection
            sound = True
        except _TOLD as error:
            sound = not is_lost(error)
            raise
        finally:
            if not connection.is_closed() and (not sound or connection.is_in_transaction()):
                connection.terminate()
            pool.release(connection)


async def _started(pool: Pool, first: str) -> Any:
    """Return a connection on which a statement was executed; connections that were lost meanwhile are passed over."""
    for lost in range(pool.size + 1):
        with translated():
            connection = await pool.acquire(TIMEOUT)
        started = False
        try:
            with translated():
                if first:
                    await connection.execute(first)
            started = True
        except DatabaseUnreachable as error:
            if lost == pool.size or isinstance(error.__cause__, TimeoutError):
                raise
        finally:
            if not started:
                connection.terminate()
                pool.release(connection)
        if started:
            return connection
    raise AssertionError


async def _commit(connection: Any, begin: str) -> None:
    """Commit. Raises OutcomeUnknown if the reply of a commit that wrote is lost."""
    try:
        with translated(unknown=True):
            status = await connection.execute("COMMIT")
    except HansardError as error:
        if begin == _READ and is_lost(error):
            connection.terminate()
            return
        raise
    if status != "COMMIT":
        raise StorageError("The unit ignored an error, so the database rolled it back.")


def _literal(text: str) -> str:
    """Quote a text as an SQL literal that is independent of `standard_conforming_strings`."""
    doubled = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{doubled}'"


async def _look_up_types(connection: Any) -> None:
    """Make the driver look up array types in a transaction, because it changes a session setting meanwhile."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.fetch(SQL["types"], *[[]] * 7)
    finally:
        await transaction.rollback()
