"""Branches of a conversation."""

from __future__ import annotations

import msgspec

from hansard.model.base import Digest, Id
from hansard.model.lifecycle import Trashable


class Branch(Trashable, frozen=True, kw_only=True):
    """A named path through a conversation's tree of messages.

    A branch owns the messages after `fork_seq`; earlier ones are read from its parent branch.
    So a fork is one row, and the path to any head is a few ranges of `(branch, seq)`.
    """

    conversation_id: Id
    name: str
    parent_branch: Id | None = None
    """The branch from which it was forked; None for the main branch."""
    fork_seq: int = -1
    """The seq of the last message shared with `parent_branch`; -1 when nothing is shared."""
    head_seq: int = -1
    """The seq of its last message, its own or shared; -1 when the path is empty."""
    head_id: Id | None = None
    head_digest: Digest | None = None
    """The digest of its last message, which covers all messages before it."""
    model: str | None = None
    """The model of the parallel answer that it continues; the default model for prompts on this branch."""
    cut_from: Id | None = None
    """In the trash: the branch from which its messages were deleted; a restore returns them to it if it can."""


class BranchList(msgspec.Struct, frozen=True, kw_only=True):
    """The branches of a conversation."""

    items: list[Branch]
    current: Id
    """The branch that the user has selected."""
