"""The state of records that can be moved to the trash."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from hansard.model.base import Record

State = Literal["active", "trashed", "importing", "purging"]
"""`trashed` records can be restored. `importing` and `purging` ones are incomplete: they are neither shown nor
exported, and background maintenance finishes what was interrupted."""

ACTIVE: dict[str, Any] = {"state": "active", "deleted_at": None}
"""The fields of a record that is restored."""
_TICK = timedelta(microseconds=1)


class Trashable(Record, frozen=True, kw_only=True):
    """A record that can be moved to the trash, restored and purged."""

    state: State = "active"
    deleted_at: datetime | None = None
    """When it was moved to the trash; None if it is not there."""

    @property
    def incomplete(self) -> bool:
        """Whether the record is being imported or purged."""
        return self.state in ("importing", "purging")


def trashed(at: datetime) -> dict[str, Any]:
    """Return the fields of a record that is moved to the trash."""
    return {"state": "trashed", "deleted_at": at}


def complete_state(deleted_at: datetime | None) -> State:
    """Return the state of a complete record with this `deleted_at`."""
    return "active" if deleted_at is None else "trashed"


def deletion_time(now: datetime, others: Iterable[datetime | None] = ()) -> datetime:
    """Return the `deleted_at` for a deletion: `now`, or the next later time that is not in `others`.

    Records that were deleted together are restored together by this time, so it must be unique even if the clock
    stands still.
    """
    used, at = set(others), now
    while at in used:
        at += _TICK
    return at
