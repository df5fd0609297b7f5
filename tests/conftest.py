from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import asyncpg
import pytest

from hansard import secrets
from hansard.storage.postgres.storage import PostgresStorage
from postgres_server import running_server


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _forgotten_secrets() -> Iterator[None]:
    """What a test registers as a secret is masked in that test alone."""
    known = vars(secrets._registry).copy()
    yield
    vars(secrets._registry).update(known)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """A database with the schema in it, from which the tests' databases are copied.

    It is not asynchronous: as long as an asynchronous fixture lives, all tests share one event loop and one task of the
    anyio plugin, and a test that is cancelled, or that runs out of time, takes all later ones with it.
    """
    name = f"template_{uuid4().hex}"
    asyncio.run(_make(postgres_server, name))
    yield name
    asyncio.run(_run(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def postgres_url(postgres_server: str, postgres_template: str) -> AsyncIterator[str]:
    """A new database, ready for use."""
    name = f"test_{uuid4().hex}"
    await _run(
        postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template} STRATEGY WAL_LOG"
    )
    yield f"{postgres_server}/{name}"
    await _run(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


async def _make(server: str, name: str) -> None:
    await _run(server, f"CREATE DATABASE {name}")
    storage = PostgresStorage(f"{server}/{name}", migrate=True)
    await storage.open()
    await storage.close()


async def _run(server: str, statement: str) -> None:
    connection = await asyncpg.connect(f"{server}/postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
