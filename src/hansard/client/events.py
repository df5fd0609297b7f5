"""Frames of the server as records, and problem documents as errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hansard.errors import HansardError
from hansard.model.event_kinds import EventRecord
from hansard.model.feed import FeedEntry
from hansard.model.runs import RunEvent
from hansard.services.feed.kinds import RECORDS

_TYPES = frozenset({"ok", "error", "resync", "run.delta"})
"""The types of frames without an entry of the feed."""


class Event(msgspec.Struct, frozen=True):
    """A change."""

    type: str
    """For example `artifact.updated`."""
    position: int
    """The position to resume from."""
    entry: FeedEntry
    record: EventRecord | msgspec.UnsetType | None = msgspec.UNSET
    """The changed record as it was when the event was sent, of the type that `hansard.services.feed.kinds.RECORDS` has
    for `type`. None: it is gone, in the trash, or not visible to the user. UNSET: a later event carries it."""


class Resync(msgspec.Struct, frozen=True):
    """Changes were missed that are no longer retained; the caller must reload its state."""

    position: int
    """All changes after this position follow."""


class Frame(msgspec.Struct, frozen=True):
    """Any frame from the server."""

    type: str
    id: int | str | None = None
    position: int = 0
    result: msgspec.Raw = msgspec.Raw(b"null")
    problem: msgspec.Raw = msgspec.Raw(b"null")
    entry: FeedEntry | None = None
    record: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    event: RunEvent | None = None


def event_of(frame: Frame, entry: FeedEntry) -> Event:
    """Return the event of a frame. The record of a kind that this version does not know is unset."""
    if frame.record is msgspec.UNSET or frame.type not in RECORDS:
        return Event(frame.type, frame.position, entry)
    kind: Any = RECORDS[frame.type] or type(None)
    record = msgspec.json.decode(frame.record, type=kind | None)
    return Event(frame.type, frame.position, entry, record)


_decode = msgspec.json.Decoder(Frame).decode


def frame_of(text: str | bytes) -> Frame:
    """Decode a frame. Raises HansardError for one that this version does not know."""
    try:
        frame = _decode(text)
    except msgspec.MsgspecError as error:
        raise _unknown_frame() from error
    if frame.type in _TYPES or frame.entry is not None:
        return frame
    raise _unknown_frame(frame.type)


def _unknown_frame(kind: str = "") -> HansardError:
    named = f" of the type {kind!r}" if kind else ""
    return HansardError(
        f"The server sent a frame{named} that this version of the client does not know; "
        "install the version of the server."
    )


def error_of(problem: bytes) -> HansardError:
    """Return the error of a problem document; HansardError if its code is unknown."""
    try:
        fields: dict[str, Any] = msgspec.json.decode(problem, type=dict[str, Any])
    except msgspec.MsgspecError:
        return HansardError()
    code = str(fields.pop("type", "")).rpartition(":")[2]
    message, pointer = fields.pop("detail", None), fields.pop("pointer", None)
    for name in ("title", "status"):
        fields.pop(name, None)
    kind = next((kind for kind in _kinds(HansardError) if kind.code == code), HansardError)
    error = kind(message, pointer=pointer)
    error.details = fields
    return error


def _kinds(kind: type[HansardError]) -> Iterator[type[HansardError]]:
    yield kind
    for subclass in kind.__subclasses__():
        yield from _kinds(subclass)
