"""The states of deletion: special values of `deleted_at` mark records that are being imported or purged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hansard.model.artifacts import Artifact
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation

IMPORTING = datetime(1970, 1, 1, tzinfo=UTC)
"""The `deleted_at` of a conversation whose import is not finished."""
PURGED = datetime(1970, 1, 2, tzinfo=UTC)
"""The `deleted_at` of records that are being purged and cannot be restored."""

_TICK = timedelta(microseconds=1)


def is_halfway(record: Conversation | Branch | Artifact) -> bool:
    """Whether the record is being imported or purged, so that it may be incomplete."""
    return record.deleted_at is not None and record.deleted_at <= PURGED


def deletion_time(now: datetime, others: Iterable[datetime | None] = ()) -> datetime:
    """Return the `deleted_at` for a deletion: `now`, or the next later time that is not in `others`.

    Records that were deleted together are restored together by this time, so it must be unique even if the clock
    stands still, and later than the special values above even if the clock is at the epoch.
    """
    used = set(others)
    at = max(now, PURGED + _TICK)
    while at in used:
        at += _TICK
    return at
