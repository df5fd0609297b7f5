"""Rebuilds what follows from the messages: missing digests, heads, counts, counters and the search index."""

from __future__ import annotations

from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.storage import search_index
from hansard.storage.base import Storage, Transaction
from hansard.storage.digest_backfill import seal_some
from hansard.storage.query import Query
from hansard.storage.sql.transaction import SqlTransaction
from hansard.storage.verification import counters
from hansard.storage.verification.findings import PAGE
from hansard.storage.verification.verify import verify_tenant


async def repair(storage: Storage) -> None:
    for tenant in await storage.tenants():
        await storage.write(tenant, _mend)
    if storage.exclusive:
        await storage.write("", search_index.rebuild)
        await storage.settle()


async def _mend(tx: Transaction) -> None:
    base = tx.innermost
    if isinstance(base, SqlTransaction) and base.sql.dialect.name == "postgres":
        # Prevents appends, which change their conversation.
        await base.rows("LOCK TABLE hansard.conversations IN EXCLUSIVE MODE", ())
        await search_index.rebuild(tx)
    for conversation in await tx.select(Query(Conversation)):
        while await seal_some(tx, conversation.id, PAGE) == PAGE:
            pass
    collector = await verify_tenant(tx)
    for message, digest in collector.digests.items():
        await tx.update(Message, message, digest=digest)
    for conversation_id, count in collector.counts.items():
        await tx.update(Conversation, conversation_id, message_count=count)
    for branch, end in collector.heads.items():
        await tx.update(Branch, branch, **end)
    await tx.increment(*await counters.corrections(tx, collector))
