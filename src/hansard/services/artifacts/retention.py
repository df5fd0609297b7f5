"""Letting go of old revisions: those that are too many or too old for their owner, or else for the installation.

The newest one stays, and so does one that a link shows for ever, as long as the link is good. An artifact goes on
counting where it was, so a number is never given twice. Each artifact is looked at again in the unit that takes
something from it: who is killed, does it twice or beside others does no harm.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from hansard.model.artifacts import Artifact, Revision
from hansard.model.lifecycle import is_halfway
from hansard.model.settings import Setting
from hansard.model.shares import Share
from hansard.services.artifacts.contents import collect
from hansard.services.artifacts.events import is_over
from hansard.services.options import Retention
from hansard.services.users.settings import KEEP_DAYS, KEEP_REVISIONS, may_be_kept
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.query import Query

BATCH = 200

_FIELDS = {KEEP_REVISIONS: "keep_revisions", KEEP_DAYS: "keep_days"}


async def retire(storage: Storage, tenant: str, now: datetime, default: Retention) -> int:
    """Remove the revisions that need not be kept; returns how many."""
    rules = await storage.read(tenant, lambda tx: _rules(tx, default))
    if not rules and default == Retention():
        return 0
    query = Query(Artifact).where(revision__gt=1).by("id")
    if default == Retention():
        query = query.where(owner_id__in=sorted(rules))
    count, after = 0, None
    while True:
        page = query.page(BATCH, after)
        artifacts = await storage.read(tenant, lambda tx, q=page: tx.select(q))
        for artifact in artifacts:
            rule = rules.get(artifact.owner_id, default)
            while gone := await _thin(storage, artifact, rule, now):
                count += gone
        if len(artifacts) < BATCH:
            break
        after = (artifacts[-1].id,)
    if count:
        await storage.erase()
    return count


async def _rules(tx: Reader, default: Retention) -> dict[str, Retention]:
    """What users want, of those who say something."""
    found: dict[str, Retention] = {}
    for setting in await tx.select(Query(Setting).where(name__in=list(_FIELDS))):
        rule = found.get(setting.user_id, default)
        if may_be_kept(setting.value):
            wanted: dict[str, Any] = {_FIELDS[setting.name]: setting.value}
            found[setting.user_id] = msgspec.structs.replace(rule, **wanted)
    return found


async def _thin(storage: Storage, artifact: Artifact, rule: Retention, now: datetime) -> int:
    """Remove some revisions of an artifact; returns how many."""

    async def work(tx: Transaction) -> int:
        newest = await tx.get(Artifact, artifact.id, lock=True)
        old = await _old(tx, newest, rule, now) if newest else []
        if newest and old:
            numbers = [revision.number for revision in old]
            await tx.delete(Query(Revision).where(artifact_id=artifact.id, number__in=numbers))
            await collect(tx, [revision.digest for revision in old])
            await tx.update(Artifact, artifact.id, removed=newest.removed + len(old))
        return len(old)

    tenant = artifact.tenant_id
    if not await storage.read(tenant, lambda tx: _old(tx, artifact, rule, now)):
        return 0
    return await storage.write(tenant, work)


async def _old(tx: Reader, artifact: Artifact, rule: Retention, now: datetime) -> list[Revision]:
    """Some revisions that need not be kept, the first one first."""
    if is_halfway(artifact):
        return []  # it is coming in, or going away
    kept = await _linked(tx, artifact, now)
    own = Query(Revision).where(artifact_id=artifact.id)
    older = own.where(number__lt=artifact.revision).by("number").page(BATCH + len(kept))
    found: dict[int, Revision] = {}
    if rule.keep_days:
        since = now - timedelta(days=rule.keep_days)
        found |= {r.number: r for r in await tx.select(older.where(created_at__lt=since))}
    if rule.keep_revisions:
        newest = await tx.select(own.by("-number").page(rule.keep_revisions))
        few = older.where(number__lt=newest[-1].number)
        found |= {r.number: r for r in await tx.select(few)}
    return [found[number] for number in sorted(found) if number not in kept][:BATCH]


async def _linked(tx: Reader, artifact: Artifact, now: datetime) -> set[int]:
    """The revisions that links show for ever."""
    links = Query(Share).where(artifact_id=artifact.id, revoked_at=None, revision__ne=None)
    shares = await tx.select(links)
    return {s.revision for s in shares if s.revision is not None and not is_over(s, now)}
