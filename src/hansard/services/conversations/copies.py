"""Copies of messages at the end of a branch, for merges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from hansard.ids import new_id
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.services.artifacts.extraction import artifacts_of_message
from hansard.services.conversations.messages import append_with_side_effects
from hansard.storage.base import Append, Transaction

BATCH = 500


async def append_copies(
    tx: Transaction,
    viewer: str,
    conversation: Conversation,
    branch: str,
    messages: Sequence[Message],
    now: datetime,
) -> list[Message]:
    """Append copies of messages and of their artifacts to a branch of a conversation; return the copies.

    They have new ids, the original times and the original ids as `origin_id`.
    """
    copies = [_copy(message, conversation) for message in messages]
    artifacts = {
        c.id: await artifacts_of_message(tx, m.id) for c, m in zip(copies, messages, strict=True)
    }
    stored: list[Message] = []
    for i in range(0, len(copies), BATCH):
        request = Append(
            conversation_id=conversation.id,
            owner_id=viewer,
            viewer=viewer,
            messages=tuple(copies[i : i + BATCH]),
            branch=branch,
            fork_id=new_id(),
            at=now,
        )
        stored += await append_with_side_effects(tx, request, artifacts)
    return stored


def _copy(message: Message, conversation: Conversation) -> Message:
    return msgspec.structs.replace(
        message,
        id=new_id(),
        conversation_id=conversation.id,
        run_id=None,
        group_id=None,
        origin_id=message.id,
    )
