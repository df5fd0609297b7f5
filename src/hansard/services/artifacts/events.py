"""Who hears of an artifact: its owner, and whoever it is shared with for as long as that lasts.

Where an artifact was made is its owner's business: others hear which it is, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from hansard.model.artifacts import Artifact
from hansard.model.shares import Share
from hansard.storage.base import Change, Reader, Transaction
from hansard.storage.query import Query


def is_over(share: Share, now: datetime) -> bool:
    return share.expires_at is not None and share.expires_at <= now


async def tell(tx: Transaction, artifact: Artifact, kind: str, at: datetime) -> None:
    """Report a change to all who may see the artifact."""
    others = await _others(tx, [artifact], at)
    await tx.publish(_to_owner(artifact, kind, at), *_to_others(others, kind, at))


async def tell_owner(
    tx: Transaction, artifact: Artifact, kind: str, at: datetime, *besides: str | None
) -> None:
    """Report to the artifact's owner, and to some users besides, who need not see it any more."""
    named = [(artifact.id, user) for user in besides if user is not None]
    await tx.publish(_to_owner(artifact, kind, at), *_to_others(named, kind, at))


async def tell_others(
    tx: Transaction, artifacts: Sequence[Artifact], kind: str, at: datetime
) -> None:
    """Report to those whom artifacts are shared with what the owner hears of the conversation."""
    await tx.publish(*_to_others(await _others(tx, artifacts, at), kind, at))


async def _others(
    tx: Reader, artifacts: Sequence[Artifact], now: datetime
) -> list[tuple[str, str]]:
    """Artifacts, each with a user that it is shared with."""
    ids = [artifact.id for artifact in artifacts]
    valid = Query(Share).where(artifact_id__in=ids, user_id__ne=None, revoked_at=None)
    shares = await tx.select(valid) if ids else []
    return sorted({(s.artifact_id, s.user_id) for s in shares if s.user_id and not is_over(s, now)})


def _to_owner(artifact: Artifact, kind: str, at: datetime) -> Change:
    place: dict[str, Any] = {
        "conversation_id": artifact.conversation_id,
        "branch": artifact.branch,
    }
    return Change(user_id=artifact.owner_id, kind=kind, subject_id=artifact.id, at=at, **place)


def _to_others(named: Iterable[tuple[str, str]], kind: str, at: datetime) -> list[Change]:
    return [Change(user_id=user, kind=kind, subject_id=key, at=at) for key, user in named]
