"""What errors of the PostgreSQL driver mean, in our own words.

A server that answers with an error has not done what it was asked. Whatever else is raised (a line that broke, a
driver that lost its place, a server that shuts down) is no answer: what was sent may have been done. So errors are
sorted by exclusion, and there is no list of those that the driver might raise.
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
"""What the server gave up for the sake of others, and what it will do when it is asked again."""

_NO_ANSWER = {
    "57P01", "57P02", "57P03", "57P04", "57P05", "53300", "25P03", "25P04", "40003",
}  # fmt: skip
"""The server ends the connection, or does not know itself what became of a statement (and all of class 08)."""
_POOLED = (
    "A pooler hands this connection to others between transactions: "
    "add prepared=no to the database URL."
)


def is_answer(error: BaseException) -> bool:
    """Whether the server says that it did not do what it was asked, on a connection that goes on."""
    if not isinstance(error, asyncpg.PostgresError):
        return False
    fatal = isinstance(error, asyncpg.FatalPostgresError)
    said: Any = error
    severity, code = said.severity_en or ("FATAL" if fatal else "ERROR"), str(said.sqlstate)
    return severity == "ERROR" and code[:2] != "08" and code not in _NO_ANSWER


def is_lost(error: BaseException) -> bool:
    """Whether an error of ours says that the connection it happened on is no longer of use."""
    return isinstance(error, OutcomeUnknown | DatabaseUnreachable)


@contextmanager
def translated(*, unknown: bool = False) -> Iterator[None]:
    """Around calls of the driver: its errors become ours, but for those of REPEAT.

    With `unknown`, what is sent commits by itself, so that a lost answer leaves the outcome open.
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
    return DatabaseUnreachable(f"The database server does not answer: {reason.rstrip('.')}.")


_ANSWERS: tuple[tuple[type[Exception], Callable[[str], HansardError]], ...] = (
    (asyncpg.UniqueViolationError, lambda _: AlreadyExists()),
    (
        asyncpg.ForeignKeyViolationError,
        lambda _: Conflict("This refers to something that is not there, or is referred to."),
    ),
    (asyncpg.DiskFullError, lambda _: StorageFull()),
    (
        asyncpg.ReadOnlySQLTransactionError,
        lambda _: DatabaseReadOnly(
            "The database server takes no changes: it is a standby, or set so."
        ),
    ),
    (
        asyncpg.QueryCanceledError,
        lambda _: Overloaded("The database server stopped a statement that took too long."),
    ),
    (
        asyncpg.ProgramLimitExceededError,
        lambda words: TooLarge(f"This is too much for the database server: {words}."),
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
        lambda words: Unstorable(f"The database server cannot hold this: {words}."),
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
    """The first line of what is said: details and hints speak of values, and of the driver's own settings."""
    text = str(error.args[0]) if error.args else ""
    return text.partition("\n")[0].strip().rstrip(".") or type(error).__name__
