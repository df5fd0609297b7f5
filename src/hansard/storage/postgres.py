"""The scalable store: PostgreSQL 15 or newer, through a pool of connections, by many processes at once.

Two walls stand around a tenant: every statement names the tenant, and row-level security shows a transaction
the rows of the tenant it announced, so the role we work as may not be one that security does not bind.

An append is one statement (the function `hansard.append`); other units are transactions of several. What
the server asks to repeat is repeated from the start; a connection whose operation was interrupted is
thrown away, never handed to somebody else; and when the answer to a commit is lost, that is what is said.
"""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from hansard.errors import (
    AlreadyExists,
    Conflict,
    DatabaseReadOnly,
    DatabaseUnreachable,
    HansardError,
    InvalidConfig,
    OutcomeUnknown,
    Overloaded,
    StorageError,
    StorageFull,
    UnsafeEngine,
)
from hansard.ids import now
from hansard.model.messages import Message
from hansard.storage import placing
from hansard.storage.base import Append, Fault, Health, Read, Storage, Write
from hansard.storage.notices import CHANNEL, Notices
from hansard.storage.sql.compiler import POSTGRES_DIALECT, Compiler
from hansard.storage.sql.migrations import Migrations
from hansard.storage.sql.postgres import SQL, PostgresTransaction
from hansard.storage.tables import SCHEMA, Schema

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

T = TypeVar("T")

OLDEST_SERVER = 15
ROLE = "hansard_app"
"""The role we take on when the one that signs in is above row security."""
TIMEOUT = 30.0
"""Seconds that one statement may take before its connection is given up."""
ATTEMPTS = 8
_asyncpg: Any = asyncpg
"""The driver's own annotations are partial."""

_REPEAT = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
)
_LOST = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
)


class PostgresStorage(Storage):
    """A database on a PostgreSQL server.

    `prepared=False` is for poolers that hand a connection to another client between transactions. The
    schema is brought up by `hansard db migrate`, or here with `migrate`.
    """

    exclusive = False

    def __init__(
        self,
        url: str,
        *,
        schema: Schema = SCHEMA,
        migrations: Migrations | None = None,
        migrate: bool = False,
        pool_size: int = 10,
        prepared: bool = True,
    ) -> None:
        self.url = url
        self.schema = schema
        self.migrations = migrations or Migrations.builtin("postgres")
        self._migrate = migrate
        self._pool_size = pool_size
        self._cache = 200 if prepared else 0
        self._compiler = Compiler(schema, POSTGRES_DIALECT)
        self._pool: Any = None
        self._committed_at: datetime | None = None
        self.bells = self._notices = Notices(self._notify, self._listener)

    async def open(self) -> None:
        try:
            await self._prepare_database()
            self._pool = await _asyncpg.create_pool(
                self.url,
                min_size=1,
                max_size=self._pool_size,
                statement_cache_size=self._cache,
                command_timeout=TIMEOUT,
                init=_take_role,
                reset=_keep_as_it_is,
            )
            async with self._pool.acquire() as connection:
                await _check_role(connection)
        except (asyncpg.PostgresError, *_LOST) as error:
            await self.close()
            raise _unreachable(error) from error
        except ValueError as error:
            raise InvalidConfig(f"The database URL is not valid: {error}") from error
        except BaseException:
            await self.close()
            raise

    async def _prepare_database(self) -> None:
        connection = await _asyncpg.connect(self.url, timeout=TIMEOUT, statement_cache_size=0)
        try:
            if connection.get_server_version().major < OLDEST_SERVER:
                raise UnsafeEngine(f"PostgreSQL {OLDEST_SERVER} is the oldest server allowed.")
            if await connection.fetchval("SHOW fsync") != "on":
                raise UnsafeEngine("The server runs with fsync=off: it would lose data.")
            await self.migrations.bring_up_postgres(connection, apply=self._migrate)
        finally:
            await connection.close()

    async def close(self) -> None:
        if self._pool is not None:
            await self._notices.close()
            pool, self._pool = self._pool, None
            try:
                await asyncio.wait_for(pool.close(), TIMEOUT)
            except TimeoutError:
                pool.terminate()

    async def read(self, tenant: str, work: Read[T]) -> T:
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        return await self._repeat(lambda: self._unit(begin, tenant, work))

    async def write(self, tenant: str, work: Write[T]) -> T:
        return await self._repeat(lambda: self._unit("BEGIN", tenant, work))

    async def append(self, tenant: str, append: Append) -> list[Message]:
        async def once() -> list[Message] | None:
            async with self._connection(unknown=True) as connection:
                transaction = PostgresTransaction(self.schema, self._compiler, tenant, connection)
                placed = await transaction.append_at_once(append)
            self._committed_at = now()
            self._notices.told(transaction.told)
            return placed

        placed = await self._repeat(once)
        if placed is not None:
            return placed
        return await self.write(tenant, lambda tx: placing.append(tx, append))

    async def health(self) -> Health:
        if self._pool is None:
            return Health(faults=("closed",), reason="The database is closed.")
        try:
            async with self._connection() as connection:
                owner, standby = await connection.fetchrow(SQL["health"])
        except HansardError as error:
            return Health(faults=("unreachable",), reason=error.message)
        faults: tuple[Fault, ...] = ("read-only",) if standby else ()
        reason = "The server is a standby, or set to read only." if standby else None
        return Health(faults=faults, reason=reason, owner=owner, committed_at=self._committed_at)

    async def tenants(self) -> list[str]:
        async def once() -> list[str]:
            async with self._connection() as connection:
                return [row[0] for row in await connection.fetch(SQL["tenants"])]

        return await self._repeat(once)

    async def _notify(self, notice: str) -> None:
        async with self._connection() as connection:
            await connection.execute(SQL["notify"], CHANNEL, notice)

    async def _listener(self) -> Any:
        return await _asyncpg.connect(self.url, timeout=TIMEOUT, statement_cache_size=0)

    async def _repeat(self, once: Any) -> Any:
        """Run again what the server gave up for the sake of others."""
        for attempt in range(ATTEMPTS):
            try:
                return await once()
            except _REPEAT as error:
                if attempt == ATTEMPTS - 1:
                    raise Overloaded("The database is too busy with this record.") from error
                await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311
        raise AssertionError

    async def _unit(self, begin: str, tenant: str, work: Any) -> Any:
        quoted = tenant.replace("'", "''")
        async with self._connection() as connection:
            await connection.execute(
                f"{begin}; SELECT set_config('hansard.tenant', '{quoted}', true)"
            )
            try:
                unit = PostgresTransaction(self.schema, self._compiler, tenant, connection)
                result = await work(unit)
            except (HansardError, asyncpg.PostgresError) as error:
                if not isinstance(error, _LOST):
                    await connection.execute("ROLLBACK")
                raise
            try:
                await connection.execute("COMMIT")
            except _LOST as error:
                raise OutcomeUnknown() from error
        if begin == "BEGIN":
            self._committed_at = now()
        self._notices.told(unit.told)
        return result

    @asynccontextmanager
    async def _connection(self, *, unknown: bool = False) -> AsyncIterator[Any]:
        """A connection of the pool; it goes back only if its last operation ended as it should.

        With `unknown`, what is sent commits by itself, so that a lost answer leaves the outcome open.
        """
        pool = self._pool
        if pool is None:
            raise StorageError("The database is closed.")
        try:
            connection = await pool.acquire(timeout=TIMEOUT)
        except _LOST as error:
            if isinstance(error, TimeoutError) and pool.get_size() == pool.get_max_size():
                raise Overloaded("All connections to the database are in use.") from error
            raise _unreachable(error) from error
        sound = False
        try:
            yield connection
            sound = True
        except _LOST as error:
            raise (OutcomeUnknown() if unknown else _unreachable(error)) from error
        except _REPEAT:
            sound = True
            raise
        except asyncpg.PostgresError as error:
            sound = True
            raise _translate(error) from error
        except HansardError as error:
            sound = not isinstance(error, OutcomeUnknown)
            raise
        finally:
            with suppress(asyncpg.InterfaceError):  # a connection that broke has left the pool
                if not sound or connection.is_in_transaction():
                    connection.terminate()
                await pool.release(connection)


