"""Databases that a trial creates on a user's PostgreSQL server and drops at its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from hansard.storage import admin
from hansard.storage.urls import storage_for
from hansard.torture.loop_device import NotPossible
from hansard.torture.report import Task

if TYPE_CHECKING:
    from hansard.storage.postgres.storage import PostgresStorage

PATIENCE = 10.0
"""Seconds."""
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_MAY = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"


class TemporaryDatabase:
    """A database that was created by this program."""

    def __init__(self, url: str) -> None:
        self._server = url
        self.name = f"hansard_torture_{uuid4().hex}"
        self.url = with_database(url, self.name)

    async def make(self, prepare: Callable[[str], Awaitable[object]]) -> None:
        """Create the database. Raises NotPossible if the role may not, and DatabaseUnreachable."""
        async with connection(self._server) as server:
            if not await server.fetchval(_MAY):
                raise NotPossible("the role in the address may not create databases")
            await server.execute(f"CREATE DATABASE {self.name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            await prepare(self.url)
        except BaseException:
            await self.drop()
            raise

    async def drop(self) -> None:
        async with connection(self._server) as server:
            await server.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


@asynccontextmanager
async def temporary_database(
    task: Task, prepare: Callable[[str], Awaitable[object]] = admin.migrate
) -> AsyncIterator[str]:
    """The address of a new database, which is dropped unless a trial in it fails. Raises NotPossible."""
    own, is_broken = TemporaryDatabase(task.address), False
    await own.make(prepare)
    task.database = own.name
    try:
        yield own.url
    except NotPossible:
        raise
    except Exception:
        is_broken = True
        raise
    finally:
        if not is_broken:
            await own.drop()


async def engine_of(url: str) -> str:
    """Return the server's product and version. Raises DatabaseUnreachable, or InvalidConfig for an invalid address."""
    async with connection(url) as server:
        return f"PostgreSQL {await server.fetchval('SHOW server_version')}"


async def settled(url: str) -> None:
    """Wait until no session of the database is left: the server still executes what a killed client had sent.

    Behind a pooler sessions remain, so the wait ends after PATIENCE.
    """
    deadline = asyncio.get_running_loop().time() + PATIENCE
    async with connection(url) as own:
        while await own.fetchval(_OTHERS):
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def connection(url: str) -> AsyncIterator[Any]:
    """A connection of the driver to a database."""
    connection = await cast("PostgresStorage", storage_for(url)).connect()
    try:
        yield connection
    finally:
        await connection.close()


def with_database(url: str, name: str) -> str:
    """Return the address of another database on the same server."""
    return _changed(url, path=f"/{name}", without=("dbname", "database"))


def without_encryption(url: str) -> str:
    """Return the address without encryption, so that a proxy can read the traffic."""
    secure = [field.partition("=")[0] for field in urlsplit(url).query.split("&")]
    without = [name for name in secure if name.startswith("ssl")]
    return _changed(url, without=(*without, "channel_binding"), more="sslmode=disable")


def _changed(url: str, *, without: tuple[str, ...], path: str = "", more: str = "") -> str:
    parts = urlsplit(url)
    fields = [f for f in parts.query.split("&") if f and f.partition("=")[0] not in without]
    query = "&".join([*fields, more] if more else fields)
    return urlunsplit(parts._replace(path=path or parts.path, query=query))
