"""Tenants and users."""

from __future__ import annotations

from hansard.model.base import JsonObject, Names, Versioned


class Tenant(Versioned, frozen=True, kw_only=True):
    """An isolated set of users and their data; nothing is shared between tenants."""

    name: str = ""
    instructions: str = ""
    """System instructions for every conversation in the tenant."""
    model: str | None = None
    """The default model, `provider/model`; None: the server's."""
    options: JsonObject = {}
    """Options for the model, such as `temperature`."""
    rules: Names = ()
    """The ids of rules that apply to every prompt in the tenant."""


class User(Versioned, frozen=True, kw_only=True):
    """A person or a service in a tenant, who owns conversations."""

    id: str
    name: str = ""
    traits: JsonObject = {}
    instructions: str = ""
    """System instructions for the user's conversations, added after those of the tenant."""
    model: str | None = None
    """The default model, `provider/model`; None inherits it."""
    options: JsonObject = {}
    """Options for the model; those that are not set are inherited."""
    rules: Names = ()
    """The ids of rules that apply to every prompt of the user."""
