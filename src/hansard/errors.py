"""All errors, in one tree.

::

    HansardError
    ├── InvalidInput              the request is invalid, whoever sends it
    │   ├── EmptyInput            a required value is missing or empty
    │   ├── TooLarge              the request is valid, but over a limit
    │   ├── BadCursor             the cursor is damaged or belongs to another list
    │   └── UnknownModel          no provider has a model of this name
    ├── Unauthenticated           no credential, or an invalid one
    ├── PermissionDenied          the scope lacks the right
    ├── NotFound                  it does not exist, or belongs to another user
    ├── Conflict                  the record is not in the expected state
    │   ├── AlreadyExists         another record has this id
    │   ├── HeadConflict          the branch has another head than the writer expected
    │   ├── RevisionConflict      the artifact has a newer revision than the writer expected
    │   └── VersionConflict       the record was changed in between
    ├── ProviderError             a model's provider failed
    │   ├── ProviderRefused       it refused (bad key, bad request): trying again will not help
    │   └── ProviderUnavailable   it is down, slow or busy: trying again may help
    ├── TooManyRequests           a rate limit was reached: trying again later will help
    ├── Unavailable               temporarily not possible
    │   ├── Overloaded            too many requests are waiting
    │   ├── OutcomeUnknown        the result of a commit was lost: it may or may not have happened
    │   └── StorageFull           no space left to write; reading still works
    ├── StorageError              the database cannot be used
    │   ├── DatabaseInUse         another process writes to this file
    │   ├── DatabaseReadOnly      the file or its directory cannot be written
    │   ├── DatabaseUnreachable   the server does not answer, or refuses
    │   ├── NotADatabase          the file is not a Hansard database, or is damaged
    │   ├── SchemaTooNew          a newer Hansard wrote it
    │   ├── SchemaOutdated        it needs `hansard db migrate`
    │   ├── Unstorable            it permanently rejects these values
    │   ├── Undecipherable        a stored secret cannot be decrypted
    │   └── UnsafeEngine          the engine, or its settings, could lose data
    └── InvalidConfig             a setting is wrong or missing

A class's ``code`` names it in every interface: in the ``type`` of a problem document and the ``code`` of a
command's error in JSON; its ``status`` is the HTTP status. Codes never change; messages may. Messages and details
contain no secrets: they are masked when the error is created, so they may quote the message of a library.
"""

from __future__ import annotations

from typing import Any, ClassVar

from hansard.secrets import mask, mask_values


class HansardError(Exception):
    """The operation failed."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    """The HTTP status with which a server reports it."""
    pointer: str | None
    """JSON pointer (RFC 6901) to the invalid field, if there is one."""
    details: dict[str, Any]
    """JSON values that help the caller to recover, such as the current head of a branch."""

    def __init__(
        self, message: str | None = None, *, pointer: str | None = None, **details: Any
    ) -> None:
        super().__init__(mask(message or (type(self).__doc__ or "").partition("\n")[0]))
        self.pointer = pointer
        self.details = mask_values(details)

    @property
    def message(self) -> str:
        return str(self.args[0])


class InvalidInput(HansardError):
    """The request is not valid."""

    code = "invalid-input"
    status = 400


class EmptyInput(InvalidInput):
    """A required value is missing or empty."""

    code = "empty-input"
    status = 422


class TooLarge(InvalidInput):
    """The request is over a limit."""

    code = "too-large"
    status = 413


class BadCursor(InvalidInput):
    """The cursor is damaged or belongs to another list."""

    code = "bad-cursor"


class UnknownModel(InvalidInput):
    """No provider has a model of this name."""

    code = "unknown-model"


class Unauthenticated(HansardError):
    """Send a valid credential."""

    code = "unauthenticated"
    status = 401


class PermissionDenied(HansardError):
    """You do not have permission to do this."""

    code = "permission-denied"
    status = 403


class NotFound(HansardError):
    """It does not exist, or you do not have access to it."""

    code = "not-found"
    status = 404


class Conflict(HansardError):
    """The record is not in the expected state."""

    code = "conflict"
    status = 409


class AlreadyExists(Conflict):
    """Another record has this id."""

    code = "already-exists"


class HeadConflict(Conflict):
    """The branch has another head than expected."""

    code = "head-conflict"


class RevisionConflict(Conflict):
    """The artifact has another revision than expected."""

    code = "revision-conflict"


class VersionConflict(Conflict):
    """The record was changed in between."""

    code = "version-conflict"


class ProviderError(HansardError):
    """The model's provider failed."""

    code = "provider-error"
    status = 502


class ProviderRefused(ProviderError):
    """The model's provider refused the request."""

    code = "provider-refused"


class ProviderUnavailable(ProviderError):
    """The model's provider cannot answer now."""

    code = "provider-unavailable"


class TooManyRequests(HansardError):
    """Too many requests; try again later."""

    code = "too-many-requests"
    status = 429


class Unavailable(HansardError):
    """This is temporarily not possible; try again later."""

    code = "unavailable"
    status = 503


class Overloaded(Unavailable):
    """Too many requests are waiting; try again later."""

    code = "overloaded"


class OutcomeUnknown(Unavailable):
    """The result of the commit was lost; repeat the call with the same ids to make sure."""

    code = "outcome-unknown"


class StorageFull(Unavailable):
    """There is no space left to write; reading still works."""

    code = "storage-full"
    status = 507


class StorageError(HansardError):
    """The database cannot be used."""

    code = "storage-error"
    status = 503


class DatabaseInUse(StorageError):
    """Another process writes to this database."""

    code = "database-in-use"


class DatabaseReadOnly(StorageError):
    """The database cannot be written."""

    code = "database-read-only"


class DatabaseUnreachable(StorageError):
    """The database server does not answer."""

    code = "database-unreachable"


class NotADatabase(StorageError):
    """The file is not a Hansard database, or is damaged."""

    code = "not-a-database"


def damaged(what: str) -> NotADatabase:
    """The error for data that other records refer to, but that is missing."""
    return NotADatabase(
        f"{what} is missing, although other records refer to it: the database is damaged. "
        "Run `hansard db verify` for details."
    )


class SchemaTooNew(StorageError):
    """A newer version of Hansard wrote this database."""

    code = "schema-too-new"


class SchemaOutdated(StorageError):
    """The database needs `hansard db migrate`."""

    code = "schema-outdated"


class Unstorable(StorageError):
    """The database cannot store these values."""

    code = "unstorable"


class Undecipherable(StorageError):
    """A stored secret cannot be decrypted: it was changed or moved, or encrypted with another root key."""

    code = "undecipherable"


class UnsafeEngine(StorageError):
    """The database engine, or its settings, could lose data."""

    code = "unsafe-engine"


class InvalidConfig(HansardError):
    """A setting is wrong or missing."""

    code = "invalid-config"
