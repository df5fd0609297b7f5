"""The results of lists and searches."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import msgspec

from hansard.model.conversations import Conversation
from hansard.model.messages import Message

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list. `next` is the cursor of the following page; None at the end."""

    items: list[T]
    next: str | None


class MessagePage(msgspec.Struct, frozen=True):
    """Consecutive messages of one path, oldest first.

    `before` and `after` are the message ids to request the neighbouring pages with; None at an end of the path.
    """

    items: list[Message]
    before: str | None
    after: str | None


MatchWords = Literal["any", "all"]
"""Whether a search finds messages with some of its words, after those with all, or only the latter."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A search result."""

    message: Message
    conversation: Conversation
    snippet: str
    """An excerpt around the first match, plain text."""
    marks: list[tuple[int, int]]
    """The matches in the snippet: start and end offsets, in characters."""
    score: float
    """Higher is better; comparable within one search."""
