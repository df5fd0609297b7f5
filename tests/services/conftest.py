from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import hansard
from hansard import Database, Services
from hansard.providers.base import Provider
from hansard.providers.echo import Echo

Open = Callable[..., AbstractAsyncContextManager[tuple[Database, Services]]]


class Clock:
    """A clock that goes on by a second each time it is looked at, and further when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def pass_time(self, **how_long: float) -> datetime:
        self.now += timedelta(**how_long)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new, empty database on each back end, and a file for its root keys."""
    monkeypatch.setenv("HANSARD_ROOT_KEY_FILE", str(tmp_path / "root.key"))
    if request.param == "memory":
        return "memory:"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/chats.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
async def db(address: str, clock: Clock) -> AsyncIterator[Database]:
    async with hansard.connect(address, providers=[Echo()], clock=clock) as opened:
        yield opened


@pytest.fixture
def opened(address: str, clock: Clock) -> Open:
    """Opens the database with providers and chat options of the test's own."""

    @asynccontextmanager
    async def opening(*providers: Provider, **options: Any) -> AsyncIterator[Any]:
        plain: dict[str, Any] = {"auto_title": False, "retry_pause": 0.0}
        chosen = hansard.ChatOptions(**plain | options)
        async with hansard.connect(address, providers=providers, options=chosen, clock=clock) as db:
            yield db, db.scope("acme", "ada")

    return opening


@pytest.fixture
def ada(db: Database) -> Services:
    return db.scope("acme", "ada")


@pytest.fixture
def bob(db: Database) -> Services:
    """Another user of the same tenant."""
    return db.scope("acme", "bob")


@pytest.fixture
def eve(db: Database) -> Services:
    """A user of another tenant, who happens to have the same name as one here."""
    return db.scope("globex", "ada")
