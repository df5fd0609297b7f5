from __future__ import annotations

from datetime import datetime

from hansard.model.base import Digest, Id, Record


class Branch(Record, frozen=True, kw_only=True):
    """A named tip in a conversation's tree.

    A branch owns the messages after `fork_seq`; what comes before is read from the branch it left.
    So a fork is one row, and the path to any head is a few ranges of `(branch, seq)`.
    """

    conversation_id: Id
    name: str
    parent_branch: Id | None = None
    """The branch it left; None for the main branch."""
    fork_seq: int = -1
    """The seq of the last message shared with `parent_branch`; -1 when nothing is shared."""
    head_seq: int = -1
    """The seq of its last message, whether its own or shared; -1 when the path is empty."""
    head_id: Id | None = None
    head_digest: Digest | None = None
    """The digest of its last message, and so of all messages that lead to it."""
    model: str | None = None
    """Whose answer it goes on with, where several answered side by side: who answers here if a prompt does not say."""
    cut_from: Id | None = None
    """In the trash: the branch that its messages were on, and go back to if nothing else was said."""
    deleted_at: datetime | None = None
