from __future__ import annotations

from hansard.model.base import JsonObject, Versioned


class Tenant(Versioned, frozen=True, kw_only=True):
    """The wall: nothing is shared across it."""

    name: str = ""
    instructions: str = ""
    """System instructions for every conversation in the tenant."""


class User(Versioned, frozen=True, kw_only=True):
    """A person or a service in a tenant; owns conversations."""

    id: str
    name: str = ""
    traits: JsonObject = {}
