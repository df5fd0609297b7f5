"""Settings of users."""

from __future__ import annotations

from typing import Any

from hansard.model.base import Versioned


class Setting(Versioned, frozen=True, kw_only=True):
    """A named value of a user, any JSON."""

    user_id: str
    name: str
    value: Any
