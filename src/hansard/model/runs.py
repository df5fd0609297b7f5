from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from hansard.model.base import Entry, Id, JsonObject, Record

RunStatus = Literal["queued", "running", "completed", "failed", "cancelled", "interrupted"]
RunEventType = Literal[
    "started",
    "text",
    "reasoning",
    "tool_call",
    "image",
    "data",
    "completed",
    "failed",
    "cancelled",
    "interrupted",
]
RunMode = Literal["answer", "continue", "dialogue"]
ENDED: frozenset[str] = frozenset({"completed", "failed", "cancelled", "interrupted"})


class RunError(msgspec.Struct, frozen=True, omit_defaults=True):
    code: str
    message: str
    details: JsonObject = {}
    """What the provider said: `status`, `type`, `code` and `message`, as far as there are such."""


class Run(Record, frozen=True, kw_only=True):
    """One generation. It belongs to the database, not to whoever asked for it."""

    owner_id: str
    conversation_id: Id
    branch: Id
    """Where the answer goes."""
    prompt_id: Id | None
    """The message that is answered: the head of the branch when the run began."""
    message_id: Id
    """The id that the answer has, or will have."""
    group_id: Id | None = None
    request_id: Id | None = None
    """The client's id of the request that asked for it (of a prompt: the prompt's id), by which it can be repeated."""
    model: str
    status: RunStatus = "queued"
    mode: RunMode = "answer"
    """Whether it answers, goes on with its own answer, or talks with other models."""
    options: JsonObject = {}
    """What the model was asked with, such as `temperature`."""
    worker: str = ""
    """The process that generates."""
    lease_until: datetime
    """Until when that process is believed alive without a sign of life."""
    cancel_requested: bool = False
    tokens_in: int | None = None
    tokens_out: int | None = None
    error: RunError | None = None
    ended_at: datetime | None = None


class RunEvent(Entry, frozen=True, kw_only=True):
    """One numbered step of a run's stream; numbers start at 1.

    `text` and `reasoning` carry what was added; `tool_call`, `image` and `data` carry a part of the message as
    `data`; the event that ends the run carries the message.
    """

    run_id: Id
    number: int
    type: RunEventType
    text: str = ""
    data: JsonObject = {}
