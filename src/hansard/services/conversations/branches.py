"""Branches: leaving a path, finding one's way, and bringing paths together."""

from __future__ import annotations

from typing import Any

import msgspec

from hansard.errors import AlreadyExists, Conflict, damaged
from hansard.ids import check_id, new_id
from hansard.model.branches import Branch
from hansard.model.checks import MAX_TITLE, check_text
from hansard.model.conversations import Conversation
from hansard.model.lifecycle import PURGED
from hansard.model.messages import Message
from hansard.services.artifacts import lifecycle
from hansard.services.artifacts.extraction import pieces_of
from hansard.services.base import Service
from hansard.services.conversations import trash
from hansard.services.conversations.forks import fork_at, select_branch
from hansard.services.conversations.messages import place
from hansard.services.conversations.purge import purge_branches
from hansard.storage import message_tree
from hansard.storage.base import Append, Reader, Transaction
from hansard.storage.query import Query

MERGE_BATCH = 500


class Branches(Service):
    async def list(self, conversation_id: str, *, deleted: bool = False) -> list[Branch]:
        """All branches of a conversation, oldest first; with `deleted`, those in the trash."""

        async def work(tx: Reader) -> list[Branch]:
            conversation = await self.conversation(tx, conversation_id)
            query = Query(Branch).where(conversation_id=conversation.id)
            query = query.where(deleted_at__gt=PURGED) if deleted else query.where(deleted_at=None)
            found = await tx.select(query.by("created_at", "id"))
            if not found and not deleted:
                raise damaged("The conversation's branches")
            return found

        return await self.run_read(work)

    async def current(self, conversation_id: str) -> Branch:
        """The branch that the user is on."""

        return await self.run_read(lambda tx: self.resolve_branch(tx, conversation_id))

    async def fork(
        self,
        conversation_id: str,
        *,
        at: str,
        name: str = "",
        id: str | None = None,  # noqa: A002 - the field's name on every door
        switch: bool = False,
    ) -> Branch:
        """A new branch that ends with the message `at`; nothing is copied.

        Asked for again with the same id and the same fields, it is the branch that is there.
        """
        check_text(name, "/name", MAX_TITLE)
        fork_id = new_id() if id is None else check_id(id)

        async def work(tx: Transaction) -> Branch:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            message, own = await self.message(tx, conversation, at)
            there = await tx.get(Branch, fork_id)
            if there is not None:
                return _same(there, own, message, name)
            now = self.clock()
            fork = await fork_at(tx, self.scope, own, message, fork_id, now, name)
            if switch:
                await select_branch(tx, self.scope, conversation.id, fork.id, now)
            return fork

        return await self.run_write(work)

    async def siblings(self, conversation_id: str, message_id: str) -> list[Message]:
        """The messages that follow the same message, itself included, oldest first."""

        async def work(tx: Reader) -> list[Message]:
            conversation = await self.conversation(tx, conversation_id)
            message, own = await self.message(tx, conversation, message_id)
            parent = await message_tree.holder(tx, own, message.seq - 1)
            left = Query(Branch).where(
                parent_branch=parent.id, fork_seq=message.seq - 1, deleted_at=None
            )
            owners = [parent, *await tx.select(left)]
            query = Query(Message).where(branch__in=[o.id for o in owners], seq=message.seq)
            return await tx.select(query.by("created_at", "id"))

        return await self.run_read(work)

    async def switch(self, conversation_id: str, branch_id: str) -> Branch:
        """Be on a branch from now on: the user alone, wherever signed in."""

        async def work(tx: Transaction) -> Branch:
            conversation = await self.conversation(tx, conversation_id)
            branch = await self.branch(tx, conversation, branch_id)
            now = self.clock()
            await select_branch(tx, self.scope, conversation.id, branch.id, now)
            await self._tell(tx, "branch.switched", branch, now)
            return branch

        return await self.run_write(work)

    async def rename(self, conversation_id: str, branch_id: str, name: str) -> Branch:
        check_text(name, "/name", MAX_TITLE)

        async def work(tx: Transaction) -> Branch:
            conversation = await self.conversation(tx, conversation_id)
            branch = await self.branch(tx, conversation, branch_id)
            now = self.clock()
            changed = await tx.update(Branch, branch.id, name=name, updated_at=now)
            await self._tell(tx, "branch.updated", branch, now)
            return changed

        return await self.run_write(work)

    async def delete(self, conversation_id: str, branch_id: str) -> trash.Trashed:
        """Put a branch's own messages, and the branches that left it, into the trash."""

        async def work(tx: Transaction) -> trash.Trashed:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            branch = await self.branch(tx, conversation, branch_id, lock=True)
            if branch.parent_branch is None:
                raise Conflict("The main branch goes with its conversation.")
            now = self.clock()
            trashed = await trash.trash_branch(tx, conversation, branch, now)
            await self._tell(tx, "branch.deleted", branch, now, count=trashed.count)
            return trashed

        return await self.run_write(work)

    async def restore(self, conversation_id: str, branch_id: str) -> int:
        """Bring back what a deletion put into the trash; returns how many messages."""

        async def work(tx: Transaction) -> int:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            branch = await self.branch(tx, conversation, branch_id, deleted=True, lock=True)
            now = self.clock()
            count = await trash.restore_branch(tx, conversation, branch, now)
            await self._tell(tx, "branch.restored", branch, now, count=count)
            return count

        return await self.run_write(work)

    async def purge(self, conversation_id: str, branch_id: str) -> None:
        """Remove for good what a deletion put into the trash."""

        async def work(tx: Transaction) -> list[str]:
            conversation = await self.conversation(tx, conversation_id)
            top = await self.branch(tx, conversation, branch_id, deleted=True)
            now = self.clock()
            gone = await trash.below(tx, top)
            for branch in gone:
                await tx.update(Branch, branch.id, deleted_at=PURGED, updated_at=now)
                await lifecycle.let_go(tx, PURGED, now, branch=branch.id)
            await self._tell(tx, "branch.purged", top, now)
            return [branch.id for branch in reversed(gone)]

        gone = await self.run_write(work)
        await purge_branches(self.storage, self.scope.tenant, conversation_id.lower(), gone)

    async def merge(
        self,
        conversation_id: str,
        *,
        source: str,
        into: str | None = None,
        source_conversation: str | None = None,
    ) -> list[Message]:
        """Say again, at the end of a branch, what another branch has and it has not.

        The copies know what they were copied from (`origin_id`) and keep their times. The source may be a
        branch of another conversation; it stays as it is.
        """

        async def work(tx: Transaction) -> list[Message]:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            target = await self.branch(tx, conversation, into, lock=True)
            origin = conversation
            if source_conversation is not None:
                origin = await self.conversation(tx, source_conversation, lock=True)
            branch = await self.branch(tx, origin, source)
            messages = await self._missing(tx, target, branch)
            copies = [_copy(message, conversation) for message in messages]
            finds = {c.id: await pieces_of(tx, m.id) for c, m in zip(copies, messages, strict=True)}
            placed: list[Message] = []
            for i in range(0, len(copies), MERGE_BATCH):
                batch = tuple(copies[i : i + MERGE_BATCH])
                placed += await place(tx, self._request(conversation, target, batch), finds)
            return placed

        return await self.run_write(work)

    async def _missing(self, tx: Reader, target: Branch, source: Branch) -> list[Message]:
        """What the source's path has after it left the target's, and was not merged before."""
        path = await message_tree.path(tx, source, 0, source.head_seq)
        there = await message_tree.path(tx, target, 0, target.head_seq)
        own = {m.id for m in there}
        known = own | {m.origin_id for m in there}
        return [m for m in path if m.id not in known and m.origin_id not in own]

    def _request(
        self, conversation: Conversation, target: Branch, messages: tuple[Message, ...]
    ) -> Append:
        return Append(
            conversation_id=conversation.id,
            owner_id=self.scope.user,
            viewer=self.scope.user,
            messages=messages,
            branch=target.id,
            fork_id=new_id(),
            at=self.clock(),
        )

    async def _tell(
        self, tx: Transaction, kind: str, branch: Branch, now: Any, **more: Any
    ) -> None:
        where = {"conversation_id": branch.conversation_id, "branch": branch.id, **more}
        await tx.publish(self.change(kind, branch.id, now, **where))


def _same(there: Branch, own: Branch, message: Message, name: str) -> Branch:
    """What is there, if it could be the fork that was asked for."""
    same = there.parent_branch == own.id and there.fork_seq == message.seq
    if there.deleted_at or not same or (name and there.name != name):
        raise AlreadyExists("This id is taken.", pointer="/id")
    return there


def _copy(message: Message, conversation: Conversation) -> Message:
    return msgspec.structs.replace(
        message,
        id=new_id(),
        conversation_id=conversation.id,
        run_id=None,
        group_id=None,
        origin_id=message.id,
    )
