"""Hansard, the conversation database: the verbatim record of everything said.

::

    async with hansard.connect("sqlite:///chats.db") as db:
        ada = db.scope(tenant="acme", user="ada")
        talk = await ada.conversations.create(title="Trip to Rome")
        await ada.messages.append(talk.id, [hansard.user("Where do I sleep?")])
"""

from __future__ import annotations

from hansard.errors import HansardError
from hansard.model.drafts import Draft, assistant, system, tool, user
from hansard.services.database import Database, Services, connect
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
