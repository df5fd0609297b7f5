"""What an event carries that is no record of its own. The kinds of events are in `event_kinds`."""

from __future__ import annotations

import msgspec

from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """What an append changed, as it is when the event is sent."""

    conversation: Conversation
    branch: Branch
    messages: list[Message]
    """The messages that the events sent together appended to the branch, oldest first; empty if they are more than
    50 or larger than 256 KiB: read them."""
