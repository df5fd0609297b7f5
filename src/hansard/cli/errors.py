"""Failures of commands: one line on stderr, and an exit code for the kind of failure.

::

    1  any other failure        4  a conflict
    2  an invalid request       5  the database cannot be used, or not now
    3  not found                6  a model's provider failed
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
    """Return advice for an error whose message has none; empty for others."""
    if not isinstance(error, DatabaseInUse):
        return ""
    instead = "use the server, or stop it first" if "url" in error.details else "end it first"
    return f" Commands that read work beside it; to change anything, {instead}."


def fail(code: str, message: str, *, as_json: bool) -> None:
    """Write an error to stderr: a line for people, and with `as_json` one for programs."""
    line = " ".join(message.split())
    note(f"hansard: {line}")
    if as_json:
        document = {"error": {"code": code, "message": line}}
        note(harmless_json(json.dumps(document, ensure_ascii=False)))


def warn(message: str) -> None:
    """Write a warning to stderr."""
    note(f"hansard: warning: {message}")


def from_code(code: str, message: str) -> HansardError:
    """Return the error of a stored failure; ProviderError if its code is unknown."""
    kinds: list[type[HansardError]] = [HansardError]
    for kind in kinds:
        if kind.code == code:
            return kind(message)
        kinds += kind.__subclasses__()
    return ProviderError(message)
