from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.nursery import Nursery
from cli.program import Program


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def program(tmp_path: Path, nursery: Nursery) -> Program:
    """The program in an empty home."""
    return Program(tmp_path / "home", nursery)


@pytest.fixture
def other(tmp_path: Path, nursery: Nursery) -> Program:
    """The program in another empty home."""
    return Program(tmp_path / "elsewhere" / "home", nursery)


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(
    request: pytest.FixtureRequest,
    program: Program,
    anyio_backend: str,  # noqa: ARG001 - the PostgreSQL fixtures are coroutines
) -> Program:
    """The program with a database on each back end that lasts."""
    if request.param == "postgresql":
        program.environment["HANSARD_DATABASE_URL"] = request.getfixturevalue("postgres_url")
    return program
