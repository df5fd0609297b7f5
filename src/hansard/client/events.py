"""What a server tells, as records; and its problems, as the errors that they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hansard.errors import HansardError
from hansard.model.artifacts import Artifact, Revision
from hansard.model.feed import FeedEntry
from hansard.model.runs import Run, RunEvent


class Event(msgspec.Struct, frozen=True):
    """Something changed."""

    type: str
    """Such as `artifact.updated`."""
    position: int
    """To come back with."""
    entry: FeedEntry


class Resync(msgspec.Struct, frozen=True):
    """Changes were missed that can no longer be told: what is known must be read anew."""

    position: int
    """From here on everything is told again."""


class WholeArtifact(msgspec.Struct, frozen=True):
    """An artifact, and what it says at a revision."""

    artifact: Artifact
    revision: Revision
    content: str


class Started(msgspec.Struct, frozen=True):
    runs: list[Run]


class Frame(msgspec.Struct, frozen=True):
    """Any frame that a server sends."""

    type: str
    id: int | str | None = None
    position: int = 0
    result: msgspec.Raw = msgspec.Raw(b"null")
    problem: msgspec.Raw = msgspec.Raw(b"null")
    entry: FeedEntry | None = None
    event: RunEvent | None = None


frame_of = msgspec.json.Decoder(Frame).decode


def error_of(problem: bytes) -> HansardError:
    """The error that a problem document tells of."""
    try:
        told: dict[str, Any] = msgspec.json.decode(problem, type=dict[str, Any])
    except msgspec.MsgspecError:
        return HansardError()
    code = str(told.pop("type", "")).rpartition(":")[2]
    message, pointer = told.pop("detail", None), told.pop("pointer", None)
    for known in ("title", "status"):
        told.pop(known, None)
    kind = next((kind for kind in _kinds(HansardError) if kind.code == code), HansardError)
    error = kind(message, pointer=pointer)
    error.details = told
    return error


def _kinds(kind: type[HansardError]) -> Iterator[type[HansardError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _kinds(each)
