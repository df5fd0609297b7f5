"""Counters: they say what the conversations and messages say that are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from hansard.model.activity import MessageCounters
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.storage import message_tree
from hansard.storage.base import Reader
from hansard.storage.query import Query
from hansard.storage.verification.findings import Seen

_SUMS = (
    "conversations", "messages", "words", "characters", "tokens_in", "tokens_out",
    "engaged_seconds",
)  # fmt: skip
_KEY = ("owner_id", "project_id", "day", "hour", "role", "model")


def count_conversation(seen: Seen, conversation: Conversation) -> None:
    if conversation.state == "importing":
        return  # it is counted when all of it is there
    at = conversation.created_at
    key = (conversation.owner_id, conversation.project_id or "", at.date().isoformat(), at.hour)
    seen.sums[*key, "", "", "conversations"] += 1


def count_messages(
    seen: Seen, conversation: Conversation, messages: Sequence[Message], before: datetime | None
) -> None:
    """`before` is when the message was said that the first one follows."""
    for row in message_tree.activity(messages, conversation.project_id, before):
        for name in _SUMS:
            seen.sums[*(getattr(row, field) for field in _KEY), name] += getattr(row, name)


async def look(tx: Reader, seen: Seen) -> None:
    if await corrections(tx, seen):
        seen.find("counters", "do not say what the messages say", repairable=True)


async def corrections(tx: Reader, seen: Seen) -> list[MessageCounters]:
    """What must be added to the counters to make them right."""
    wanted = Counter(seen.sums)
    rows = await tx.aggregate(Query(MessageCounters), _KEY)
    for row in rows:
        for name in _SUMS:
            wanted[*(getattr(row, field) for field in _KEY), name] -= getattr(row, name)
    wrong: dict[tuple[object, ...], dict[str, int]] = {}
    for (*key, name), missing in wanted.items():
        if missing:
            wrong.setdefault(tuple(key), {})[str(name)] = missing
    at = datetime.now(UTC)
    return [
        msgspec.convert(
            {"tenant_id": tx.tenant, "created_at": at, **dict(zip(_KEY, key, strict=True)), **sums},
            MessageCounters,
        )
        for key, sums in wrong.items()
    ]
