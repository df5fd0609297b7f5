"""Each trial of a PostgreSQL server and its control hold on a sound one, and notice a safeguard that is gone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from hansard.errors import DatabaseUnreachable, InvalidInput
from hansard.torture.ledger import GuaranteeBroken
from hansard.torture.report import Result, Task
from hansard.torture.temporary_database import with_database, without_encryption
from hansard.torture.trials import REMOTE, Torture

pytestmark = pytest.mark.anyio

TRIALS = ["kill", "lost-commit", "two-servers"]
NOTICED = {"kill": "lost", "lost-commit": "has 2 runs", "two-servers": "changes were not delivered"}
CONTROL_PLANTS = {
    "kill": "acknowledge early",
    "lost-commit": "acknowledge what was refused",
    "two-servers": "acknowledge early",
}


@pytest.fixture
async def admin(postgres_server: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(f"{postgres_server}/postgres")
    yield connection
    await connection.close()


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


async def _results(url: str, trial: str, *, planted: bool = False) -> tuple[Result, Result]:
    """What came of a trial with Hansard and with PostgreSQL alone."""
    tried = Torture(url, rounds=3, only=[trial], seed=1, planted=planted)
    ours, control = [result async for result in tried.results()]
    assert (ours.subject, control.subject) == ("hansard", "postgresql")
    return ours, control


async def _get_owned(admin: Any) -> set[str]:
    rows = await admin.fetch(
        "SELECT datname FROM pg_database WHERE datname LIKE 'hansard_torture%'"
    )
    return {row[0] for row in rows}


@pytest.mark.parametrize("trial", TRIALS)
async def test_a_trial_and_its_control_hold_and_leave_nothing(
    postgres_server: str, admin: Any, tmp_path: Path, trial: str
) -> None:
    before = await _get_owned(admin)
    for result in await _results(f"{postgres_server}/postgres", trial):
        assert (result.outcome, result.reason) == ("held", None)
        assert (result.rounds, result.kept) == (3, None)
        assert result.faults >= 3
        assert result.acknowledged >= 3
    assert await _get_owned(admin) <= before
    assert os.listdir(tmp_path) == []  # noqa: PTH208


@pytest.mark.parametrize("trial", TRIALS)
async def test_a_trial_notices_that_its_safeguard_is_gone(
    postgres_server: str, admin: Any, trial: str
) -> None:
    result, control = await _results(f"{postgres_server}/postgres", trial, planted=True)
    kept = (result.kept or "").rpartition(" ")[2]
    assert kept in await _get_owned(admin)
    await admin.execute(f"DROP DATABASE {kept} WITH (FORCE)")
    assert result.outcome == "broken"
    assert NOTICED[trial] in (result.reason or "")
    assert (control.outcome, control.plant) == ("held", None)


@pytest.mark.parametrize("trial", TRIALS)
async def test_a_control_that_loses_what_it_acknowledged_is_noticed(
    postgres_server: str, admin: Any, tmp_path: Path, trial: str
) -> None:
    task = Task(tmp_path, f"{postgres_server}/postgres", 3, 1, CONTROL_PLANTS[trial])
    with pytest.raises(GuaranteeBroken, match=r"^lost: "):
        await REMOTE[trial].run(task, "postgresql")
    await admin.execute(f"DROP DATABASE {task.database} WITH (FORCE)")


async def test_a_role_that_may_not_create_databases_is_told_so(
    postgres_server: str, admin: Any
) -> None:
    role = f"plain_{uuid4().hex}"
    await admin.execute(f"CREATE ROLE {role} LOGIN")
    try:
        parts = urlsplit(f"{postgres_server}/postgres")
        place = parts.netloc.rpartition("@")[2]
        results = await _results(urlunsplit(parts._replace(netloc=f"{role}@{place}")), "kill")
    finally:
        await admin.execute(f"DROP ROLE {role}")
    for result in results:
        assert result.outcome == "not run"
        assert result.reason == "the role in the address may not create databases"


async def test_what_is_no_server_or_no_trial_is_refused() -> None:
    with pytest.raises(DatabaseUnreachable):
        await _results("postgresql://postgres@127.0.0.1:9/postgres", "kill")
    with pytest.raises(InvalidInput, match="there are kill, lost-commit, two-servers"):
        await _results("postgresql://postgres@127.0.0.1:9/postgres", "full")


def test_the_address_of_another_database_keeps_the_rest() -> None:
    url = "postgresql://ada:s%40cret@db.example:6432/chats?sslmode=require&pool_size=5&dbname=chats"
    own = with_database(url, "own")
    assert own == "postgresql://ada:s%40cret@db.example:6432/own?sslmode=require&pool_size=5"
    assert without_encryption(own).endswith("/own?pool_size=5&sslmode=disable")
