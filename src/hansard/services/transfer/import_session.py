"""Shared state of an import: pending writes and counts.

Imported records are compared only with the importing user's own. Ids are unique within a tenant; for a record of
another user, the report only says that the id is taken.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Any, Literal, cast

import msgspec

from hansard.access import policy
from hansard.errors import AlreadyExists, Conflict, InvalidInput
from hansard.formats.jsonl import kind_of
from hansard.ids import Clock
from hansard.model.artifacts import Artifact, Revision
from hansard.model.base import Entry
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.lifecycle import Trashable
from hansard.model.messages import Message
from hansard.model.projects import Project
from hansard.model.scope import Scope
from hansard.model.tags import Tag
from hansard.model.users import Tenant, User
from hansard.services.library.base import namesake
from hansard.services.transfer.integrity import TreeCheck
from hansard.services.transfer.steps import Step, Work, run_together
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.tables import SCHEMA

MAX_PROBLEMS = 100
MAX_WAITING = 50
"""Pending steps outside of conversations; each may hold a content."""

Outcome = Literal["added", "unchanged", "conflicting"]


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did, in numbers of records by kind."""

    added: dict[str, int]
    unchanged: dict[str, int]
    """There already, and equal."""
    conflicting: dict[str, int]
    """There already, with other content: left as they are."""
    unknown: dict[str, int]
    """Of kinds that this version does not know: passed over."""
    problems: list[str]
    """The first hundred differences, a line each."""


