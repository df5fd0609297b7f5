"""Tenants, users and their settings."""

from __future__ import annotations

from typing import Any

from hansard.model.settings import Setting
from hansard.model.users import Tenant, User
from hansard.storage.schema import Reference, Table

TABLES: tuple[Table[Any], ...] = (
    Table(
        Tenant,
        "tenants",
        owner="tenant",
        exported=None,
        events=("tenant.updated",),
        topic="users",
        key=(),
    ),
    Table(
        User,
        "users",
        owner="id",
        exported="user",
        events=("user.updated",),
        references=(Reference((), Tenant, (), belongs=True),),
    ),
    Table(
        Setting,
        "settings",
        owner="user_id",
        exported="setting",
        events=("setting.updated", "setting.deleted"),
        key=("user_id", "name"),
        references=(Reference(("user_id",), User, belongs=True),),
    ),
)
