"""The feed of changes."""

from __future__ import annotations

from hansard.model.base import Entry, Id, Ref

TRIMMED = "feed.trimmed"
"""The kind of a feed's first entry after older ones were deleted."""


class FeedEntry(Entry, frozen=True, kw_only=True):
    """One change, in the order in which changes became visible.

    A reader that continues after the last `position` it has seen misses nothing. The entry names the changed
    record; read the record for its new state.
    """

    position: int
    """Rises with every entry, by 1 or more."""
    user_id: str
    """The owner of the record."""
    kind: str
    """An `EventKind`, such as `message.created`, or `feed.trimmed` if earlier entries were deleted; a text, because
    an entry that another version stored may have a kind that this one does not know."""
    subject_id: Ref
    conversation_id: Id | None = None
    branch: Id | None = None
    seq: int | None = None
    """For `message.created`: the seq of the first appended message."""
    count: int = 1
    """The number of appended or deleted messages."""
