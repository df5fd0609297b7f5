"""What users may do with records that they do not own: with artifacts that are shared with them, and public templates.

Grants are read in every transaction, so one that is revoked or expires ends at once, also between two chunks of a
stream.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Literal

from hansard.model.artifacts import Artifact
from hansard.model.base import Entry
from hansard.model.prompts import Prompt
from hansard.model.scope import Scope
from hansard.model.shares import Share
from hansard.storage.base import Reader
from hansard.storage.query import Query

Action = Literal["read", "write", "manage"]
"""`write` changes a record's content. `manage` is for its owner: to move it to the trash, share it, or move it."""
Grants = dict[str, set[Action]]
"""What a user may do, by the id of the record; records without grants are left out."""


def is_expired(share: Share, now: datetime) -> bool:
    """Return whether a share has expired."""
    return share.expires_at is not None and share.expires_at <= now


async def granted(
    tx: Reader, principal: Scope, record_type: type[Entry], ids: Collection[str], now: datetime
) -> Grants:
    """Return what records of a type grant to the principal."""
    source = _SOURCES.get(record_type)
    return await source(tx, principal, ids, now) if source is not None and ids else {}


async def _shares(tx: Reader, principal: Scope, ids: Collection[str], now: datetime) -> Grants:
    query = Query(Share).where(artifact_id__in=sorted(ids), user_id=principal.user, revoked_at=None)
    grants: defaultdict[str, set[Action]] = defaultdict(set)
    for share in await tx.select(query):
        if not is_expired(share, now):
            grants[share.artifact_id] |= {"read", share.right}
    return grants


async def _public(tx: Reader, _: Scope, ids: Collection[str], __: datetime) -> Grants:
    query = Query(Prompt).where(id__in=sorted(ids), public=True, agent_id=None)
    return {prompt.id: {"read"} for prompt in await tx.select(query)}


_Source = Callable[[Reader, Scope, Collection[str], datetime], Awaitable[Grants]]
_SOURCES: dict[type[Entry], _Source] = {Artifact: _shares, Prompt: _public}
"""How the grants of each type of record are read; records of other types are their owners' alone."""
