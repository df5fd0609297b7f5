"""Tenants and users."""

from __future__ import annotations

from hansard.model.base import JsonObject, Versioned


class Tenant(Versioned, frozen=True, kw_only=True):
    """An isolated set of users and their data; nothing is shared between tenants."""

    name: str = ""
    instructions: str = ""
    """System instructions for every conversation in the tenant."""


class User(Versioned, frozen=True, kw_only=True):
    """A person or a service in a tenant, who owns conversations."""

    id: str
    name: str = ""
    traits: JsonObject = {}
