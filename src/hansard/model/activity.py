"""What is counted while it happens, so that statistics never scan."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hansard.model.base import Entry


class MessageCounters(Entry, frozen=True, kw_only=True):
    """Sums over the messages of one owner, project, hour (UTC), role and model.

    The hour's conversations are those that began in it, counted with role ``""``.
    """

    owner_id: str
    project_id: str = ""
    day: str
    """Such as `2026-11-21`."""
    hour: int
    role: str
    model: str = ""
    slot: int = 0
    """Counters that many writers share are kept in several rows, so that they need not queue."""
    conversations: int = 0
    messages: int = 0
    words: int = 0
    characters: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    engaged_seconds: int = 0
    """Gaps of under 30 minutes between messages and those that they follow."""


class ModelUse(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    messages: int
    tokens_in: int | None
    """Of the messages that say; None where none does."""
    tokens_out: int | None


class DayUse(msgspec.Struct, frozen=True, kw_only=True):
    day: str
    messages: int
    tokens_in: int | None
    """Of the messages that say; None where none does."""
    tokens_out: int | None


class HourUse(msgspec.Struct, frozen=True, kw_only=True):
    hour: int
    messages: int


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    term: str
    messages: int
    """Messages, of those looked at, in which the term occurs."""


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """Statistics of a user, or of one of the user's projects. What is in the trash, or temporary, counts."""

    conversations: int
    messages: int
    by_role: dict[str, int]
    words: int
    characters: int
    average_words: float
    """Words per message."""
    tokens_in: int | None
    """Of the messages that say; None where none does."""
    tokens_out: int | None
    engaged_seconds: int
    first_at: datetime | None
    """The hour of the first message."""
    last_at: datetime | None
    by_model: list[ModelUse]
    by_day: list[DayUse]
    by_hour: list[HourUse]
    """All 24 hours of the day, in the time zone asked for."""
    topics: list[Topic]
