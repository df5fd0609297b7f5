"""How a command fails: one line on stderr, and an exit code that says what kind of failure it was.

::

    1  anything else            4  a conflict with what is there
    2  a wrong request          5  the database cannot be used, or not now
    3  nothing of that name     6  a model's provider failed
"""

from __future__ import annotations

import json

from hansard.errors import (
    Conflict,
    DatabaseInUse,
    HansardError,
    InvalidConfig,
    InvalidInput,
    NotFound,
    ProviderError,
    StorageError,
    Unavailable,
)
from hansard.output import harmless_json, note

INTERRUPTED = 130
USAGE = 2
_EXITS: tuple[tuple[type[HansardError], int], ...] = (
    (InvalidInput, USAGE),
    (InvalidConfig, USAGE),
    (NotFound, 3),
    (Conflict, 4),
    (StorageError, 5),
    (Unavailable, 5),
    (ProviderError, 6),
)


def exit_code(error: BaseException) -> int:
    return next((code for kind, code in _EXITS if isinstance(error, kind)), 1)


def advice(error: HansardError) -> str:
    """What can be done about it, where that is not said."""
    if not isinstance(error, DatabaseInUse):
        return ""
    instead = "use the server, or stop it first" if "url" in error.details else "end it first"
    return f" Commands that read work beside it; to change anything, {instead}."


def fail(code: str, message: str, *, as_json: bool) -> None:
    """Say on stderr what went wrong: a line for people, and one for programs that asked for JSON."""
    line = " ".join(message.split())
    note(f"hansard: {line}")
    if as_json:
        said = {"error": {"code": code, "message": line}}
        note(harmless_json(json.dumps(said, ensure_ascii=False)))


def warn(message: str) -> None:
    """Say on stderr what is not well, and does not stop the command."""
    note(f"hansard: warning: {message}")


def from_code(code: str, message: str) -> HansardError:
    """The error that a stored failure tells of; one that has no class is its provider's."""
    waiting: list[type[HansardError]] = [HansardError]
    for kind in waiting:
        if kind.code == code:
            return kind(message)
        waiting += kind.__subclasses__()
    return ProviderError(message)
