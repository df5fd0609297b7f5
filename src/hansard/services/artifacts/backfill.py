"""Taking artifacts out of what was stored before there were artifacts: once, and it may be stopped at any time.

Conversations are taken by id, the oldest first; how far it got is kept with what was found, so that the next time goes
on from there. What was taken out of a message before is not taken out again, so nothing is lost by beginning anew.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from hansard.model.artifacts import ExtractionCursor
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.lifecycle import is_halfway
from hansard.model.messages import Message
from hansard.services.artifacts import extraction
from hansard.services.base import Service
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

BATCH = 200


class BackfillProgress(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation that was looked through."""

    conversation_id: str
    found: int
    """Artifacts, and revisions of artifacts."""


class Scanning(Service):
    async def run(self, *, again: bool = False) -> AsyncIterator[BackfillProgress]:
        """Look through all conversations of the user; with `again`, from the first one on."""
        self.require("write")
        scan = None if again else await self._last()
        after = None if scan is None else (scan.conversation_id,)
        own = Query(Conversation).where(owner_id=self.scope.user).by("id")
        while True:
            query = own.page(BATCH, after)
            found = await self.run_read(lambda tx, q=query: tx.select(q))
            for conversation in found:
                count = 0 if is_halfway(conversation) else await self._look_through(conversation)
                await self.run_write(lambda tx, c=conversation: self._note(tx, c))
                yield BackfillProgress(conversation_id=conversation.id, found=count)
            if len(found) < BATCH:
                return
            after = (found[-1].id,)

    async def _last(self) -> ExtractionCursor | None:
        return await self.run_read(lambda tx: tx.get(ExtractionCursor, self.scope.user))

    async def _look_through(self, conversation: Conversation) -> int:
        own = Query(Branch).where(conversation_id=conversation.id).by("created_at", "id")
        branches = await self.run_read(lambda tx: tx.select(own))
        return sum([await self._look_at(branch) for branch in branches])

    async def _look_at(self, branch: Branch) -> int:
        """Take out what a branch's own messages made."""
        count, seq = 0, branch.fork_seq
        while True:
            query = Query(Message).where(branch=branch.id, seq__gt=seq).by("seq").page(BATCH)
            messages = await self.run_read(lambda tx, q=query: tx.select(q))
            if not messages:
                return count
            finds = await extraction.find_in(extraction.answers(messages))
            if finds:
                count += await self.run_write(lambda tx, f=finds: self._keep(tx, f))
            seq = messages[-1].seq

    async def _keep(self, tx: Transaction, finds: extraction.Finds) -> int:
        """The messages are read again: they may have moved, or gone, since they were looked at."""
        query = Query(Message).where(id__in=list(finds)).by("seq", "id")
        messages = await tx.select(query)
        for conversation_id in sorted({message.conversation_id for message in messages}):
            await tx.get(Conversation, conversation_id, lock=True)
        return await extraction.keep(tx, messages, finds, self.clock())

    async def _note(self, tx: Transaction, conversation: Conversation) -> None:
        """Remember that a conversation is done."""
        now = self.clock()
        made = ExtractionCursor(
            tenant_id=tx.tenant,
            created_at=now,
            updated_at=now,
            user_id=self.scope.user,
            conversation_id=conversation.id,
        )
        if not await tx.insert(made, absent=True):
            changed: dict[str, Any] = {"conversation_id": conversation.id, "updated_at": now}
            await tx.update(ExtractionCursor, self.scope.user, **changed)

    async def left(self) -> int:
        """How many conversations have not been looked through yet."""

        async def work(tx: Reader) -> int:
            scan = await tx.get(ExtractionCursor, self.scope.user)
            own = Query(Conversation).where(owner_id=self.scope.user)
            return await tx.count(own if scan is None else own.where(id__gt=scan.conversation_id))

        return await self.run_read(work)
