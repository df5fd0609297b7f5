"""The base class of the services: a scope, the storage, and the reads that ask the access policy.

Access is checked below every interface (`hansard.access`), so no interface can skip it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from hansard.access import policy
from hansard.access.grants import Action
from hansard.arguments import check_methods
from hansard.errors import AlreadyExists, InvalidInput, NotFound, PermissionDenied, damaged
from hansard.ids import Clock, check_id, is_id, new_id
from hansard.model.branches import Branch
from hansard.model.collections import Collection
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.event_kinds import EventKind
from hansard.model.lifecycle import ACTIVE, State, Trashable, trashed
from hansard.model.messages import Message
from hansard.model.projects import Project
from hansard.model.scope import Right, Scope
from hansard.model.users import Tenant, User
from hansard.storage.base import Change, Reader, Storage, Transaction
from hansard.storage.query import Query

T = TypeVar("T")
Owned = TypeVar("Owned", bound=Trashable)
Checks = Mapping[str, Callable[[Any], Any]]
"""Validators by field: they return the value to store, or raise InvalidInput."""

MAX_PAGE = 500


class Service:
    """Bound to a scope; every method acts for the scope's user.

    Every method that reads or writes raises PermissionDenied if the scope lacks that right.
    """

    def __init_subclass__(cls, *, internal: bool = False) -> None:
        """Check the arguments of calls, except of an `internal` base, whose methods only services call."""
        if not internal:
            check_methods(cls)

    def __init__(self, scope: Scope, storage: Storage, clock: Clock) -> None:
        self.scope = scope
        self._storage = storage
        self.clock = clock

    def require(self, right: Right) -> None:
        """Raises PermissionDenied if the scope lacks the right."""
        if right not in self.scope.rights:
            raise PermissionDenied(f"This operation needs the right to {right}.")

    async def run_read(self, work: Callable[[Reader], Awaitable[T]]) -> T:
        """Run `work` in a read transaction of the scope's tenant and return its result."""
        self.require("read")
        return await self._storage.read(self.scope.tenant, work)

    async def run_write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in a write transaction of the scope's tenant and return its result."""
        self.require("write")
        return await self._storage.write(self.scope.tenant, work)

    # What the scope may see

    async def conversation(
        self,
        tx: Reader,
        conversation_id: str,
        action: Action = "manage",
        *,
        deleted: bool = False,
        lock: bool = False,
    ) -> Conversation:
        """Return a conversation on which the scope's user may act; with `deleted`, the user's own in the trash.

        Raises NotFound if there is none, PermissionDenied if the user may only read it, NotADatabase if branches refer
        to it and it is missing.
        """
        return await self._get_owned(
            tx, Conversation, conversation_id, action, deleted=deleted, lock=lock
        )

    async def project(self, tx: Reader, project_id: str, action: Action = "manage") -> Project:
        """Return a project on which the scope's user may act.

        Raises NotFound if there is none, PermissionDenied if the user may only read it.
        """
        return await self._get_owned(tx, Project, project_id, action)

    async def collection(
        self, tx: Reader, collection_id: str, action: Action = "manage", *, lock: bool = False
    ) -> Collection:
        """Return a collection on which the scope's user may act.

        Raises NotFound if there is none, PermissionDenied if the user may only read it.
        """
        return await self._get_owned(tx, Collection, collection_id, action, lock=lock)

    async def check_project(self, tx: Reader, project_id: str | None) -> None:
        """Raises NotFound if `project_id` is given and the scope's user may not add to that project."""
        if project_id is not None:
            await self._get_owned(tx, Project, project_id, "write", pointer="/project_id")

    async def _get_owned(
        self,
        tx: Reader,
        record_type: type[Owned],
        record_id: str,
        action: Action = "manage",
        *,
        deleted: bool = False,
        lock: bool = False,
        pointer: str | None = None,
    ) -> Owned:
        """Return a record on which the scope's user may act; with `deleted`, the user's own in the trash."""
        state: State = "trashed" if deleted else "active"
        try:
            return await policy.get(
                tx,
                self.scope,
                "manage" if deleted else action,
                record_type,
                record_id,
                self.clock(),
                state=state,
                lock=lock,
                pointer=pointer,
            )
        except NotFound:
            if record_type is Conversation and is_id(record_id.lower()):
                await _check_absent(tx, record_id.lower())
            raise

    async def branch(
        self,
        tx: Reader,
        conversation: Conversation,
        branch_id: str | None = None,
        *,
        deleted: bool = False,
        lock: bool = False,
    ) -> Branch:
        """Return a branch of the conversation; without `branch_id`, the user's current branch.

        Raises NotFound if there is none, NotADatabase if the current branch is missing.
        """
        current = branch_id is None
        if branch_id is None:
            selection = await tx.get(BranchSelection, conversation.id, self.scope.user)
            branch_id = selection.branch if selection else conversation.branch
        key = branch_id.lower()
        branch = await tx.get(Branch, key, lock=lock) if is_id(key) else None
        if branch is None and current:
            raise damaged("The conversation's branch")
        if (
            branch is None
            or branch.conversation_id != conversation.id
            or branch.state != ("trashed" if deleted else "active")
        ):
            raise NotFound("There is no such branch.", pointer="/branch")
        return branch

    async def resolve_branch(
        self, tx: Reader, conversation_id: str, branch_id: str | None = None
    ) -> Branch:
        """Return the same as `branch`, with one query in the usual case.

        The branch is for reading. Raises NotFound if there is no such conversation or branch.
        """
        key, branch_key = conversation_id.lower(), branch_id and branch_id.lower()
        if is_id(key) and (branch_key is None or is_id(branch_key)):
            branch = await tx.resolve_branch(key, self.scope.user, self.scope.user, branch_key)
            if branch is not None:
                return branch
        return await self.branch(
            tx, await self.conversation(tx, conversation_id, "read"), branch_id
        )

    async def message(
        self, tx: Reader, conversation: Conversation, message_id: str
    ) -> tuple[Message, Branch]:
        """Return a message of the conversation that is not in the trash, and the branch that owns it.

        Raises NotFound if there is none, NotADatabase if its branch is missing.
        """
        key = message_id.lower()
        message = await tx.get(Message, key) if is_id(key) else None
        if message is None or message.conversation_id != conversation.id:
            raise NotFound("There is no such message.")
        branch = await tx.get(Branch, message.branch)
        # The message may have been purged since it was read.
        if branch is None and await tx.get(Message, key) is not None:
            raise damaged("The message's branch")
        if branch is None or branch.state != "active":
            raise NotFound("There is no such message.")
        return message, branch

    # Shared by writes

    def stamp(self, record_id: str | None, at: datetime) -> dict[str, Any]:
        """Return the fields that every new record of the user has.

        The client may choose the id. Raises InvalidInput if it is not a UUID.
        """
        return {
            "tenant_id": self.scope.tenant,
            "id": new_id() if record_id is None else check_id(record_id),
            "owner_id": self.scope.user,
            "created_at": at,
            "updated_at": at,
        }

    def change(self, kind: EventKind, subject_id: str, at: datetime, **fields: Any) -> Change:
        """Return an entry for the user's feed; `fields` are its optional fields, such as `conversation_id`."""
        return Change(user_id=self.scope.user, kind=kind, subject_id=subject_id, at=at, **fields)

    async def insert_once(
        self, tx: Transaction, record: Owned, kind: EventKind, *compared: str
    ) -> Owned:
        """Insert a new record and publish it; if the id exists, return the record if the `compared` fields are equal.

        Raises AlreadyExists if they are not, or if the existing record is another user's or not active.
        """
        await self.ensure_user(tx, record.created_at)
        existing = await tx.get(type(record), record.id)
        if existing is not None:
            return return_if_identical(existing, record, *compared)
        await tx.insert(record)
        await tx.publish(self.change(kind, record.id, record.created_at))
        return record

    async def change_fields(
        self,
        tx: Transaction,
        record: Owned,
        kind: EventKind,
        changes: dict[str, Any],
        version: int | None,
    ) -> Owned:
        """Change fields of a record and publish it. Raises VersionConflict if its version is not `version`."""
        now = self.clock()
        updated = await tx.update(
            type(record), record.id, version=version, updated_at=now, **changes
        )
        await tx.publish(self.change(kind, record.id, now))
        return updated

    async def set_deleted(
        self, record_type: type[Owned], record_id: str, kind: EventKind, *, deleted: bool
    ) -> Owned:
        """Move a record to the trash or restore it, and publish it. Raises NotFound if it is not there."""

        async def update_state(tx: Transaction) -> Owned:
            record = await self._get_owned(tx, record_type, record_id, deleted=not deleted)
            now = self.clock()
            await tx.publish(self.change(kind, record.id, now))
            fields = trashed(now) if deleted else ACTIVE
            return await tx.update(record_type, record.id, updated_at=now, **fields)

        return await self.run_write(update_state)

    async def ensure_user(self, tx: Transaction, at: datetime) -> None:
        """Create the records of the scope's tenant and user unless they exist."""
        if await tx.get(User, self.scope.user) is None:
            fields: dict[str, Any] = {
                "tenant_id": self.scope.tenant,
                "created_at": at,
                "updated_at": at,
            }
            await tx.insert(Tenant(**fields), absent=True)
            await tx.insert(User(id=self.scope.user, **fields), absent=True)


