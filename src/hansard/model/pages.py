"""What lists and searches answer with."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from hansard.model.conversations import Conversation
from hansard.model.messages import Message

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items of a list, and the cursor for the following ones; None at the end."""

    items: list[T]
    next: str | None


class MessagePage(msgspec.Struct, frozen=True):
    """Consecutive messages of one path, oldest first.

    `before` and `after` are the ids to ask with for the neighbouring pages; None where the path ends.
    """

    items: list[Message]
    before: str | None
    after: str | None


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a search found."""

    message: Message
    conversation: Conversation
    snippet: str
    """An excerpt around the first match, plain text."""
    marks: list[tuple[int, int]]
    """Where the matches are in the snippet: start and end, in characters."""
    score: float
    """Higher is better; comparable within one search."""
