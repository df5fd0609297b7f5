"""Removing old revisions: those beyond the number or age that their owner, or else the installation, keeps.

The newest revision stays, and so does one that a valid link refers to. Numbers are never reused. Each artifact is
read again in the transaction that removes its revisions, so running twice or concurrently does no harm.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from hansard.access.grants import is_expired
from hansard.model.artifacts import Artifact, Revision
from hansard.model.settings import Setting
from hansard.model.shares import Share
from hansard.services.artifacts.contents import collect
from hansard.services.options import Retention
from hansard.services.users.settings import KEEP_DAYS, KEEP_REVISIONS, is_retention_value
from hansard.services.walks import pages
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.query import Query

BATCH = 200

_FIELDS = {KEEP_REVISIONS: "keep_revisions", KEEP_DAYS: "keep_days"}


async def remove_old_revisions(
    storage: Storage, tenant: str, now: datetime, default: Retention
) -> int:
    """Remove the revisions that need not be kept; return how many. `default` applies where users set no rule."""
    rules = await storage.read(tenant, lambda tx: _rules(tx, default))
    if not rules and default == Retention():
        return 0
    query = Query(Artifact).where(revision__gt=1).by("id")
    if default == Retention():
        query = query.where(owner_id__in=sorted(rules))
    count = 0
    async for artifacts in pages(partial(storage.read, tenant), query, BATCH):
        for artifact in artifacts:
            rule = rules.get(artifact.owner_id, default)
            while removed := await _remove_batch(storage, artifact, rule, now):
                count += removed
    if count:
        await storage.erase()
    return count


async def _rules(tx: Reader, default: Retention) -> dict[str, Retention]:
    """Return the rules of the users who set one."""
    rules: dict[str, Retention] = {}
    for setting in await tx.select(Query(Setting).where(name__in=list(_FIELDS))):
        rule = rules.get(setting.user_id, default)
        if is_retention_value(setting.value):
            field: dict[str, Any] = {_FIELDS[setting.name]: setting.value}
            rules[setting.user_id] = msgspec.structs.replace(rule, **field)
    return rules


async def _remove_batch(
    storage: Storage, artifact: Artifact, rule: Retention, now: datetime
) -> int:
    """Remove a batch of an artifact's revisions; return how many."""

    async def remove_revisions(tx: Transaction) -> int:
        newest = await tx.get(Artifact, artifact.id, lock=True)
        removable = await _removable(tx, newest, rule, now) if newest else []
        if newest and removable:
            numbers = [revision.number for revision in removable]
            await tx.delete(Query(Revision).where(artifact_id=artifact.id, number__in=numbers))
            await collect(tx, [revision.digest for revision in removable])
            await tx.update(Artifact, artifact.id, removed=newest.removed + len(removable))
        return len(removable)

    tenant = artifact.tenant_id
    if not await storage.read(tenant, lambda tx: _removable(tx, artifact, rule, now)):
        return 0
    return await storage.write(tenant, remove_revisions)


async def _removable(
    tx: Reader, artifact: Artifact, rule: Retention, now: datetime
) -> list[Revision]:
    """Return a batch of revisions that need not be kept, oldest first."""
    if artifact.incomplete:
        return []  # it is being imported or purged
    kept = await _linked_numbers(tx, artifact, now)
    query = Query(Revision).where(artifact_id=artifact.id)
    older = query.where(number__lt=artifact.revision).by("number").page(BATCH + len(kept))
    removable: dict[int, Revision] = {}
    if rule.keep_days:
        since = now - timedelta(days=rule.keep_days)
        removable |= {r.number: r for r in await tx.select(older.where(created_at__lt=since))}
    if rule.keep_revisions:
        newest = await tx.select(query.by("-number").page(rule.keep_revisions))
        surplus = older.where(number__lt=newest[-1].number)
        removable |= {r.number: r for r in await tx.select(surplus)}
    return [removable[number] for number in sorted(removable) if number not in kept][:BATCH]


async def _linked_numbers(tx: Reader, artifact: Artifact, now: datetime) -> set[int]:
    """Return the numbers of the revisions that valid links refer to."""
    links = Query(Share).where(artifact_id=artifact.id, revoked_at=None, revision__ne=None)
    shares = await tx.select(links)
    return {s.revision for s in shares if s.revision is not None and not is_expired(s, now)}
