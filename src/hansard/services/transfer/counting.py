"""The counters and the uses of blobs of imported messages, of which some may come before their parents."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from hansard.errors import InvalidInput, NotFound
from hansard.model.activity import MessageCounters
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.services.blobs import hold_blobs
from hansard.services.transfer.integrity import TreeCheck
from hansard.storage.base import Transaction
from hansard.storage.message_tree import activity


def count(
    conversation: Conversation, messages: Sequence[Message], tree: TreeCheck
) -> tuple[list[MessageCounters], list[list[Message]]]:
    """Return the counters of messages whose parents have come, and the other messages by branch."""
    counters: list[MessageCounters] = []
    early: list[list[Message]] = []
    for _, group in groupby(messages, lambda message: message.branch):
        alike = list(group)
        parent_id = alike[0].parent_id
        if parent_id is None or tree.has(parent_id):
            before = tree.time_of(parent_id)
            counters += activity(alike, conversation.project_id, before)
        else:
            early.append(alike)
    return counters, early


async def count_late(
    tx: Transaction, conversation: Conversation, message: Message, parent: Message
) -> None:
    """Correct the counters of an early message, which was counted as if it had no parent."""
    for sign, at in ((-1, None), (1, parent.created_at)):
        await tx.increment(*activity([message], conversation.project_id, at, sign))


async def hold(tx: Transaction, messages: Sequence[Message]) -> None:
    """Record which blobs messages use. Raises InvalidInput for one that the user does not have."""
    for message in messages:
        try:
            await hold_blobs(tx, [message], message.created_at)
        except NotFound:
            raise InvalidInput(
                f"Message {message.id} uses a blob that is not in the file."
            ) from None
