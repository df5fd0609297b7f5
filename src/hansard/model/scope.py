from __future__ import annotations

from typing import Literal

import msgspec

Right = Literal["read", "write", "admin"]
"""`admin` may change what holds for the whole tenant."""
ALL_RIGHTS: frozenset[Right] = frozenset(("read", "write", "admin"))


class Scope(msgspec.Struct, frozen=True):
    """For whom something is done: every service is opened for a scope."""

    tenant: str
    user: str
    rights: frozenset[Right] = ALL_RIGHTS
