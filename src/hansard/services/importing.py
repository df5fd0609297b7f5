"""Taking in the records of an export.

An import adds what is not there, leaves alone what is there and equal, and reports what is there and different; it
never overwrites. Owners become the scope's user. A conversation is kept out of sight until all of it is there and its
tree has been found whole; if the import fails before that it is removed again, and an import of the same file adds
it anew.

What is to be written for conversations waits until a batch of records has been seen, and is then one unit of work: a
commit costs as much as many messages. When a step of it fails, those before it are done in a unit of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from typing import Any, Literal, NamedTuple, cast

import msgspec

from hansard.errors import AlreadyExists, Conflict, InvalidInput
from hansard.formats.jsonl import kind_of
from hansard.ids import Clock
from hansard.model.base import Entry
from hansard.model.blobs import Blob, BlobChunk, BlobUse
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.parts import blobs_of
from hansard.model.projects import Project
from hansard.model.scope import Scope
from hansard.model.settings import Setting
from hansard.model.tenants import Tenant, User
from hansard.services.blobs import keep
from hansard.services.purging import IMPORTING, counted, counters_of, purge_conversation
from hansard.services.wholeness import BlobCheck, TreeCheck
from hansard.storage.base import Change, Reader, Storage, Transaction
from hansard.storage.query import Query

BATCH = 500
MAX_PROBLEMS = 100

Outcome = Literal["added", "present", "different"]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did, in numbers of records by kind."""

    added: dict[str, int]
    present: dict[str, int]
    """There already, and equal."""
    different: dict[str, int]
    """There already, with other content: left as they are."""
    unknown: dict[str, int]
    """Of kinds that this version does not know: passed over."""
    problems: list[str]
    """The first hundred differences, a line each."""


class Step(NamedTuple):
    """Something to be written for a conversation."""

    conversation: Conversation
    kind: str
    work: Callable[[Transaction], Awaitable[None]]


