"""What taking in has in common, whatever is taken in: what waits to be written, and what was counted.

What comes in is compared with what the importing user has, and with nothing else. An id is unique in a tenant; that one
is taken is all that is told of a record of somebody else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple, cast

import msgspec

from hansard.errors import AlreadyExists, Conflict, InvalidInput
from hansard.formats.jsonl import kind_of
from hansard.ids import Clock
from hansard.model.artifacts import Artifact, Revision
from hansard.model.base import Entry
from hansard.model.branches import Branch
from hansard.model.collections import Collection, CollectionItem
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.projects import Project
from hansard.model.scope import Scope
from hansard.model.tenants import Tenant, User
from hansard.services.transfer.integrity import TreeCheck
from hansard.storage.base import Reader, Storage, Transaction

MAX_PROBLEMS = 100
MAX_WAITING = 50
"""Steps of what belongs to no conversation; each may have a content in it."""

Work = Callable[[Transaction], Awaitable[None]]
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


class Step(NamedTuple):
    """Something to be written for a conversation."""

    conversation: Conversation
    kind: str
    work: Work


class ImportSession(ABC):
    """The state of one import: the conversation that is coming in, and what was counted."""

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
        """The conversation that is being added; None while there is none, or it is there already."""
        self._tree = TreeCheck()
        self._waiting: list[Step] = []
        self._alone: list[Work] = []

    def report(self) -> ImportReport:
        counts = {outcome: dict(counter) for outcome, counter in self._counts.items()}
        return ImportReport(**counts, unknown=dict(self.unknown), problems=self._problems)

    @abstractmethod
    async def _end(self) -> None:
        """Bring the conversation that came in into sight, if its tree is whole."""

    async def _write(self) -> None:
        """Do what waits; if a step fails, only what came before it."""
        steps, self._waiting = self._waiting, []
        if not steps:
            return
        reached = steps[0]

        async def work(tx: Transaction) -> None:
            nonlocal reached
            for reached in steps:
                await reached.work(tx)

        try:
            await self._storage.write(self._scope.tenant, work)
        except (Conflict, InvalidInput) as error:
            self._coming = reached.conversation
            self._waiting = steps[: steps.index(reached)]
            await self._write()
            if isinstance(error, AlreadyExists | InvalidInput):
                raise
            raise InvalidInput(
                f"A {reached.kind} refers to something that is not there."
            ) from error

    async def _do(self, kind: str, work: Work) -> None:
        """Write for the conversation that is coming in, with it; else soon, with what comes alone as well."""
        if self._coming is not None:
            self._waiting.append(Step(self._coming, kind, work))
            return
        self._alone.append(work)
        if len(self._alone) >= MAX_WAITING:
            await self._write_alone()

    async def _write_alone(self) -> None:
        """Do what waits for something that belongs to no conversation."""
        steps, self._alone = self._alone, []

        async def work(tx: Transaction) -> None:
            for step in steps:
                await step(tx)

        if steps:
            await self._write()
            await self._storage.write(self._scope.tenant, work)

    def _get_owned(self, record: Entry) -> Any:
        """The record as the scope's user's own."""
        names = {"owner_id", "user_id"}.intersection(record.__struct_fields__)
        if isinstance(record, User):
            names = {"id"}
        if isinstance(record, Revision) and record.author is not None:
            names.add("author")
        return msgspec.structs.replace(record, **dict.fromkeys(names, self._scope.user))

    async def _check_project(self, tx: Reader, project_id: str | None) -> None:
        if project_id is not None:
            project = await tx.get(Project, project_id)
            if project is None or project.owner_id != self._scope.user:
                raise InvalidInput(f"Project {project_id} is not there.")

    async def _enter(self, tx: Transaction) -> None:
        await self._enter_tenant(tx)
        at = self._clock()
        user = User(tenant_id=self._scope.tenant, id=self._scope.user, created_at=at, updated_at=at)
        await tx.insert(user, absent=True)

    async def _enter_tenant(self, tx: Transaction) -> None:
        at = self._clock()
        tenant = Tenant(tenant_id=self._scope.tenant, created_at=at, updated_at=at)
        await tx.insert(tenant, absent=True)

    async def _there(self, record: Any) -> Any:
        """What the user has under the record's key; None if that is somebody else's."""
        return (await self._look(record))[0]

    async def _look(self, record: Any) -> tuple[Any, bool]:
        """What the user has under the record's key, and whether the key is taken, whoever has it."""
        if any(step.conversation.id == _conversation_of(record) for step in self._waiting):
            await self._write()
        kind = cast("type[Entry]", type(record))

        async def work(tx: Reader) -> tuple[Any, bool]:
            found = await tx.get(kind, *tx.schema.of(kind).key_of(record))
            own = found is not None and await self._is_own(tx, found)
            return found if own else None, found is not None

        return await self._storage.read(self._scope.tenant, work)

    async def _is_own(self, tx: Reader, found: Any) -> bool:
        """Whether a record is the user's, or of something that is."""
        if isinstance(found, Revision):
            found = await tx.get(Artifact, found.artifact_id)
        elif isinstance(found, CollectionItem):
            found = await tx.get(Collection, found.collection_id)
        elif isinstance(found, User):
            return found.id == self._scope.user
        elif not hasattr(found, "owner_id") and hasattr(found, "conversation_id"):
            found = await tx.get(Conversation, found.conversation_id)
        owner = getattr(found, "owner_id", None) or getattr(found, "user_id", None)
        return owner == self._scope.user

    def _leave_out(self, record: Any) -> None:
        """Report a record that cannot be added: of who has its id, and what, nothing is told."""
        self._note("conflicting", record)
        self._problem(f"{kind_of(record)} {record.id} is left out: its id is taken")

    def _compare(self, record: Any, there: Any) -> None:
        if record == _as_told(there, record) or (
            isinstance(record, User) and _says_the_same(record, there)
        ):
            self._note("unchanged", record)
            return
        self._note("conflicting", record)
        name = getattr(record, "id", None) or getattr(record, "name", "")
        state = "is not there" if there is None else "has other content here"
        self._problem(f"{kind_of(record)} {name} {state}".replace("  ", " "))

    def _problem(self, text: str) -> None:
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(text)

    def _note(self, outcome: Outcome, record: Entry) -> None:
        self._counts[outcome][kind_of(record)] += 1


def _conversation_of(record: Entry) -> str | None:
    own = record.id if isinstance(record, Conversation) else None
    return getattr(record, "conversation_id", own)


def is_blank(user: User | None) -> bool:
    """Whether nothing was ever said of a user who is there."""
    return user is not None and not user.name and not user.traits


_DERIVED: dict[type[Entry], str] = {Message: "digest", Branch: "head_digest", Artifact: "removed"}
"""What follows from other records, and is made anew: files of older versions do not have it."""


def _as_told(there: Any, record: Entry) -> Any:
    """What is there, as far as it is to be compared with what a file says of it."""
    name = _DERIVED.get(type(record))
    if there is None or name is None:
        return there
    return msgspec.structs.replace(there, **{name: getattr(record, name)})


def _says_the_same(user: User, there: User) -> bool:
    """Whether two records of a user differ in when they were made, and in no more."""
    return (user.name, user.traits) == (there.name, there.traits)
