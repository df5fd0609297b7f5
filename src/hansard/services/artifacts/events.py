"""Feed entries about artifacts: for the owner, and for the users it is shared with at the time.

Other users see only the artifact's id, not where it was created.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from hansard.access.grants import is_expired
from hansard.model.artifacts import Artifact
from hansard.model.event_kinds import EventKind
from hansard.model.shares import Share
from hansard.storage.base import Change, Reader, Transaction
from hansard.storage.query import Query


async def publish(tx: Transaction, artifact: Artifact, kind: EventKind, at: datetime) -> None:
    """Publish a change to everyone who may see the artifact."""
    others = await _recipients(tx, [artifact], at)
    await tx.publish(_owner_change(artifact, kind, at), *_other_changes(others, kind, at))


async def publish_to_owner(
    tx: Transaction, artifact: Artifact, kind: EventKind, at: datetime, *besides: str | None
) -> None:
    """Publish a change to the artifact's owner and to `besides`, users who may have lost access."""
    recipients = [(artifact.id, user) for user in besides if user is not None]
    await tx.publish(_owner_change(artifact, kind, at), *_other_changes(recipients, kind, at))


async def publish_to_others(
    tx: Transaction, artifacts: Sequence[Artifact], kind: EventKind, at: datetime
) -> None:
    """Publish a change of artifacts to the users they are shared with; the owner gets the conversation's entry."""
    await tx.publish(*_other_changes(await _recipients(tx, artifacts, at), kind, at))


async def _recipients(
    tx: Reader, artifacts: Sequence[Artifact], now: datetime
) -> list[tuple[str, str]]:
    """Return pairs of artifact id and user, one for each valid share."""
    ids = [artifact.id for artifact in artifacts]
    query = Query(Share).where(artifact_id__in=ids, user_id__ne=None, revoked_at=None)
    shares = await tx.select(query) if ids else []
    return sorted(
        {(s.artifact_id, s.user_id) for s in shares if s.user_id and not is_expired(s, now)}
    )


def _owner_change(artifact: Artifact, kind: EventKind, at: datetime) -> Change:
    location: dict[str, Any] = {
        "conversation_id": artifact.conversation_id,
        "branch": artifact.branch,
    }
    return Change(user_id=artifact.owner_id, kind=kind, subject_id=artifact.id, at=at, **location)


def _other_changes(
    recipients: Iterable[tuple[str, str]], kind: EventKind, at: datetime
) -> list[Change]:
    return [
        Change(user_id=user, kind=kind, subject_id=artifact_id, at=at)
        for artifact_id, user in recipients
    ]
