"""The scope of a service call."""

from __future__ import annotations

from typing import Literal

import msgspec

Right = Literal["read", "write", "admin"]
"""`admin` allows changes that apply to the whole tenant."""
ALL_RIGHTS: frozenset[Right] = frozenset(("read", "write", "admin"))


class Scope(msgspec.Struct, frozen=True):
    """The tenant, user and rights with which services act; every service is opened for a scope."""

    tenant: str
    user: str
    rights: frozenset[Right] = ALL_RIGHTS