async def _take_role(connection: Any) -> None:
    """Work as a role that row security binds, if the one that signed in is above it."""
    _, above = await connection.fetchrow(SQL["role"])
    if above:
        await connection.execute(f"SET ROLE {ROLE}")


async def _keep_as_it_is(connection: Any) -> None:
    """Everything we set ends with its transaction, so a connection needs no cleaning."""


async def _check_role(connection: Any) -> None:
    name, above = await connection.fetchrow(SQL["role"])
    if above:
        raise UnsafeEngine(f"The role {name} is above row security: use another.")
    bare = [row[0] for row in await connection.fetch(SQL["row_security"])]
    if bare:
        raise UnsafeEngine(f"Row security is off for {', '.join(bare)}.")


def _unreachable(error: BaseException) -> HansardError:
    if isinstance(error, asyncpg.PostgresError) and not isinstance(error, _LOST):
        return _translate(error)
    reason = str(error) or type(error).__name__
    if isinstance(error, OSError) and error.errno:
        reason = os.strerror(error.errno) if error.errno > 0 else error.strerror or reason
    return DatabaseUnreachable(f"The database server does not answer: {reason.rstrip('.')}.")


def _translate(error: asyncpg.PostgresError) -> HansardError:
    match error:
        case asyncpg.UniqueViolationError():
            return AlreadyExists()
        case asyncpg.ForeignKeyViolationError():
            return Conflict("This refers to something that is not there, or is referred to.")
        case asyncpg.DiskFullError():
            return StorageFull()
        case asyncpg.ReadOnlySQLTransactionError():
            return DatabaseReadOnly()
        case asyncpg.InvalidAuthorizationSpecificationError() | asyncpg.InvalidCatalogNameError():
            return DatabaseUnreachable(f"The database server refuses: {error}")
        case _:
            return StorageError(f"The database server reports: {error}")
