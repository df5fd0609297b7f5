"""Hansard, the conversation database: the verbatim record of everything said.

::

    async with hansard.connect("sqlite:///chats.db") as db:
        ada = db.scope(tenant="acme", user="ada")
        talk = await ada.conversations.create(title="Trip to Rome")
        await ada.messages.append(talk.id, [hansard.user("Where do I sleep?")])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hansard.database import Database, Services, connect
    from hansard.errors import HansardError
    from hansard.model.drafts import Draft, assistant, system, tool, user
    from hansard.services.options import ChatOptions

__version__ = "0.1.0"

__all__ = [
    "ChatOptions",
    "Database",
    "Draft",
    "HansardError",
    "Services",
    "assistant",
    "connect",
    "system",
    "tool",
    "user",
]

_HOMES = {
    "hansard.errors": ("HansardError",),
    "hansard.model.drafts": ("Draft", "assistant", "system", "tool", "user"),
    "hansard.database": ("Database", "Services", "connect"),
    "hansard.services.options": ("ChatOptions",),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: `hansard --version` asks for nothing."""
    for module, names in _HOMES.items():
        if name in names:
            found = globals()[name] = getattr(import_module(module), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