class ImportSession(ABC):
    """The state of an import: the conversation being imported, pending writes and counts."""

    def __init__(self, scope: Scope, storage: Storage, clock: Clock) -> None:
        self.unknown: Counter[str] = Counter()
        self._scope = scope
        self._storage = storage
        self._clock = clock
        self._counts: dict[Outcome, Counter[str]] = {
            "added": Counter(), "unchanged": Counter(), "conflicting": Counter(),
        }  # fmt: skip
        self._problems: list[str] = []
        self._coming: Conversation | None = None
        """The conversation being imported; None between conversations, or if it exists already."""
        self._tree = TreeCheck()
        self._waiting: list[Step] = []
        self._alone: list[Work] = []

    def report(self) -> ImportReport:
        """Return the result so far."""
        counts = {outcome: dict(counter) for outcome, counter in self._counts.items()}
        return ImportReport(**counts, unknown=dict(self.unknown), problems=self._problems)

    @abstractmethod
    async def _end(self) -> None:
        """Make the imported conversation visible if its tree is complete."""

    async def _write(self) -> None:
        """Write the pending steps; if one fails, only those before it."""
        steps, self._waiting = self._waiting, []
        if not steps:
            return

        async def write_together(tx: Transaction) -> None:
            await self._ensure_user(tx)
            await run_together(tx, steps)

        if not any(step.in_order for step in steps):
            with suppress(Conflict, InvalidInput):
                await self._storage.write(self._scope.tenant, write_together)
                return
        await self._write_in_order(steps)

    async def _write_in_order(self, steps: list[Step]) -> None:
        """Write steps one after another, to find the one that fails."""
        step = steps[0]

        async def write_steps(tx: Transaction) -> None:
            nonlocal step
            await self._ensure_user(tx)
            for step in steps:
                await step.run(tx)

        try:
            await self._storage.write(self._scope.tenant, write_steps)
        except (Conflict, InvalidInput) as error:
            self._coming = step.conversation
            self._waiting = steps[: steps.index(step)]
            await self._write()
            if isinstance(error, AlreadyExists | InvalidInput):
                raise
            raise InvalidInput(f"A {step.kind} refers to a record that does not exist.") from error

    async def _add_step(self, kind: str, work: Work) -> None:
        """Add a step to the conversation being imported; without one, to the standalone steps."""
        if self._coming is not None:
            self._waiting.append(Step(self._coming, kind, work=work))
            return
        self._alone.append(work)
        if len(self._alone) >= MAX_WAITING:
            await self._write_alone()

    async def _write_alone(self) -> None:
        """Write the pending steps outside of conversations."""
        steps, self._alone = self._alone, []

        async def write_steps(tx: Transaction) -> None:
            for step in steps:
                await step(tx)

        if steps:
            await self._write()
            await self._storage.write(self._scope.tenant, write_steps)

    def _with_owner(self, record: Entry) -> Any:
        """Return the record with the scope's user as its owner."""
        user = self._scope.user
        names = [name for name in _owners(type(record)) if getattr(record, name) != user]
        if isinstance(record, Revision) and record.author is not None:
            names.append("author")
        return msgspec.structs.replace(record, **dict.fromkeys(names, user)) if names else record

    async def _check_project(self, tx: Reader, project_id: str | None) -> None:
        if project_id is not None:
            project = await tx.get(Project, project_id)
            if not await policy.owns(tx, self._scope, project):
                raise InvalidInput(f"Project {project_id} does not exist.")

    async def _ensure_user(self, tx: Transaction) -> None:
        await self._ensure_tenant(tx)
        at = self._clock()
        user = User(tenant_id=self._scope.tenant, id=self._scope.user, created_at=at, updated_at=at)
        await tx.insert(user, absent=True)

    async def _ensure_tenant(self, tx: Transaction) -> None:
        at = self._clock()
        tenant = Tenant(tenant_id=self._scope.tenant, created_at=at, updated_at=at)
        await tx.insert(tenant, absent=True)

    async def _get_existing(self, record: Any) -> Any:
        """Return the user's existing record with this key; None if there is none or it is another user's."""
        return (await self._look_up(record))[0]

    async def _look_up(self, record: Any) -> tuple[Any, bool]:
        """Return the user's existing record with this key, and whether the key is taken by any user."""
        return (await self._look_up_all([record]))[0]

    async def _look_up_all(self, records: Sequence[Any]) -> list[tuple[Any, bool]]:
        """Return the same as `_look_up` for each of the records."""
        conversations = {_conversation_of(record) for record in records}
        if any(step.conversation.id in conversations for step in self._waiting):
            await self._write()

        async def read_existing(tx: Reader) -> list[tuple[Any, bool]]:
            found: list[tuple[Any, bool]] = []
            for record in records:
                table = tx.schema.of(cast("type[Entry]", type(record)))
                existing = await tx.get(table.record, *table.key_of(record))
                is_owner = await policy.owns(tx, self._scope, existing)
                found.append((existing if is_owner else None, existing is not None))
            return found

        return await self._storage.read(self._scope.tenant, read_existing)

    def _report_taken(self, record: Any) -> None:
        """Report a record that cannot be added because its id is taken, without saying by whom."""
        self._note("conflicting", record)
        self._add_problem(f"{kind_of(record)} {record.id} was not imported: its id is taken")

    async def _find_namesake(self, record: Any) -> Any:
        """Return the user's active record with the name of an active one to add, if names of its type are unique."""
        if not isinstance(record, Trashable) or record.state != "active":
            return None
        return await self._storage.read(self._scope.tenant, lambda tx: namesake(tx, record))

    def _report_namesake(self, record: Any, existing: Any) -> None:
        """Report a record that is not added because its name is taken; tags that differ only in their ids are equal."""
        if isinstance(record, Tag) and record.color == existing.color:
            self._note("unchanged", record)
            return
        self._note("conflicting", record)
        self._add_problem(f"{kind_of(record)} {record.id} was not imported: its name is taken")

    def _compare(self, record: Any, existing: Any) -> None:
        if record == _comparable(existing, record) or (
            isinstance(record, User) and _is_same_user(record, existing)
        ):
            self._note("unchanged", record)
            return
        self._note("conflicting", record)
        name = getattr(record, "id", None) or getattr(record, "name", "")
        state = "does not exist" if existing is None else "exists with other content"
        self._add_problem(f"{kind_of(record)} {name} {state}".replace("  ", " "))

    def _add_problem(self, text: str) -> None:
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(text)

    def _note(self, outcome: Outcome, record: Entry) -> None:
        self._counts[outcome][kind_of(record)] += 1


@cache
def _owners(record: type[Entry]) -> frozenset[str]:
    """Return the fields of a type of records that name the owner."""
    names = {"owner_id", "user_id"}.intersection(record.__struct_fields__)
    return frozenset(names | {SCHEMA.of(record).owner} - {"parent", "tenant"})


def _conversation_of(record: Entry) -> str | None:
    own_id = record.id if isinstance(record, Conversation) else None
    return getattr(record, "conversation_id", own_id)


USER_FIELDS = ("name", "traits", "instructions", "model", "options", "rules")
"""What a user may set of their own record."""


def is_blank(user: User | None) -> bool:
    """Return whether a user exists who has set nothing."""
    return user is not None and not any(getattr(user, name) for name in USER_FIELDS)


_DERIVED: dict[type[Entry], str] = {Message: "digest", Branch: "head_digest", Artifact: "removed"}
"""Fields that are recomputed and not compared: files of older versions lack them."""


def _comparable(existing: Any, record: Entry) -> Any:
    """Return the existing record with the derived field of the imported one, for comparison."""
    name = _DERIVED.get(type(record))
    if existing is None or name is None:
        return existing
    return msgspec.structs.replace(existing, **{name: getattr(record, name)})


def _is_same_user(user: User, existing: User) -> bool:
    """Return whether two records of a user differ only in their times."""
    return all(getattr(user, name) == getattr(existing, name) for name in USER_FIELDS)
