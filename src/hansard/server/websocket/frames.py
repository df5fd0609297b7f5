"""Frames that the server sends: replies, changes, events of runs, and `resync`.

Each is one JSON object in a text frame, with a `type`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hansard.errors import HansardError
from hansard.model.feed import FeedEntry
from hansard.model.runs import RunEvent
from hansard.server import errors
from hansard.server.errors import Problem
from hansard.services.feed.records import Carried

FrameId = str | int | None
_encode = msgspec.json.Encoder().encode


class Ok(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ok"):
    """The reply to a request that succeeded."""

    id: FrameId
    """The id of the request."""
    result: Any


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="error"):
    """The reply to a request that was rejected or failed. The connection stays open."""

    id: FrameId
    """The id of the request; null if it cannot be read."""
    problem: Problem
    """The same problem document as in REST responses."""


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A change."""

    type: str
    """The kind of the change, such as `artifact.updated`."""
    position: int
    """The position to resume from after a reconnect."""
    entry: FeedEntry
    record: Carried = msgspec.UNSET
    """The record as the receiver may see it when this is sent; null if it is gone, in the trash or not visible."""


class Delta(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="run.delta"):
    """The next event of a run."""

    event: RunEvent


class Resync(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="resync"):
    """Changes were missed that are no longer retained; the client must reload its state."""

    position: int
    """All changes after this position follow."""


def ok(request_id: FrameId, result: Any) -> bytes:
    return _encode(Ok(id=request_id, result=result))


def refused(request_id: FrameId, error: HansardError) -> bytes:
    body: Any = msgspec.Raw(errors.refusal(error).body)
    return _encode(Refused(id=request_id, problem=body))


def changed(entry: FeedEntry, record: Carried) -> bytes:
    frame = Changed(type=entry.kind, position=entry.position, entry=entry, record=record)
    return _encode(frame)


def delta(event: RunEvent) -> bytes:
    return _encode(Delta(event=event))


def resync(position: int) -> bytes:
    return _encode(Resync(position=position))
