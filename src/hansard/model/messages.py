from __future__ import annotations

from typing import Literal, get_args

from hansard.model.base import Digest, Entry, Id, JsonObject, Record, Versioned
from hansard.model.parts import Parts, text_of

Role = Literal["system", "user", "assistant", "tool"]
Finish = Literal[
    "stop", "length", "tool_call", "content_filter", "other", "cancelled", "interrupted", "error"
]
"""Why an answer ended. `content_filter`: the provider withheld the rest. `other`: for a reason of the provider's own,
which is in the message's `metadata` as `finish_reason`. `interrupted`: nobody said that it was complete."""
ROLES: tuple[Role, ...] = get_args(Role)
FINISHES: tuple[Finish, ...] = get_args(Finish)


class Message(Entry, frozen=True, kw_only=True):
    """One immutable utterance, at its place `(branch, seq)`.

    `seq` is the depth in the tree: 0 for the first message, dense along every path.
    """

    id: Id
    conversation_id: Id
    branch: Id
    seq: int
    parent_id: Id | None = None
    owner_id: str
    """Whose conversation it is in."""
    role: Role
    parts: Parts
    model: str | None = None
    """The model that said it, `provider/model`."""
    finish: Finish | None = None
    """Why a model stopped; None for what people wrote."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    run_id: Id | None = None
    group_id: Id | None = None
    """Shared by parallel answers to one prompt."""
    origin_id: Id | None = None
    """The message it was copied from, when conversations or branches were merged."""
    metadata: JsonObject = {}
    digest: Digest | None = None
    """The SHA-256 of what it says and of the digest of the message before it, so of all that leads to it; None if it
    was stored by a version without digests and its turn has not come."""

    @property
    def text(self) -> str:
        return text_of(self.parts)


class Rating(Versioned, frozen=True, kw_only=True):
    """What one user thinks of a message: -1, 0 or 1, and a note."""

    conversation_id: Id
    message_id: Id
    user_id: str
    value: int
    note: str = ""


class Summary(Record, frozen=True, kw_only=True):
    """What was said on a branch up to and including `seq`, in short; the originals stay."""

    conversation_id: Id
    branch: Id
    seq: int
    text: str
    model: str | None = None
