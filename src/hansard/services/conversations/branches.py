"""Branches: forking, switching, renaming, deleting and merging them."""

from __future__ import annotations

from hansard.errors import AlreadyExists, Conflict, damaged
from hansard.ids import check_id, new_id
from hansard.model.branches import Branch, BranchList
from hansard.model.checks import MAX_TITLE, check_text
from hansard.model.messages import Message
from hansard.services.artifacts import lifecycle
from hansard.services.base import Service
from hansard.services.conversations import trash
from hansard.services.conversations.copies import append_copies
from hansard.services.conversations.forks import fork_at, publish_branch, select_branch
from hansard.services.conversations.purge import purge_branches
from hansard.storage import message_tree
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query


class Branches(Service):
    async def list(self, conversation_id: str, *, deleted: bool = False) -> list[Branch]:
        """Return all branches of a conversation, oldest first; with `deleted`, those in the trash.

        Raises NotADatabase if the conversation has no branch at all.
        """
        return (await self.overview(conversation_id, deleted=deleted)).items

    async def overview(self, conversation_id: str, *, deleted: bool = False) -> BranchList:
        """Return the same as `list`, with the id of the user's current branch."""

        async def select_branches(tx: Reader) -> BranchList:
            conversation = await self.conversation(tx, conversation_id, "read")
            state = "trashed" if deleted else "active"
            query = Query(Branch).where(conversation_id=conversation.id, state=state)
            branches = await tx.select(query.by("created_at", "id"))
            if not branches and not deleted:
                raise damaged("The conversation's branches")
            current = await self.branch(tx, conversation)
            return BranchList(items=branches, current=current.id)

        return await self.run_read(select_branches)

    async def current(self, conversation_id: str) -> Branch:
        """Return the user's current branch."""

        return await self.run_read(lambda tx: self.resolve_branch(tx, conversation_id))

    async def fork(
        self,
        conversation_id: str,
        *,
        at: str,
        name: str = "",
        id: str | None = None,  # noqa: A002 - the API's name for the field
        switch: bool = False,
    ) -> Branch:
        """Create a branch that ends with the message `at`, an id; no message is copied.

        `id` is the new branch's id and makes the request repeatable: a repeated request returns the existing branch.
        `switch` makes it the user's current branch. Raises NotFound if the message does not exist, AlreadyExists if
        the id belongs to a different branch.
        """
        check_text(name, "/name", MAX_TITLE)
        fork_id = new_id() if id is None else check_id(id)

        async def create_fork(tx: Transaction) -> Branch:
            conversation = await self.conversation(tx, conversation_id, "write", lock=True)
            message, owner = await self.message(tx, conversation, at)
            existing = await tx.get(Branch, fork_id)
            if existing is not None:
                return _return_if_same_fork(existing, owner, message, name)
            now = self.clock()
            fork = await fork_at(tx, self.scope, owner, message, fork_id, now, name)
            if switch:
                await select_branch(tx, self.scope, fork, now)
            return fork

        return await self.run_write(create_fork)

    async def siblings(self, conversation_id: str, message_id: str) -> list[Message]:
        """Return the messages with the same parent as this one, itself included, oldest first."""

        async def select_siblings(tx: Reader) -> list[Message]:
            conversation = await self.conversation(tx, conversation_id, "read")
            message, branch = await self.message(tx, conversation, message_id)
            parent = await message_tree.owning_branch(tx, branch, message.seq - 1)
            forks = Query(Branch).where(
                parent_branch=parent.id, fork_seq=message.seq - 1, state="active"
            )
            owners = [parent, *await tx.select(forks)]
            query = Query(Message).where(branch__in=[owner.id for owner in owners], seq=message.seq)
            return await tx.select(query.by("created_at", "id"))

        return await self.run_read(select_siblings)

    async def switch(self, conversation_id: str, branch_id: str) -> Branch:
        """Make a branch the user's current one, in all of the user's sessions."""

        async def switch_branch(tx: Transaction) -> Branch:
            conversation = await self.conversation(tx, conversation_id, "read")
            branch = await self.branch(tx, conversation, branch_id)
            await select_branch(tx, self.scope, branch, self.clock())
            return branch

        return await self.run_write(switch_branch)

    async def rename(self, conversation_id: str, branch_id: str, name: str) -> Branch:
        """Rename a branch."""
        check_text(name, "/name", MAX_TITLE)

        async def rename_branch(tx: Transaction) -> Branch:
            conversation = await self.conversation(tx, conversation_id, "write")
            branch = await self.branch(tx, conversation, branch_id)
            now = self.clock()
            renamed = await tx.update(Branch, branch.id, name=name, updated_at=now)
            await publish_branch(tx, self.scope, "branch.updated", branch, now)
            return renamed

        return await self.run_write(rename_branch)

    async def delete(self, conversation_id: str, branch_id: str) -> trash.Trashed:
        """Move a branch's own messages, and the branches that fork from it, to the trash.

        Raises Conflict if it is the main branch.
        """

        async def trash_branch(tx: Transaction) -> trash.Trashed:
            conversation = await self.conversation(tx, conversation_id, "write", lock=True)
            branch = await self.branch(tx, conversation, branch_id, lock=True)
            if branch.parent_branch is None:
                raise Conflict(
                    "The main branch cannot be deleted; delete the conversation instead."
                )
            now = self.clock()
            trashed = await trash.trash_branch(tx, conversation, branch, now)
            await publish_branch(tx, self.scope, "branch.deleted", branch, now, trashed.count)
            return trashed

        return await self.run_write(trash_branch)

    async def restore(self, conversation_id: str, branch_id: str) -> int:
        """Restore a branch from the trash; return the number of restored messages.

        Raises NotFound if it is not in the trash, Conflict if the branch it forks from is in the trash.
        """

        async def restore_branch(tx: Transaction) -> int:
            conversation = await self.conversation(tx, conversation_id, "write", lock=True)
            branch = await self.branch(tx, conversation, branch_id, deleted=True, lock=True)
            now = self.clock()
            count = await trash.restore_branch(tx, conversation, branch, now)
            await publish_branch(tx, self.scope, "branch.restored", branch, now, count)
            return count

        return await self.run_write(restore_branch)

    async def purge(self, conversation_id: str, branch_id: str) -> None:
        """Permanently remove a branch in the trash, with its messages and the branches that fork from it."""

        async def mark_purged(tx: Transaction) -> list[str]:
            conversation = await self.conversation(tx, conversation_id)
            top = await self.branch(tx, conversation, branch_id, deleted=True)
            now = self.clock()
            branches = await trash.subtree(tx, top)
            for branch in branches:
                await tx.update(Branch, branch.id, state="purging", updated_at=now)
                await lifecycle.mark_purging(tx, now, branch=branch.id)
            await publish_branch(tx, self.scope, "branch.purged", top, now)
            return [branch.id for branch in reversed(branches)]

        branch_ids = await self.run_write(mark_purged)
        await purge_branches(self._storage, self.scope.tenant, conversation_id.lower(), branch_ids)

    async def merge(
        self,
        conversation_id: str,
        *,
        source: str,
        into: str | None = None,
        source_conversation: str | None = None,
    ) -> list[Message]:
        """Copy to the end of branch `into` the messages of branch `source` that it lacks; return the copies.

        Without `into`, the user's current branch. `source_conversation` is the conversation of `source`, if it is
        another one. The copies have new ids, the original times and the original ids as `origin_id`; the source is
        not changed. Raises NotFound if a branch or conversation does not exist.
        """

        async def merge_branch(tx: Transaction) -> list[Message]:
            conversation = await self.conversation(tx, conversation_id, "write", lock=True)
            target = await self.branch(tx, conversation, into, lock=True)
            origin = conversation
            if source_conversation is not None:
                origin = await self.conversation(tx, source_conversation, "read", lock=True)
            branch = await self.branch(tx, origin, source)
            messages = await self._missing(tx, target, branch)
            return await append_copies(
                tx, self.scope.user, conversation, target.id, messages, self.clock()
            )

        return await self.run_write(merge_branch)

    async def _missing(self, tx: Reader, target: Branch, source: Branch) -> list[Message]:
        """Return the messages of the source's path that are not on the target's path and were not merged before."""
        path = await message_tree.path(tx, source, 0, source.head_seq)
        target_path = await message_tree.path(tx, target, 0, target.head_seq)
        target_ids = {m.id for m in target_path}
        merged_ids = target_ids | {m.origin_id for m in target_path}
        return [m for m in path if m.id not in merged_ids and m.origin_id not in target_ids]


def _return_if_same_fork(existing: Branch, owner: Branch, message: Message, name: str) -> Branch:
    """Return the existing branch if a repeated request could have created it. Raises AlreadyExists otherwise."""
    same = existing.parent_branch == owner.id and existing.fork_seq == message.seq
    if existing.state != "active" or not same or (name and existing.name != name):
        raise AlreadyExists("This id is taken.", pointer="/id")
    return existing
