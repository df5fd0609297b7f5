"""What is neither there nor gone: records that are being imported or purged have a `deleted_at` that says so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hansard.model.artifacts import Artifact
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation

IMPORTING = datetime(1970, 1, 1, tzinfo=UTC)
"""The `deleted_at` of a conversation that an import has not finished."""
PURGED = datetime(1970, 1, 2, tzinfo=UTC)
"""The `deleted_at` of what cannot be restored any more."""

_TICK = timedelta(microseconds=1)


def is_halfway(record: Conversation | Branch | Artifact) -> bool:
    """Whether it is being imported or purged: others finish that, so it need not make sense."""
    return record.deleted_at is not None and record.deleted_at <= PURGED


def deletion_time(now: datetime, others: Iterable[datetime | None] = ()) -> datetime:
    """The `deleted_at` of a deletion: now, or as soon after as no other deletion and no mark has it.

    What went together comes back together by this time, and a clock may stand still, or be at the epoch.
    """
    taken = set(others)
    at = max(now, PURGED + _TICK)
    while at in taken:
        at += _TICK
    return at
