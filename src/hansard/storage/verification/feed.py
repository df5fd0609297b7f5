"""The feed: it tells of each message once, and of nothing that is not there.

A message keeps its depth wherever it goes, and an entry tells of so many messages from a depth on. So what the entries
of a conversation tell of and what it has must agree in a sum over the depths, however the messages were appended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TypeVar

from hansard.model.artifacts import Artifact
from hansard.model.feed import FeedEntry
from hansard.model.messages import Message
from hansard.storage.base import Reader
from hansard.storage.query import Query
from hansard.storage.sql.transaction import SqlTransaction
from hansard.storage.verification.findings import PAGE, Said, Seen

_GIVEN = {
    # The last position of the feed, the last that was ever given, and the last that is settled.
    "sqlite": (
        "SELECT coalesce(max(position), 0), "
        "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0), "
        "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0) FROM feed"
    ),
    "postgres": (
        "SELECT coalesce((SELECT max(position) FROM hansard.feed), 0), "
        "(value + pg_snapshot_xmax(pg_current_snapshot())::text::bigint) * 4096, "
        "hansard.feed_end() - 1 FROM hansard.feed_epoch"
    ),
}
_BITS = (1 << 64) - 1

AnyRecord = TypeVar("AnyRecord", Message, Artifact)


async def position(tx: Reader) -> int:
    """Where the feed ends: what changes from now on comes after."""
    if isinstance(tx, SqlTransaction):
        return (await tx.rows(_GIVEN[tx.sql.dialect.name], ()))[0][2]
    newest = await tx.select(Query(FeedEntry).by("-position").page(1))
    return newest[0].position if newest else 0


async def entries(tx: Reader, since: int) -> AsyncIterator[list[FeedEntry]]:
    """What the feeds of a tenant tell after a position, in order."""
    after: tuple[int, ...] | None = None
    query = Query(FeedEntry).where(position__gt=since).by("position")
    while found := await tx.select(query.page(PAGE, after)):
        yield found
        after = (found[-1].position,)


def count_message(seen: Seen, message: Message) -> None:
    seen.said[message.conversation_id].depths += _weight(message.seq)


def _weight(depth: int) -> int:
    """A number for a depth, so that sums of other depths are other sums."""
    mixed = (depth + 1) * 0x9E3779B97F4A7C15 & _BITS
    mixed = (mixed ^ mixed >> 32) * 0xD6E8FEB86659FD93 & _BITS
    return mixed ^ mixed >> 32


async def look(tx: Reader, seen: Seen, since: int) -> None:
    """Compare what the feeds tell after a position with the conversations that were looked at."""
    told = _Told(tx, seen)
    async for page in entries(tx, since):
        await told.take(page)
    told.compare(whole=since == 0)
    if isinstance(tx, SqlTransaction):
        [(last, given, _)] = await tx.rows(_GIVEN[tx.sql.dialect.name], ())
        if last > given:
            seen.find("feed", f"the next position would be before the last, which is {last}")


class _Told:
    """What the feeds of a tenant tell."""

    def __init__(self, tx: Reader, seen: Seen) -> None:
        self._tx = tx
        self._seen = seen
        self._created: dict[str, datetime] = {}
        """When the feed was told of conversations."""
        self._depths: defaultdict[str, int] = defaultdict(int)
        """The sum over the depths of the messages that it tells of."""
        self._purged: set[str] = set()
        """Conversations of which branches were purged, so that what is told may be gone."""
        self._trimmed: set[str] = set()
        """Users whose feeds no longer tell of the time before."""
        self._missing: dict[str, FeedEntry] = {}
        """What tells of messages and artifacts that are not there."""

    async def take(self, page: list[FeedEntry]) -> None:
        messages = await self._found(Message, "message.created", page)
        artifacts = await self._found(Artifact, "artifact.created", page)
        for entry in page:
            subject, conversation = entry.subject_id, entry.conversation_id or ""
            match entry.kind:
                case "feed.trimmed":
                    self._trimmed.add(entry.user_id)
                case "conversation.created":
                    self._created[subject] = entry.created_at
                case "conversation.purged":  # its id may be given again
                    self._forget(subject)
                case "branch.purged":
                    self._purged.add(conversation)
                case "message.created" if conversation in self._seen.said:
                    self._message(entry, messages.get(subject))
                case "artifact.created" if subject not in artifacts:
                    self._missing[subject] = entry
                case "artifact.purged":
                    self._missing.pop(subject, None)
                case _:
                    pass

    async def _found(
        self, record: type[AnyRecord], kind: str, page: list[FeedEntry]
    ) -> dict[str, AnyRecord]:
        """The records of which entries of a kind tell, by their ids."""
        ids = [entry.subject_id for entry in page if entry.kind == kind]
        found = await self._tx.select(Query(record).where(id__in=ids)) if ids else []
        return {row.id: row for row in found}

    def _message(self, entry: FeedEntry, message: Message | None) -> None:
        conversation, first = entry.conversation_id or "", entry.seq or 0
        depths = range(first, first + entry.count)
        self._depths[conversation] += sum(map(_weight, depths))
        if message is None:
            self._missing[entry.subject_id] = entry
            return
        place = (message.conversation_id, message.seq, message.owner_id)
        if place != (conversation, depths[-1], entry.user_id):
            said = f"tells at {entry.position} of message {message.id}, which is elsewhere"
            self._seen.find("feed", said)

    def _forget(self, conversation: str) -> None:
        """A conversation is gone, and with it what was in it."""
        self._created.pop(conversation, None)
        self._depths.pop(conversation, None)
        self._purged.discard(conversation)
        gone = [k for k, entry in self._missing.items() if entry.conversation_id == conversation]
        for subject in gone:
            del self._missing[subject]

    def compare(self, *, whole: bool) -> None:
        """`whole`: nothing was passed over at the beginning, but for what is no longer kept."""
        for entry in self._missing.values():
            place = entry.conversation_id
            if place is None or (place in self._seen.said and place not in self._purged):
                noun = entry.kind.partition(".")[0]
                said = f"tells at {entry.position} of {noun} {entry.subject_id}, which is not there"
                self._seen.find("feed", said)
        for conversation, said in self._seen.said.items() if whole else ():
            if missing := self._missed(conversation, said):
                self._seen.find(f"conversation {conversation}", missing)

    def _missed(self, conversation: str, said: Said) -> str | None:
        """What the feed should have told of a conversation, and has not."""
        created = self._created.get(conversation)
        if created is None:
            return None if said.owner_id in self._trimmed else "is not told of by the feed"
        was_imported = created != said.created_at
        if was_imported or conversation in self._purged:
            return None
        if self._depths[conversation] == said.depths:
            return None
        return "has messages that the feed does not tell of, or not once"
