"""What every service has: its scope, the storage, and the one way to ask for what the scope may see.

The checks are here, beneath all doors: a door cannot forget them because it cannot reach the storage.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from hansard.errors import AlreadyExists, InvalidInput, NotFound, PermissionDenied, damaged
from hansard.ids import Clock, is_id
from hansard.model.artifacts import Artifact
from hansard.model.branches import Branch
from hansard.model.collections import Collection
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.messages import Message
from hansard.model.projects import Project
from hansard.model.scope import Right, Scope
from hansard.model.tenants import Tenant, User
from hansard.storage.base import Change, Reader, Storage, Transaction
from hansard.storage.query import Query

T = TypeVar("T")
Owned = TypeVar("Owned", Conversation, Project, Collection, Artifact)

MAX_PAGE = 500


class Service:
    """Opened for a scope; all that it does is done for that scope."""

    def __init__(self, scope: Scope, storage: Storage, clock: Clock) -> None:
        self.scope = scope
        self.storage = storage
        self.clock = clock

    def require(self, right: Right) -> None:
        if right not in self.scope.rights:
            raise PermissionDenied(f"This needs the right to {right}.")

    async def run_read(self, work: Callable[[Reader], Awaitable[T]]) -> T:
        self.require("read")
        return await self.storage.read(self.scope.tenant, work)

    async def run_write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        self.require("write")
        return await self.storage.write(self.scope.tenant, work)

    # What the scope may see

    async def conversation(
        self, tx: Reader, conversation_id: str, *, deleted: bool = False, lock: bool = False
    ) -> Conversation:
        """A conversation of the scope's user; with `deleted`, one that is in the trash."""
        return await self._get_owned(tx, Conversation, conversation_id, deleted=deleted, lock=lock)

    async def project(self, tx: Reader, project_id: str, *, deleted: bool = False) -> Project:
        return await self._get_owned(tx, Project, project_id, deleted=deleted)

    async def collection(
        self, tx: Reader, collection_id: str, *, deleted: bool = False, lock: bool = False
    ) -> Collection:
        return await self._get_owned(tx, Collection, collection_id, deleted=deleted, lock=lock)

    async def check_project(self, tx: Reader, project_id: str | None) -> None:
        """NotFound if something is to be put into a project that is not there."""
        if project_id is not None:
            await self._get_owned(tx, Project, project_id, pointer="/project_id")

    async def _get_owned(
        self,
        tx: Reader,
        kind: type[Owned],
        record_id: str,
        *,
        deleted: bool = False,
        lock: bool = False,
        pointer: str | None = None,
    ) -> Owned:
        key = record_id.lower()
        found = await tx.get(kind, key, lock=lock) if is_id(key) else None
        own = found is not None and found.owner_id == self.scope.user
        if kind is Conversation and is_id(key) and not own:
            await _check_absent(tx, key, found)
        if found is None or not own or (found.deleted_at is not None) != deleted:
            raise NotFound(f"There is no such {kind.__name__.lower()}.", pointer=pointer)
        return found

    async def branch(
        self,
        tx: Reader,
        conversation: Conversation,
        branch_id: str | None = None,
        *,
        deleted: bool = False,
        lock: bool = False,
    ) -> Branch:
        """A branch of the conversation; without an id the one the user is on."""
        current = branch_id is None
        if branch_id is None:
            view = await tx.get(BranchSelection, conversation.id, self.scope.user)
            branch_id = view.branch if view else conversation.branch
        key = branch_id.lower()
        found = await tx.get(Branch, key, lock=lock) if is_id(key) else None
        if found is None and current:
            raise damaged("The conversation's branch")
        if (
            found is None
            or found.conversation_id != conversation.id
            or (found.deleted_at is not None) != deleted
        ):
            raise NotFound("There is no such branch.", pointer="/branch")
        return found

    async def resolve_branch(
        self, tx: Reader, conversation_id: str, branch_id: str | None = None
    ) -> Branch:
        """What `branch` gives, found in one step where it is to be found."""
        key, wanted = conversation_id.lower(), branch_id and branch_id.lower()
        if is_id(key) and (wanted is None or is_id(wanted)):
            found = await tx.resolve_branch(key, self.scope.user, self.scope.user, wanted)
            if found is not None:
                return found
        return await self.branch(tx, await self.conversation(tx, conversation_id), branch_id)

    async def message(
        self, tx: Reader, conversation: Conversation, message_id: str
    ) -> tuple[Message, Branch]:
        """A message of the conversation that is not in the trash, and the branch that owns it."""
        key = message_id.lower()
        found = await tx.get(Message, key) if is_id(key) else None
        if found is None or found.conversation_id != conversation.id:
            raise NotFound("There is no such message.")
        branch = await tx.get(Branch, found.branch)
        if (
            branch is None and await tx.get(Message, key) is not None
        ):  # it may have been purged meanwhile
            raise damaged("The message's branch")
        if branch is None or branch.deleted_at is not None:
            raise NotFound("There is no such message.")
        return found, branch

    # What writing has in common

    def change(self, kind: str, subject_id: str, at: datetime, **where: Any) -> Change:
        return Change(user_id=self.scope.user, kind=kind, subject_id=subject_id, at=at, **where)

    async def ensure_user(self, tx: Transaction, at: datetime) -> None:
        """Make sure that the scope's tenant and user are in the record."""
        if await tx.get(User, self.scope.user) is None:
            born: dict[str, Any] = {
                "tenant_id": self.scope.tenant,
                "created_at": at,
                "updated_at": at,
            }
            await tx.insert(Tenant(**born), absent=True)
            await tx.insert(User(id=self.scope.user, **born), absent=True)


async def _check_absent(tx: Reader, conversation_id: str, found: Any) -> None:
    """Raise NotADatabase if a conversation is not found that branches tell of.

    Of one that is somebody else's the same is asked, so that it takes as long as one that is missing.
    """
    told = await tx.count(Query(Branch).where(conversation_id=conversation_id))
    if found is None and told and await tx.get(Conversation, conversation_id) is None:
        raise damaged("A conversation")  # nor did it come meanwhile


def repeated(there: Owned, made: Owned, *fields: str) -> Owned:
    """What is there already, if it could be what was made: a repeated request; else raises AlreadyExists."""
    given = ("owner_id", *fields)
    if there.deleted_at or any(getattr(there, name) != getattr(made, name) for name in given):
        raise AlreadyExists("This id is taken.", pointer="/id")
    return there


def check_limit(limit: int) -> int:
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidInput(f"A page has 1 to {MAX_PAGE} items.", pointer="/limit")
    return limit
