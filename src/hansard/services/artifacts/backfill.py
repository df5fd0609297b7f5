"""Extracting artifacts from messages stored before extraction existed; can be interrupted at any time.

Conversations are processed in the order of their ids. Progress is stored with the artifacts, so the next run
continues from there. Messages that are done already are skipped, so starting over does no harm.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from hansard.model.artifacts import ExtractionCursor
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.services.artifacts import extraction
from hansard.services.base import Service
from hansard.services.walks import pages
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

BATCH = 200


class BackfillProgress(msgspec.Struct, frozen=True, kw_only=True):
    """The result for one conversation."""

    conversation_id: str
    found: int
    """New artifacts and revisions."""


class Backfill(Service):
    """Extracts artifacts from all stored conversations of the user."""

    async def run(self, *, again: bool = False) -> AsyncIterator[BackfillProgress]:
        """Process the conversations that are not done, or with `again` all of them; yield one result each.

        Raises PermissionDenied without the right to write.
        """
        self.require("write")
        remaining = self._all() if again else await self.run_read(self._remaining)
        async for conversations in pages(self.run_read, remaining.by("id"), BATCH):
            for conversation in conversations:
                count = (
                    0 if conversation.incomplete else await self._extract_conversation(conversation)
                )
                await self.run_write(lambda tx, c=conversation: self._store_progress(tx, c))
                yield BackfillProgress(conversation_id=conversation.id, found=count)

    def _all(self) -> Query[Conversation]:
        return Query(Conversation).where(owner_id=self.scope.user)

    async def _remaining(self, tx: Reader) -> Query[Conversation]:
        """Return the query for the conversations that are not processed yet."""
        cursor = await tx.get(ExtractionCursor, self.scope.user)
        return self._all() if cursor is None else self._all().where(id__gt=cursor.conversation_id)

    async def _extract_conversation(self, conversation: Conversation) -> int:
        query = Query(Branch).where(conversation_id=conversation.id).by("created_at", "id")
        branches = await self.run_read(lambda tx: tx.select(query))
        return sum([await self._extract_branch(branch) for branch in branches])

    async def _extract_branch(self, branch: Branch) -> int:
        """Extract the artifacts of a branch's own messages."""
        count = 0
        own = Query(Message).where(branch=branch.id).by("seq")
        async for messages in pages(self.run_read, own, BATCH):
            artifacts = await extraction.find_in(extraction.answers(messages))
            if artifacts:
                count += await self.run_write(lambda tx, f=artifacts: self._keep(tx, f))
        return count

    async def _keep(self, tx: Transaction, artifacts: extraction.Finds) -> int:
        """Store artifacts; the messages are read again, as they may have moved or been deleted."""
        query = Query(Message).where(id__in=list(artifacts)).by("seq", "id")
        messages = await tx.select(query)
        for conversation_id in sorted({message.conversation_id for message in messages}):
            await tx.get(Conversation, conversation_id, lock=True)
        return await extraction.keep(tx, messages, artifacts, self.clock())

    async def _store_progress(self, tx: Transaction, conversation: Conversation) -> None:
        """Store that a conversation is done."""
        now = self.clock()
        cursor = ExtractionCursor(
            tenant_id=tx.tenant,
            created_at=now,
            updated_at=now,
            user_id=self.scope.user,
            conversation_id=conversation.id,
        )
        if not await tx.insert(cursor, absent=True):
            progress: dict[str, Any] = {"conversation_id": conversation.id, "updated_at": now}
            await tx.update(ExtractionCursor, self.scope.user, **progress)

    async def remaining(self) -> int:
        """Return how many conversations are not processed yet."""

        async def count_remaining(tx: Reader) -> int:
            return await tx.count(await self._remaining(tx))

        return await self.run_read(count_remaining)