class Importer:
    """The state of one import: the conversation that is coming in, and what was counted."""

    def __init__(self, scope: Scope, storage: Storage, clock: Clock) -> None:
        self.unknown: Counter[str] = Counter()
        self._scope = scope
        self._storage = storage
        self._clock = clock
        self._counts: dict[Outcome, Counter[str]] = {
            "added": Counter(), "present": Counter(), "different": Counter(),
        }  # fmt: skip
        self._problems: list[str] = []
        self._coming: Conversation | None = None
        """The conversation that is being added; None while there is none, or it is there already."""
        self._tree = TreeCheck()
        self._blob: BlobCheck | None = None
        self._waiting: list[Step] = []

    def report(self) -> Report:
        counts = {outcome: dict(counter) for outcome, counter in self._counts.items()}
        return Report(**counts, unknown=dict(self.unknown), problems=self._problems)

    async def take(self, records: Sequence[Entry]) -> None:
        """Take in some records, in their order."""
        for kind, group in groupby(records, type):
            own = [self._own(record) for record in group]
            if kind is not BlobChunk:
                self._check_blob()
            if kind is Conversation:
                for conversation in own:
                    self._end()
                    await self._begin(conversation)
            elif kind in (User, Setting, Project, Blob, BlobChunk):
                await self._singly(own)
            else:
                await self._children(own)
        await self._write()

    async def finish(self) -> None:
        """All records have been taken in."""
        self._end()
        await self._write()

    async def give_up(self) -> None:
        """Keep what was whole, and remove the conversation that was coming in."""
        try:
            await self._write()
        finally:
            if self._coming is not None:
                await purge_conversation(self._storage, self._scope.tenant, self._coming.id)
                self._coming = None

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

    def _end(self) -> None:
        """Bring the conversation that came in into sight, if its tree is whole."""
        self._check_blob()
        coming = self._coming
        if coming is None:
            return
        self._tree.check(coming)

        async def work(tx: Transaction) -> None:
            await tx.update(
                Conversation,
                coming.id,
                deleted_at=coming.deleted_at,
                updated_at=coming.updated_at,
            )
            await tx.tally(counted(coming))
            change = Change(
                user_id=self._scope.user,
                kind="conversation.created",
                subject_id=coming.id,
                conversation_id=coming.id,
                at=self._clock(),
            )
            await tx.publish(change)

        self._waiting.append(Step(coming, "conversation", work))
        self._coming = None
        self._note("added", coming)

    def _own(self, record: Entry) -> Any:
        """The record as the scope's user's own."""
        names = {"owner_id", "user_id"}.intersection(record.__struct_fields__)
        if isinstance(record, User):
            names = {"id"}
        return msgspec.structs.replace(record, **dict.fromkeys(names, self._scope.user))

    # A conversation

    async def _begin(self, conversation: Conversation) -> None:
        there = await self._there(conversation)
        owner, unfinished = self._scope.user, IMPORTING
        if there is not None and (there.owner_id, there.deleted_at) == (owner, unfinished):
            await purge_conversation(self._storage, self._scope.tenant, there.id)
            there = None
        if there is not None:
            self._compare(conversation, there)
            return
        # The version becomes one higher when the conversation comes into sight.
        version = conversation.version - 1
        hidden = msgspec.structs.replace(conversation, deleted_at=IMPORTING, version=version)

        async def work(tx: Transaction) -> None:
            await self._enter(tx)
            await self._check_project(tx, conversation.project_id)
            await tx.insert(hidden)

        self._waiting.append(Step(conversation, "conversation", work))
        self._coming, self._tree = conversation, TreeCheck()

    async def _children(self, records: list[Any]) -> None:
        """Records of the conversation that came before them."""
        coming = self._coming
        if coming is None:
            for record in records:
                self._compare(record, await self._there(record))
            return
        for record in records:
            if record.conversation_id != coming.id:
                raise InvalidInput(f"A {kind_of(record)} of another conversation is out of place.")
            self._tree.add(record)

        async def work(tx: Transaction) -> None:
            await tx.insert(*records)
            if isinstance(records[0], Message):
                await self._count(tx, coming, records)

        kind = kind_of(records[0])
        self._waiting.append(Step(coming, kind, work))
        self._counts["added"][kind] += len(records)

    async def _count(self, tx: Transaction, coming: Conversation, messages: list[Message]) -> None:
        """Let the counters and the uses of blobs follow."""
        for _, group in groupby(messages, lambda message: message.branch):
            await tx.tally(*await counters_of(tx, coming, list(group), 1))
        for message in messages:
            for digest in sorted(blobs_of(message.parts)):
                held = Query(BlobUse).where(blob_id=digest, owner_id=self._scope.user)
                if not await tx.count(held):
                    raise InvalidInput(f"Message {message.id} shows a blob that is not there.")
                await tx.insert(self._use(message, digest), absent=True)

    def _use(self, message: Message, digest: str) -> BlobUse:
        return BlobUse(
            tenant_id=message.tenant_id,
            created_at=message.created_at,
            blob_id=digest,
            owner_id=message.owner_id,
            holder=message.id,
        )

    # What stands for itself

    async def _singly(self, records: list[Any]) -> None:
        await self._write()
        for record in records:
            if isinstance(record, Blob):
                self._check_blob()
                self._blob = BlobCheck(record)
                continue
            if isinstance(record, BlobChunk):
                await self._chunk(record)
                continue
            there = await self._there(record)
            fresh = isinstance(record, User) and _is_blank(there) and not _is_blank(record)
            if there is None or fresh:
                await self._storage.write(
                    self._scope.tenant, lambda tx, r=record, f=fresh: self._insert(tx, r, f)
                )
                self._note("added", record)
            else:
                self._compare(record, there)

    async def _insert(self, tx: Transaction, record: Any, fresh: bool) -> None:
        if fresh:
            changes = {"name": record.name, "traits": record.traits}
            await tx.update(User, record.id, updated_at=record.updated_at, **changes)
            return
        if not isinstance(record, User):
            await self._enter(tx)
        else:
            await self._enter_tenant(tx)
        if isinstance(record, Project):
            await self._check_project(tx, record.parent_id)
        await tx.insert(record)

    async def _chunk(self, chunk: BlobChunk) -> None:
        """A piece of a blob. With the last one, whoever imports it has shown to have its bytes."""
        check = self._blob
        if check is None:
            raise InvalidInput(f"A piece of blob {chunk.blob_id} is out of place.")
        if not check.add(chunk):
            return
        there = await self._there(check.blob)
        at = self._clock()

        async def work(tx: Transaction) -> None:
            await self._enter(tx)
            await keep(tx, check.blob, check.data, self._scope.user, at)

        await self._storage.write(self._scope.tenant, work)
        self._blob = None
        if there is None:
            self._note("added", check.blob)
        else:
            self._compare(check.blob, there)
        outcome = "added" if there is None else "present"
        self._counts[outcome][kind_of(chunk)] += chunk.number + 1

    def _check_blob(self) -> None:
        if self._blob is not None:
            raise InvalidInput(f"Pieces of blob {self._blob.blob.id} are missing.")

    async def _check_project(self, tx: Reader, project_id: str | None) -> None:
        if project_id is not None:
            project = await tx.get(Project, project_id)
            if project is None or project.owner_id != self._scope.user:
                raise InvalidInput(f"Project {project_id} is not there.")

    # What all have in common

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
        if any(step.conversation.id == _conversation_of(record) for step in self._waiting):
            await self._write()
        kind = cast("type[Entry]", type(record))

        async def work(tx: Reader) -> Any:
            return await tx.get(kind, *tx.schema.of(kind).key_of(record))

        return await self._storage.read(self._scope.tenant, work)

    def _compare(self, record: Any, there: Any) -> None:
        if record == there or (isinstance(record, User) and _says_the_same(record, there)):
            self._note("present", record)
            return
        self._note("different", record)
        if len(self._problems) < MAX_PROBLEMS:
            name = getattr(record, "id", None) or getattr(record, "name", "")
            state = "is not there" if there is None else "has other content here"
            self._problems.append(f"{kind_of(record)} {name} {state}".replace("  ", " "))

    def _note(self, outcome: Outcome, record: Entry) -> None:
        self._counts[outcome][kind_of(record)] += 1


def _conversation_of(record: Entry) -> str | None:
    own = record.id if isinstance(record, Conversation) else None
    return getattr(record, "conversation_id", own)


def _is_blank(user: User | None) -> bool:
    """Whether nothing was ever said of a user who is there."""
    return user is not None and not user.name and not user.traits


def _says_the_same(user: User, there: User) -> bool:
    """Whether two records of a user differ in when they were made, and in no more."""
    return (user.name, user.traits) == (there.name, there.traits)
