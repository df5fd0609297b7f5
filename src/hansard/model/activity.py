"""Counters that are updated with every change, so that statistics never scan messages."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hansard.model.base import Entry


class MessageCounters(Entry, frozen=True, kw_only=True):
    """Sums over the messages of one owner, project, hour (UTC), role and model.

    Conversations are counted in the hour of their creation, with the role ``""``.
    """

    owner_id: str
    project_id: str = ""
    day: str
    """For example `2026-11-21`."""
    hour: int
    role: str
    model: str = ""
    slot: int = 0
    """Counters with many writers are spread over several rows, so that the writers do not wait for each other."""
    conversations: int = 0
    messages: int = 0
    words: int = 0
    characters: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    engaged_seconds: int = 0
    """The sum of the gaps between consecutive messages, without gaps of 30 minutes or more."""


class ModelUse(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    messages: int
    tokens_in: int | None
    """The sum over messages that have token counts; None if none has."""
    tokens_out: int | None


class DayUse(msgspec.Struct, frozen=True, kw_only=True):
    day: str
    messages: int
    tokens_in: int | None
    """The sum over messages that have token counts; None if none has."""
    tokens_out: int | None


class HourUse(msgspec.Struct, frozen=True, kw_only=True):
    hour: int
    messages: int


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    term: str
    messages: int
    """The number of sampled messages that contain the term."""


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """Statistics of a user, or of one of the user's projects. Trashed and temporary conversations count as well."""

    conversations: int
    messages: int
    by_role: dict[str, int]
    words: int
    characters: int
    average_words: float
    """Words per message."""
    tokens_in: int | None
    """The sum over messages that have token counts; None if none has."""
    tokens_out: int | None
    engaged_seconds: int
    first_at: datetime | None
    """The hour of the first message."""
    last_at: datetime | None
    by_model: list[ModelUse]
    by_day: list[DayUse]
    by_hour: list[HourUse]
    """All 24 hours of the day, in the requested time zone."""
    topics: list[Topic]
