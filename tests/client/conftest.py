from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

import hansard
from hansard import Database, Services
from hansard.client import RemoteDatabase
from hansard.model.scope import ALL_RIGHTS, Right
from hansard.providers.echo import Echo
from server.harness import TOKEN, Listening
from services.conftest import Clock, ada, bob, clock, eve

__all__ = ["ada", "bob", "clock", "eve"]
"""The fixtures of the services, here with the database that is served."""

PRINCIPALS = (("acme", "ada"), ("acme", "bob"), ("globex", "ada"))


class Served:
    """A database that is reached through servers, one for each principal. The rest is that of the local one."""

    def __init__(self, local: Database, remotes: dict[tuple[str, str], RemoteDatabase]) -> None:
        self._local = local
        self._remotes = remotes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._local, name)

    def scope(self, tenant: str, user: str, rights: Iterable[Right] = ALL_RIGHTS) -> Services:
        return self._remotes[tenant, user].scope(tenant, user, rights)


@asynccontextmanager
async def serving(database: Database, tenant: str, user: str) -> AsyncIterator[str]:
    """A context with the URL of a server for a principal, in this loop."""
    server = Listening(database, tenant=tenant, user=user)
    running = asyncio.create_task(server.listen())
    try:
        while not (server.started or running.done()):  # noqa: ASYNC110 - uvicorn has no event
            await asyncio.sleep(0.002)
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.leave()
        await running
        server.listener.close()


@pytest.fixture
async def local(tmp_path: Path, clock: Clock) -> AsyncIterator[Database]:
    """The database behind the servers."""
    async with hansard.connect(tmp_path / "served.db", providers=[Echo()], clock=clock) as database:
        yield database


@pytest.fixture
async def db(local: Database) -> AsyncIterator[Database]:
    async with AsyncExitStack() as stack:
        remotes: dict[tuple[str, str], RemoteDatabase] = {}
        for tenant, user in PRINCIPALS:
            url = await stack.enter_async_context(serving(local, tenant, user))
            remote: Any = hansard.connect(url, token=TOKEN)
            remotes[tenant, user] = await stack.enter_async_context(remote)
        yield cast("Database", Served(local, remotes))
