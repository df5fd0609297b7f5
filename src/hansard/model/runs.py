"""Runs: generations of answers, and their events."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from hansard.model.applied import Applied
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
    """The provider's error: `status`, `type`, `code` and `message`, as far as they are known."""


class Run(Record, frozen=True, kw_only=True):
    """The generation of one answer. It continues when the client that started it disconnects."""

    owner_id: str
    """The owner of the conversation."""
    author_id: str | None = None
    """The user who asked for the answer; None in runs that were stored before authors were recorded."""
    conversation_id: Id
    branch: Id
    """The branch to which the answer is appended."""
    prompt_id: Id | None
    """The message that is answered: the head of the branch when the run started."""
    message_id: Id
    """The id of the answer, also before it is stored."""
    group_id: Id | None = None
    request_id: Id | None = None
    """The client's id of the request (for a prompt: the prompt's id), which makes repeated requests idempotent."""
    model: str
    status: RunStatus = "queued"
    mode: RunMode = "answer"
    """Whether it answers a prompt, continues an answer that was cut off, or takes part in a dialogue of models."""
    options: JsonObject = {}
    """Options for the model, such as `temperature`."""
    applied: Applied = Applied()
    """The agent, the rules and the template that applied, as they were."""
    worker: str = ""
    """The process that generates the answer."""
    lease_until: datetime
    """The time at which the run counts as interrupted, unless that process renews its lease."""
    cancel_requested: bool = False
    tokens_in: int | None = None
    tokens_out: int | None = None
    error: RunError | None = None
    ended_at: datetime | None = None


class RunEvent(Entry, frozen=True, kw_only=True):
    """One event of a run's stream, numbered from 1.

    `text` and `reasoning` carry the added text; `tool_call`, `image` and `data` carry a part of the message as
    `data`; the event that ends the run carries the message.
    """

    run_id: Id
    number: int
    type: RunEventType
    text: str = ""
    data: JsonObject = {}
