"""Translates errors of the PostgreSQL driver.

A server that responds with an error did not execute the statement. Any other error (a broken connection, a driver in
an invalid state, a server that shuts down) is no response: the statement may have been executed. So errors are
classified by exclusion, without a list of those that the driver might raise.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

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
    TooLarge,
    Unstorable,
)

REPEAT = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,
)
"""Errors after which the same unit can be run again."""

_NO_ANSWER = {
    "57P01", "57P02", "57P03", "57P04", "57P05", "53300", "25P03", "25P04", "40003",
}  # fmt: skip
"""Errors with which the server ends the connection, or cannot tell what happened; class 08 is another."""
_POOLED = (
    "A pooler gives this connection to other clients between transactions: "
    "add prepared=no to the database URL."
)


def is_answer(error: BaseException) -> bool:
    """Return whether the server reports that it did not execute the statement, on a connection that stays usable."""
    if not isinstance(error, asyncpg.PostgresError):
        return False
    fatal = isinstance(error, asyncpg.FatalPostgresError)
    raised: Any = error
    severity, code = raised.severity_en or ("FATAL" if fatal else "ERROR"), str(raised.sqlstate)
    return severity == "ERROR" and code[:2] != "08" and code not in _NO_ANSWER


def is_lost(error: BaseException) -> bool:
    """Return whether one of our errors means that its connection is no longer usable."""
    return isinstance(error, OutcomeUnknown | DatabaseUnreachable)


@contextmanager
def translated(*, unknown: bool = False) -> Iterator[None]:
    """A context that translates errors of the driver, except those in REPEAT.

    With `unknown`, the statement commits by itself, so that a lost response leaves the outcome unknown.
    """
    try:
        yield
    except (HansardError, *REPEAT):
        raise
    except Exception as error:
        raise translate(error, unknown=unknown) from error


def translate(error: Exception, *, unknown: bool = False) -> HansardError:
    if isinstance(error, asyncpg.PostgresError) and is_answer(error):
        return _answer(error)
    if isinstance(error, asyncpg.ClientConfigurationError):
        return InvalidConfig(f"The database URL is not valid: {_words(error)}.")
    return OutcomeUnknown() if unknown else _unreachable(error)


def _unreachable(error: Exception) -> HansardError:
    reason = "it takes too long" if isinstance(error, TimeoutError) else _words(error)
    if isinstance(error, OSError) and error.errno:
        reason = os.strerror(error.errno) if error.errno > 0 else error.strerror or reason
    return DatabaseUnreachable(f"The database server does not respond: {reason.rstrip('.')}.")


_ANSWERS: tuple[tuple[type[Exception], Callable[[str], HansardError]], ...] = (
    (asyncpg.UniqueViolationError, lambda _: AlreadyExists()),
    (
        asyncpg.ForeignKeyViolationError,
        lambda _: Conflict(
            "It refers to a record that does not exist, or another record refers to it."
        ),
    ),
    (asyncpg.DiskFullError, lambda _: StorageFull()),
    (
        asyncpg.ReadOnlySQLTransactionError,
        lambda _: DatabaseReadOnly(
            "The database server accepts no changes: it is a standby, or set to read only."
        ),
    ),
    (
        asyncpg.QueryCanceledError,
        lambda _: Overloaded("The database server cancelled a statement that took too long."),
    ),
    (
        asyncpg.ProgramLimitExceededError,
        lambda words: TooLarge(f"This is too large for the database server: {words}."),
    ),
    (
        asyncpg.InvalidAuthorizationSpecificationError,
        lambda words: DatabaseUnreachable(f"The database server refuses: {words}."),
    ),
    (
        asyncpg.InvalidCatalogNameError,
        lambda words: DatabaseUnreachable(f"The database server refuses: {words}."),
    ),
    (
        asyncpg.DataError,
        lambda words: Unstorable(f"The database server cannot store this: {words}."),
    ),
    (asyncpg.DuplicatePreparedStatementError, lambda _: StorageError(_POOLED)),
    (asyncpg.InvalidSQLStatementNameError, lambda _: StorageError(_POOLED)),
)


def _answer(error: asyncpg.PostgresError) -> HansardError:
    for kind, ours in _ANSWERS:
        if isinstance(error, kind):
            return ours(_words(error))
    code: Any = getattr(error, "sqlstate", None)
    return StorageError(f"The database server reports: {_words(error)} (SQLSTATE {code}).")


def _words(error: Exception) -> str:
    """Return the first line of an error: details and hints may contain values and the driver's own settings."""
    text = str(error.args[0]) if error.args else ""
    return text.partition("\n")[0].strip().rstrip(".") or type(error).__name__
