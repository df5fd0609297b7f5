"""Whatever the driver raises becomes an error of ours, which never says "no" where it may have happened."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansard.errors import (
    AlreadyExists,
    DatabaseUnreachable,
    HansardError,
    OutcomeUnknown,
    StorageError,
)
from hansard.storage.base import Transaction
from hansard.storage.postgres import errors
from hansard.storage.postgres.errors import is_answer, translate
from hansard.storage.postgres.indexer import Indexer
from hansard.storage.postgres.storage import PostgresStorage
from hansard.testing import factories

pytestmark = pytest.mark.anyio

_driver: Any = asyncpg
DRIVERS = sorted(
    {
        kind
        for kind in vars(_driver.exceptions).values()
        if inspect.isclass(kind) and issubclass(kind, Exception)
    },
    key=lambda kind: kind.__name__,
)
OTHERS = [
    OSError, ConnectionResetError, BrokenPipeError, TimeoutError, EOFError, RuntimeError, AttributeError,
]  # fmt: skip
LOST = [
    "InternalClientError", "ProtocolError", "InterfaceError", "ConnectionDoesNotExistError", "AdminShutdownError",
    "CrashShutdownError", "CannotConnectNowError", "ConnectionFailureError", "TransactionResolutionUnknownError",
    "StatementCompletionUnknownError", "IdleInTransactionSessionTimeoutError", "TooManyConnectionsError",
    "OutdatedSchemaCacheError", "FatalPostgresError", "UnknownPostgresError", "DatabaseDroppedError",
]  # fmt: skip
"""Of which none is the server's word that nothing was done."""


def _raised(kind: type[Exception], **facts: Any) -> Exception:
    error = kind("what was said\nHINT: set statement_cache_size to 0")
    error.__dict__.update(facts)
    return error


@given(
    kind=st.sampled_from([*DRIVERS, *OTHERS]),
    severity=st.sampled_from([None, "ERROR", "FATAL", "PANIC"]),
    unknown=st.booleans(),
)
def test_every_error_becomes_ours(
    kind: type[Exception], severity: str | None, *, unknown: bool
) -> None:
    server = issubclass(kind, asyncpg.PostgresError)
    error = _raised(kind, **({"severity_en": severity, "hint": "drop the pool"} if server else {}))
    ours = translate(error, unknown=unknown)
    assert isinstance(ours, HansardError)
    assert "statement_cache_size" not in ours.message
    assert "drop the pool" not in ours.message
    if not is_answer(error) and not isinstance(error, ValueError):
        assert isinstance(ours, OutcomeUnknown if unknown else DatabaseUnreachable)
    if not server or severity in ("FATAL", "PANIC"):
        assert not is_answer(error)


@pytest.mark.parametrize("name", LOST)
def test_what_is_no_answer_is_never_taken_for_one(name: str) -> None:
    kind = getattr(_driver, name, None) or getattr(_driver.exceptions, name)
    assert isinstance(translate(_raised(kind), unknown=True), OutcomeUnknown)
    assert isinstance(translate(_raised(kind)), DatabaseUnreachable)


@pytest.mark.parametrize("name", ["UniqueViolationError", "DiskFullError", "SyntaxOrAccessError"])
def test_an_answer_is_not_taken_for_a_lost_one(name: str) -> None:
    assert not isinstance(translate(_raised(getattr(_driver, name)), unknown=True), OutcomeUnknown)


# In a storage: what the driver raises at each of its calls


@pytest.fixture
async def storage(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PostgresStorage]:
    """A storage that indexes nothing by itself, so that the driver fails where a test says."""
    monkeypatch.setattr(Indexer, "begin", lambda _: None)
    opened = PostgresStorage(postgres_url, pool_size=1)
    await opened.open()
    yield opened
    await opened.close()


class Failing:
    """The driver fails at one statement, before or after the server has done it."""

    def __init__(
        self, patch: pytest.MonkeyPatch, words: str, error: Exception, *, after: bool
    ) -> None:
        self.error: Exception | None = error
        for name in ("execute", "fetch"):
            patch.setattr(
                asyncpg.Connection,
                name,
                self._wrap(getattr(asyncpg.Connection, name), words, after=after),
            )

    def _wrap(self, call: Any, words: str, *, after: bool) -> Any:
        async def failing(connection: Any, text: str, *values: Any, **options: Any) -> Any:
            if words not in text or self.error is None:
                return await call(connection, text, *values, **options)
            error, self.error = self.error, None
            if after:
                await call(connection, text, *values, **options)
            raise error

        return failing


async def _append(storage: PostgresStorage) -> None:
    rows, talk, _ = factories.conversation()
    await storage.write("acme", lambda tx: factories.insert(tx, rows))
    await storage.append("acme", factories.append(talk, "a word"))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "kind", [_driver.InternalClientError, ConnectionResetError, AttributeError]
)
async def test_a_lost_answer_to_a_commit_is_unknown(
    storage: PostgresStorage, monkeypatch: pytest.MonkeyPatch, kind: type[Exception], *, after: bool
) -> None:
    Failing(monkeypatch, "COMMIT", _raised(kind), after=after)
    with pytest.raises(OutcomeUnknown):
        await _append(storage)
    assert (await storage.tenants() == ["acme"]) is after


async def test_a_lost_answer_to_an_append_is_unknown(
    storage: PostgresStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    Failing(monkeypatch, "hansard.append", _raised(_driver.InternalClientError), after=True)
    with pytest.raises(OutcomeUnknown):
        await _append(storage)


async def test_a_list_of_errors_is_found_out(
    storage: PostgresStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it was: what is not on the list of lost answers passes through."""

    def by_list(error: Exception, *, unknown: bool = False) -> Exception:
        listed = isinstance(error, OSError | asyncpg.InterfaceError)
        return translate(error, unknown=unknown) if listed else error

    monkeypatch.setattr(errors, "translate", by_list)
    with pytest.raises(asyncpg.InternalClientError):
        await test_a_lost_answer_to_an_append_is_unknown(storage, monkeypatch)


async def test_a_commit_that_undoes_is_no_success(storage: PostgresStorage) -> None:
    """A unit passes over an error; the server then undoes all of it, and says so in one word."""
    rows, _, _ = factories.conversation()

    async def careless(tx: Transaction) -> str:
        await factories.insert(tx, rows)
        try:
            await factories.insert(tx, rows)
        except AlreadyExists:
            return "done"
        raise AssertionError

    with pytest.raises(StorageError, match="rolled it back"):
        await storage.write("acme", careless)
    assert await storage.tenants() == []


@pytest.mark.parametrize("after", [False, True])
async def test_a_read_that_loses_its_end_has_what_it_read(
    storage: PostgresStorage, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    await _append(storage)
    Failing(monkeypatch, "COMMIT", _raised(_driver.InternalClientError), after=after)
    assert await storage.tenants() == ["acme"]
    assert await storage.tenants() == ["acme"]


async def test_a_read_that_is_cut_off_is_not_of_unknown_outcome(
    storage: PostgresStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    Failing(monkeypatch, "tenant_ids", _raised(_driver.InternalClientError), after=True)
    with pytest.raises(DatabaseUnreachable):
        await storage.tenants()
    assert await storage.tenants() == []
