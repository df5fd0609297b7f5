"""Conversations for the contract suites, and what a storage returns of them."""

from __future__ import annotations

from typing import Any

import msgspec

from hansard.ids import new_id
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.feed import FeedEntry
from hansard.model.messages import Message
from hansard.search.tokenizer import clauses
from hansard.storage import message_tree
from hansard.storage.base import Match, Storage, TextSearch, Transaction
from hansard.testing.factories import EPOCH, insert
from hansard.testing.factories import conversation as conversation_rows

ACME = "acme"


async def create_conversation(storage: Storage, owner: str = "ada", **fields: Any) -> Conversation:
    at = fields.pop("at", EPOCH)
    [tenant, user, conversation, branch], _, _ = conversation_rows(ACME, owner, at)
    assert isinstance(conversation, Conversation)
    conversation = msgspec.structs.replace(conversation, **fields)

    async def work(tx: Transaction) -> None:
        await tx.insert(tenant, absent=True)
        await tx.insert(user, absent=True)
        await insert(tx, [conversation, branch])

    await storage.write(ACME, work)
    return conversation


async def create_fork(storage: Storage, conversation: Conversation, at: Message) -> Branch:
    fork = Branch(
        tenant_id=ACME,
        id=new_id(),
        conversation_id=conversation.id,
        name="fork",
        parent_branch=at.branch,
        fork_seq=at.seq,
        head_seq=at.seq,
        head_id=at.id,
        head_digest=at.digest,
        created_at=EPOCH,
        updated_at=EPOCH,
    )
    await storage.write(ACME, lambda tx: tx.insert(fork))
    return fork


async def get_record(storage: Storage, record: type[Any], key: str) -> Any:
    return await storage.read(ACME, lambda tx: tx.get(record, key))


async def path_of(
    storage: Storage, branch: str, first: int = 0, last: int = 10**6
) -> list[Message]:
    async def work(tx: Any) -> list[Message]:
        return await message_tree.path(tx, await tx.get(Branch, branch), first, last)

    return await storage.read(ACME, work)


async def matches(storage: Storage, query: str, **filters: Any) -> list[Match]:
    wanted = TextSearch(owner_id="ada", clauses=tuple(clauses(query)), **filters)
    return await storage.read(ACME, lambda tx: tx.search(wanted))


async def feed_of(storage: Storage, after: int = 0) -> list[FeedEntry]:
    return await storage.read(ACME, lambda tx: tx.feed("ada", after, 1000))
