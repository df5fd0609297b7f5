"""Verifies the counters: they must equal the sums over the stored conversations and messages."""

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
from hansard.storage.verification.findings import Collector

_SUMS = (
    "conversations", "messages", "words", "characters", "tokens_in", "tokens_out",
    "engaged_seconds",
)  # fmt: skip
_KEY = ("owner_id", "project_id", "day", "hour", "role", "model")


def count_conversation(collector: Collector, conversation: Conversation) -> None:
    if conversation.state == "importing":
        return  # it is counted when all of it is stored
    at = conversation.created_at
    key = (conversation.owner_id, conversation.project_id or "", at.date().isoformat(), at.hour)
    collector.sums[*key, "", "", "conversations"] += 1


def count_messages(
    collector: Collector,
    conversation: Conversation,
    messages: Sequence[Message],
    before: datetime | None,
) -> None:
    """Add messages to the expected counters; `before` is the time of the message before the first one."""
    for row in message_tree.activity(messages, conversation.project_id, before):
        for name in _SUMS:
            collector.sums[*(getattr(row, field) for field in _KEY), name] += getattr(row, name)


async def verify_counters(tx: Reader, collector: Collector) -> None:
    if await corrections(tx, collector):
        collector.find("counters", "do not match the messages", repairable=True)


async def corrections(tx: Reader, collector: Collector) -> list[MessageCounters]:
    """Return what must be added to the counters to correct them."""
    wanted = Counter(collector.sums)
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