async def _check_absent(tx: Reader, conversation_id: str) -> None:
    """Raise NotADatabase if branches refer to a conversation that does not exist.

    The queries are also made for conversations of other users, so that both cases take the same time.
    """
    branch_count = await tx.count(Query(Branch).where(conversation_id=conversation_id))
    if await tx.get(Conversation, conversation_id) is None and branch_count:
        raise damaged("A conversation")


def return_if_identical(existing: Owned, requested: Owned, *fields: str) -> Owned:
    """Return `existing` if the request could have created it, so that requests can be repeated.

    `fields` are the names of the fields to compare. Raises AlreadyExists if one differs or the record is deleted.
    """
    compared = ("owner_id", *fields)
    if existing.state != "active" or any(
        getattr(existing, name) != getattr(requested, name) for name in compared
    ):
        raise AlreadyExists("This id is taken.", pointer="/id")
    return existing


def checked(checks: Checks, **values: Any) -> dict[str, Any]:
    """Return the values as their checks return them, without those that are UNSET."""
    return {
        name: checks[name](value) if name in checks else value
        for name, value in values.items()
        if value is not msgspec.UNSET
    }


def check_limit(limit: int, name: str = "limit") -> int:
    """Return `limit`, a number of items. Raises InvalidInput if it is not between 1 and MAX_PAGE."""
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidInput(f"{name} must be between 1 and {MAX_PAGE}.", pointer=f"/{name}")
    return limit
