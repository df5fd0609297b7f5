"""Frames that the server sends: replies, changes, what a run says, and that something was missed.

Each is one JSON object in a text frame; `type` says which.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hansard.errors import HansardError
from hansard.model.feed import FeedEntry
from hansard.model.runs import RunEvent
from hansard.server import errors
from hansard.server.errors import Problem

FrameId = str | int | None
_encode = msgspec.json.Encoder().encode


class Ok(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ok"):
    """A request was done."""

    id: FrameId
    """The request's."""
    result: Any


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="error"):
    """A request was refused, or failed. The connection goes on."""

    id: FrameId
    """The request's; null if it cannot be read."""
    problem: Problem
    """The same problem document that REST answers with."""


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """Something changed."""

    type: str
    """The kind of the change, such as `artifact.updated`."""
    position: int
    """To come back with: all that comes after it has not been told yet."""
    entry: FeedEntry


class Delta(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="run.delta"):
    """A run's next event."""

    event: RunEvent


class Resync(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="resync"):
    """Changes were missed that can no longer be told: what the client knows must be read anew."""

    position: int
    """From here on everything is told again."""


def ok(request_id: FrameId, result: Any) -> bytes:
    return _encode(Ok(id=request_id, result=result))


def refused(request_id: FrameId, error: HansardError) -> bytes:
    body: Any = msgspec.Raw(errors.refusal(error).body)
    return _encode(Refused(id=request_id, problem=body))


def changed(entry: FeedEntry) -> bytes:
    return _encode(Changed(type=entry.kind, position=entry.position, entry=entry))


def delta(event: RunEvent) -> bytes:
    return _encode(Delta(event=event))


def resync(position: int) -> bytes:
    return _encode(Resync(position=position))
