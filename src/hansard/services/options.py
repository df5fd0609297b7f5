"""Options of the chat and of artifact retention."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from hansard.errors import InvalidConfig


class ChatOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How answers are generated and stored. Raises InvalidConfig if a value is out of range."""

    model: str | None = None
    """The default model, in the form provider/model; None for the best available one."""
    max_history: int = 200
    """The maximum number of messages sent to a model; at least 1."""
    auto_save: bool = True
    """Store the events of a running answer; otherwise only the finished answer is stored."""
    save_interval: float = 0.2
    """Seconds between saves of a running answer; more than 0."""
    auto_title: bool = True
    """Title a conversation after its first exchange."""
    summarize: bool = True
    """Summarise messages that no longer fit into a model's context."""
    max_running: int = 64
    """The maximum number of concurrent runs in this process; further runs are queued."""
    first_token_timeout: float = 120.0
    token_timeout: float = 60.0
    attempts: int = 4
    """The maximum number of requests to a provider until the first output."""
    retry_pause: float = 0.5
    """Seconds before the second attempt; doubled for each further one."""

    def __post_init__(self) -> None:
        for name in ("max_history", "save_interval"):
            value = getattr(self, name)
            if (needed := needed_instead(name, value)) is not None:
                raise InvalidConfig(f"{name} is {value!r}; it must be {needed}.")


def needed_instead(name: str, value: Any) -> str | None:
    """Return what an option must be instead of a value out of range; None if the value is in range."""
    is_number = isinstance(value, int | float)
    if name == "max_history" and not (is_number and value >= 1):
        return "1 or more"
    if name == "save_interval" and not (is_number and 0 < value < math.inf):
        return "more than 0 seconds"
    return None


MAX_KEPT = 10_000
"""The maximum for revisions and days."""


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """The default for which revisions of an artifact are kept besides the newest; 0 keeps all."""

    keep_revisions: int = 0
    """The number of revisions kept, including the newest."""
    keep_days: int = 0
    """The age in days up to which revisions are kept."""
