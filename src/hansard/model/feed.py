from __future__ import annotations

from hansard.model.base import Entry, Id, Ref

TRIMMED = "feed.trimmed"
"""The kind of the entry with which a feed begins whose older entries are no longer kept."""


class FeedEntry(Entry, frozen=True, kw_only=True):
    """One change, in the order in which changes became visible.

    A reader that asks for what comes after the last `position` it saw misses nothing. The entry says
    what changed, not how: read the record for that.
    """

    position: int
    """Rises with every entry; the steps may be larger than 1."""
    user_id: str
    """Whose record it is."""
    kind: str
    """Such as `conversation.updated` or `message.created`; `feed.trimmed` if what came before is no longer kept."""
    subject_id: Ref
    conversation_id: Id | None = None
    branch: Id | None = None
    seq: int | None = None
    """For `message.created`: the place of the first message of the append."""
    count: int = 1
    """How many messages the append or the deletion had."""
