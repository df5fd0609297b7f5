"""Everything that can go wrong, in one tree.

::

    HansardError
    ├── InvalidInput              what was asked cannot be right, whoever asks
    │   ├── EmptyInput            something is needed, and nothing was given
    │   ├── TooLarge              it is right, but over a limit
    │   ├── BadCursor             the cursor is damaged or belongs to another list
    │   └── UnknownModel          no provider answers to this model's name
    ├── Unauthenticated               no credential, or not a valid one
    ├── PermissionDenied                the scope lacks the right
    ├── NotFound                  it does not exist for this scope (foreign and missing look alike)
    ├── Conflict                  the record has moved on
    │   ├── AlreadyExists         the id is taken by something else
    │   ├── HeadConflict             the branch does not end where the writer thought
    │   ├── RevisionConflict         the artifact says something newer than the writer thought
    │   └── VersionConflict          somebody changed the record in between
    ├── ProviderError             a model's provider did not answer as it should
    │   ├── ProviderRefused       it said no (bad key, bad request): trying again will not help
    │   └── ProviderUnavailable   it is down, slow or busy: trying again may help
    ├── TooManyRequests           they come too fast: trying again in a moment will help
    ├── Unavailable               not now
    │   ├── Overloaded            too much work is waiting
    │   ├── OutcomeUnknown        the commit's answer was lost: it may or may not have happened
    │   └── StorageFull           no room left; reading goes on
    ├── StorageError              the database cannot be used
    │   ├── DatabaseInUse         another process writes to this file
    │   ├── DatabaseReadOnly      the file or its directory cannot be written
    │   ├── DatabaseUnreachable   the server does not answer, or refuses
    │   ├── NotADatabase          the file is not one of ours, or is damaged
    │   ├── SchemaTooNew          a newer Hansard wrote it
    │   ├── SchemaOutdated        it needs `hansard db migrate`
    │   ├── Unstorable            it refuses these values, now and later
    │   └── UnsafeEngine          the engine, or its settings, would risk the record
    └── InvalidConfig             a setting is wrong or missing

A class's ``code`` is its name on every door: the ``type`` of a problem document, the ``code`` of a
command's error in JSON. It never changes; messages may. Messages and details hold no secret: they are masked as they
are made, so that a library's own words may be part of them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from hansard.secrets import mask, mask_values


class HansardError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    pointer: str | None
    """JSON pointer (RFC 6901) to the field at fault, where there is one."""
    details: dict[str, Any]
    """Facts for the caller's next step, JSON only (such as the head a branch has now)."""

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


class EmptyInput(InvalidInput):
    """Something is needed where nothing was given."""

    code = "empty-input"


class TooLarge(InvalidInput):
    """The request is over a limit."""

    code = "too-large"


class BadCursor(InvalidInput):
    """The cursor is damaged or belongs to another list."""

    code = "bad-cursor"


class UnknownModel(InvalidInput):
    """There is no such model."""

    code = "unknown-model"


class Unauthenticated(HansardError):
    """A valid credential is needed."""

    code = "unauthenticated"


class PermissionDenied(HansardError):
    """This scope may not do that."""

    code = "permission-denied"


class NotFound(HansardError):
    """There is no such thing."""

    code = "not-found"


class Conflict(HansardError):
    """The record has moved on."""

    code = "conflict"


class AlreadyExists(Conflict):
    """The id is taken by something else."""

    code = "already-exists"


class HeadConflict(Conflict):
    """The branch ends at another message than expected."""

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


class ProviderRefused(ProviderError):
    """The model's provider refused the request."""

    code = "provider-refused"


class ProviderUnavailable(ProviderError):
    """The model's provider cannot answer now."""

    code = "provider-unavailable"


class TooManyRequests(HansardError):
    """Requests come too fast."""

    code = "too-many-requests"


class Unavailable(HansardError):
    """This is not possible now; trying again may help."""

    code = "unavailable"


class Overloaded(Unavailable):
    """Too much work is waiting."""

    code = "overloaded"


class OutcomeUnknown(Unavailable):
    """The commit's answer was lost: repeat the call with the same ids to make sure."""

    code = "outcome-unknown"


class StorageFull(Unavailable):
    """There is no room left to write; reading goes on."""

    code = "storage-full"


class StorageError(HansardError):
    """The database cannot be used."""

    code = "storage-error"


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
    """What the record tells of, and is not there, is not absent."""
    return NotADatabase(
        f"{what} cannot be read, though the record tells of it: the database is damaged. "
        "`hansard db verify` says more."
    )


class SchemaTooNew(StorageError):
    """A newer version of Hansard wrote this database."""

    code = "schema-too-new"


class SchemaOutdated(StorageError):
    """The database needs `hansard db migrate`."""

    code = "schema-outdated"


class Unstorable(StorageError):
    """The database refuses to hold these values."""

    code = "unstorable"


class UnsafeEngine(StorageError):
    """The database engine would put the record at risk."""

    code = "unsafe-engine"


class InvalidConfig(HansardError):
    """A setting is wrong or missing."""

    code = "invalid-config"
