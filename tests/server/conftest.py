from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.harness import Site, site


@pytest.fixture(scope="session")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with a SQLite database, for all tests that do not mind company."""
    with site(tmp_path_factory.mktemp("server") / "chats.db") as running:
        yield running


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A server with each kind of database."""
    if request.param == "postgres":
        address = request.getfixturevalue("postgres_url")
    else:
        address = "memory:" if request.param == "memory" else tmp_path / "chats.db"
    with site(address) as running:
        yield running
