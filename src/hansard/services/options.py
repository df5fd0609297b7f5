from __future__ import annotations

import msgspec


class ChatOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How answers are made and kept."""

    model: str | None = None
    """The model that answers where nothing else says which; None: the best there is."""
    max_history: int = 200
    """Messages that are sent to a model, at the most."""
    auto_save: bool = True
    """Keep an answer's events while it comes; without, only the finished answer."""
    save_interval: float = 0.2
    """Seconds between two savings of a running answer."""
    auto_title: bool = True
    """Title a conversation after its first exchange."""
    summarize: bool = True
    """Summarise what no longer fits into a model's window."""
    max_running: int = 64
    """Answers that are made at once, in this process; further runs wait for their turn."""
    first_token_timeout: float = 120.0
    token_timeout: float = 60.0
    attempts: int = 4
    """How often a provider is asked before anything was said."""
    retry_pause: float = 0.5
    """Seconds before the second attempt; twice as long before each further one."""


MAX_KEPT = 10_000
"""Revisions, or days."""


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """Which revisions of an artifact are kept besides the newest, where its owner does not say; 0 keeps all."""

    keep_revisions: int = 0
    """So many, the newest included."""
    keep_days: int = 0
    """Those that are not older."""
