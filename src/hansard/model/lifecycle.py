"""What is neither there nor gone: records that are being imported or purged have a `deleted_at` that says so."""

from __future__ import annotations

from datetime import UTC, datetime

from hansard.model.artifacts import Artifact
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation

IMPORTING = datetime(1970, 1, 1, tzinfo=UTC)
"""The `deleted_at` of a conversation that an import has not finished."""
PURGED = datetime(1970, 1, 2, tzinfo=UTC)
"""The `deleted_at` of what cannot be restored any more."""


def is_halfway(record: Conversation | Branch | Artifact) -> bool:
    """Whether it is being imported or purged: others finish that, so it need not make sense."""
    return record.deleted_at is not None and record.deleted_at <= PURGED
