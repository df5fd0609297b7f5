"""Messages, ratings and summaries."""

from __future__ import annotations

from typing import Literal, get_args

from hansard.model.base import Digest, Entry, Id, JsonObject, Record, Versioned
from hansard.model.parts import Parts, text_of

Role = Literal["system", "user", "assistant", "tool"]
Finish = Literal[
    "stop", "length", "tool_call", "content_filter", "other", "cancelled", "interrupted", "error"
]
"""Why an answer ended. `content_filter`: the provider withheld the rest. `other`: another reason of the provider,
which is in the message's `metadata` as `finish_reason`. `interrupted`: the stream ended without a finish reason."""
OnConflict = Literal["error", "append", "fork"]
"""If the head of a branch is not the expected one: raise HeadConflict, append to it, or fork from the expected head."""
ROLES: tuple[Role, ...] = get_args(Role)
FINISHES: tuple[Finish, ...] = get_args(Finish)


class Message(Entry, frozen=True, kw_only=True):
    """One immutable message, at the position `(branch, seq)`.

    `seq` is the depth in the tree: 0 for the first message, without gaps along every path.
    """

    id: Id
    conversation_id: Id
    branch: Id
    seq: int
    parent_id: Id | None = None
    owner_id: str
    """The owner of the conversation."""
    author_id: str | None = None
    """The user who wrote it; None if a model or a tool did, or if it was stored before authors were recorded."""
    role: Role
    parts: Parts
    model: str | None = None
    """The model that generated it, `provider/model`."""
    finish: Finish | None = None
    """Why the model stopped; None for a person's message."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    run_id: Id | None = None
    group_id: Id | None = None
    """Shared by the parallel answers to one prompt."""
    origin_id: Id | None = None
    """The message it was copied from, when conversations or branches were merged."""
    metadata: JsonObject = {}
    digest: Digest | None = None
    """The SHA-256 of its content and of the digest of the message before it, so it covers the whole path; None if an
    older version stored the message and its digest has not been computed yet."""

    @property
    def text(self) -> str:
        return text_of(self.parts)


class Rating(Versioned, frozen=True, kw_only=True):
    """A user's rating of a message: -1, 0 or 1, and a note."""

    conversation_id: Id
    message_id: Id
    user_id: str
    value: int
    note: str = ""


class Summary(Record, frozen=True, kw_only=True):
    """A summary of a branch's messages up to and including `seq`; the messages remain."""

    conversation_id: Id
    branch: Id
    seq: int
    text: str
    model: str | None = None
