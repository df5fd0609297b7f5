"""The records that live events carry: read when the events are sent, as the receiver may see them then.

All records of a batch of events are read in one transaction, each once, however many events name it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.event_kinds import EventRecord
from hansard.model.events import Appended
from hansard.model.feed import FeedEntry
from hansard.model.lifecycle import Trashable
from hansard.model.messages import Message, Rating
from hansard.model.runs import Run
from hansard.model.settings import Setting
from hansard.model.users import Tenant, User
from hansard.services.artifacts.access import ArtifactService
from hansard.storage.base import Reader
from hansard.storage.query import Query
from hansard.storage.tables import SCHEMA

MAX_MESSAGES = 50
"""Appended messages that events sent together carry, for each branch and in all."""
MAX_BYTES = 256 * 1024
"""Size of the appended messages of a branch, as JSON."""

Owned = TypeVar("Owned", bound=Trashable)
Carried = EventRecord | msgspec.UnsetType | None
"""The record of an event; None if the receiver cannot see it (any more), unset if a later event carries it."""
_Key = tuple[str, str]
"""A kind of record, and its id or name."""
_Found = Mapping[str, EventRecord]
_OWN: dict[str, type[Any]] = {
    table.events[0].partition(".")[0]: table.record
    for table in SCHEMA.tables
    if table.trashable and table.owner == "owner_id"
}
"""The records that their owner sees, by noun; artifacts and conversations are read in another way below."""
_APPENDED = "appended"
_RATING = "rating"


class Records(ArtifactService):
    """Reads the records of events for the scope's user."""

    async def of(self, entries: Sequence[FeedEntry]) -> list[Carried]:
        """Return the record of each event; of several events with the same record, only the last carries it."""
        return await self.run_read(lambda tx: self._read(tx, entries))

    async def _read(self, tx: Reader, entries: Sequence[FeedEntry]) -> list[Carried]:
        keys = [_key(entry) for entry in entries]
        conversations = await self._owned(tx, _conversation_ids(entries), Conversation)
        by_key: dict[_Key, EventRecord] = {}
        for noun, read in self._readers(conversations).items():
            ids = {subject for name, subject in keys if name == noun}
            if ids:
                records = await read(tx, ids)
                by_key |= {(noun, subject): record for subject, record in records.items()}
        by_key |= await self._appended(tx, entries, conversations)
        last = {key: index for index, key in enumerate(keys)}
        return [
            by_key.get(key) if last[key] == index else msgspec.UNSET
            for index, key in enumerate(keys)
        ]

    def _readers(
        self, conversations: Mapping[str, Conversation]
    ) -> dict[str, Callable[[Reader, set[str]], Coroutine[Any, Any, _Found]]]:
        """Return the function that reads records by id or name, for each noun."""

        async def pick_conversations(_: Reader, ids: set[str]) -> _Found:
            return {key: conversations[key] for key in ids & conversations.keys()}

        async def select_branches(tx: Reader, ids: set[str]) -> _Found:
            return await _branches(tx, ids, conversations)

        async def select_runs(tx: Reader, ids: set[str]) -> _Found:
            runs = await tx.select(Query(Run).where(id__in=sorted(ids), owner_id=self.scope.user))
            return {run.id: run for run in runs if run.conversation_id in conversations}

        async def select_ratings(tx: Reader, ids: set[str]) -> _Found:
            query = Query(Rating).where(message_id__in=sorted(ids), user_id=self.scope.user)
            ratings = await tx.select(query)
            return {r.message_id: r for r in ratings if r.conversation_id in conversations}

        return {
            **{noun: partial(self._owned, record=record) for noun, record in _OWN.items()},
            "artifact": self.visible,
            "branch": select_branches,
            "conversation": pick_conversations,
            "run": select_runs,
            "setting": self._settings,
            "tenant": self._tenant,
            "user": self._user,
            _RATING: select_ratings,
        }

    async def _owned(
        self, tx: Reader, ids: Collection[str], record: type[Owned]
    ) -> dict[str, Owned]:
        """Return the user's own records with these ids that are not in the trash."""
        query = Query(record).where(id__in=sorted(ids), owner_id=self.scope.user, state="active")
        return {owned.id: owned for owned in await tx.select(query)} if ids else {}

    async def _settings(self, tx: Reader, names: set[str]) -> _Found:
        query = Query(Setting).where(user_id=self.scope.user, name__in=sorted(names))
        return {setting.name: setting for setting in await tx.select(query)}

    async def _tenant(self, tx: Reader, ids: set[str]) -> _Found:
        tenant = await tx.get(Tenant) if self.scope.tenant in ids else None
        return {} if tenant is None else {self.scope.tenant: tenant}

    async def _user(self, tx: Reader, ids: set[str]) -> _Found:
        user = await tx.get(User, self.scope.user) if self.scope.user in ids else None
        return {} if user is None else {user.id: user}

    async def _appended(
        self,
        tx: Reader,
        entries: Sequence[FeedEntry],
        conversations: Mapping[str, Conversation],
    ) -> dict[_Key, EventRecord]:
        """Return what was appended to each branch. The newest branches come first in the limit on messages."""
        ranges = _ranges(entries)
        branches = await _branches(tx, ranges.keys(), conversations)
        records: dict[_Key, EventRecord] = {}
        left = MAX_MESSAGES
        for branch in reversed([branches[key] for key in ranges if key in branches]):
            first, last = ranges[branch.id]
            messages: list[Message] = []
            if last - first < left:
                query = Query(Message).where(branch=branch.id, seq__ge=first, seq__le=last)
                messages = await tx.select(query.by("seq"))
                left -= len(messages)
            if len(msgspec.json.encode(messages)) > MAX_BYTES:
                messages = []
            records[_APPENDED, branch.id] = Appended(
                conversation=conversations[branch.conversation_id],
                branch=branch,
                messages=messages,
            )
        return records


def _key(entry: FeedEntry) -> _Key:
    if entry.kind == "message.created":
        return _APPENDED, entry.branch or ""
    if entry.kind == "message.rated":
        return _RATING, entry.subject_id
    return entry.kind.partition(".")[0], entry.subject_id


def _conversation_ids(entries: Iterable[FeedEntry]) -> set[str]:
    return {entry.conversation_id for entry in entries if entry.conversation_id is not None}


def _ranges(entries: Iterable[FeedEntry]) -> dict[str, tuple[int, int]]:
    """Return the first and last seq of the messages that were appended, by branch; the newest branch is last."""
    ranges: dict[str, tuple[int, int]] = {}
    for entry in entries:
        if entry.kind == "message.created" and entry.branch is not None and entry.seq is not None:
            first, last = ranges.pop(entry.branch, (entry.seq, entry.seq))
            end = entry.seq + entry.count - 1
            ranges[entry.branch] = min(first, entry.seq), max(last, end)
    return ranges


async def _branches(
    tx: Reader, ids: Collection[str], conversations: Mapping[str, Conversation]
) -> dict[str, Branch]:
    """Return the branches with these ids that are not in the trash, of these conversations."""
    if not ids:
        return {}
    branches = await tx.select(Query(Branch).where(id__in=sorted(ids), state="active"))
    return {branch.id: branch for branch in branches if branch.conversation_id in conversations}
