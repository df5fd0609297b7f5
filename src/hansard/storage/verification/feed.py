"""Verifies the feed: it reports every message once, and nothing that does not exist.

A message keeps its depth wherever it is moved, and an entry reports a number of messages from a depth on. So the
entries of a conversation and its messages must have the same sum over the depths, however the messages were appended.
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
from hansard.storage.verification.findings import PAGE, Collector, Expected

_GIVEN = {
    # The last position in the feed, the last one that may have been assigned, and the last settled one.
    "sqlite": (
        "SELECT coalesce(max(position), 0), (SELECT position FROM feed_reserved), "
        "coalesce(max(position), 0) FROM feed"
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
    """Return the end of the feed; later changes have higher positions."""
    if isinstance(base := tx.innermost, SqlTransaction):
        return (await base.rows(_GIVEN[base.sql.dialect.name], ()))[0][2]
    newest = await tx.select(Query(FeedEntry).by("-position").page(1))
    return newest[0].position if newest else 0


async def entries(tx: Reader, since: int) -> AsyncIterator[list[FeedEntry]]:
    """Yield the feed entries of a tenant after a position, user by user, each in order."""
    after: tuple[str | int, ...] | None = None
    query = Query(FeedEntry).where(position__gt=since).by("user_id", "position")
    while page := await tx.select(query.page(PAGE, after)):
        yield page
        after = (page[-1].user_id, page[-1].position)


def count_message(collector: Collector, message: Message) -> None:
    collector.expected[message.conversation_id].depths += _weight(message.seq)


def _weight(depth: int) -> int:
    """Return a number for a depth, such that different sets of depths have different sums."""
    mixed = (depth + 1) * 0x9E3779B97F4A7C15 & _BITS
    mixed = (mixed ^ mixed >> 32) * 0xD6E8FEB86659FD93 & _BITS
    return mixed ^ mixed >> 32


async def compare_feed(tx: Reader, collector: Collector, since: int) -> None:
    """Compare the feed entries after a position with the verified conversations."""
    reports = _Reports(tx, collector)
    async for page in entries(tx, since):
        await reports.take(page)
    reports.compare(whole=since == 0)
    if isinstance(base := tx.innermost, SqlTransaction):
        [(last, counter, _)] = await base.rows(_GIVEN[base.sql.dialect.name], ())
        if last > counter:
            collector.find(
                "feed", f"the next position would be lower than the last, which is {last}"
            )


class _Reports:
    """What the feed entries of a tenant report."""

    def __init__(self, tx: Reader, collector: Collector) -> None:
        self._tx = tx
        self._collector = collector
        self._created: dict[str, datetime] = {}
        """When the conversations were created, as reported."""
        self._depths: defaultdict[str, int] = defaultdict(int)
        """By conversation: the sum over the depths of the reported messages."""
        self._purged: set[str] = set()
        """Conversations with purged branches, whose messages may no longer exist."""
        self._trimmed: set[str] = set()
        """Users whose feeds no longer contain their first entries."""
        self._missing: dict[str, FeedEntry] = {}
        """Entries whose message or artifact does not exist."""

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
                case "conversation.purged":  # its id may be used again
                    self._drop(subject)
                case "branch.purged":
                    self._purged.add(conversation)
                case "message.created" if conversation in self._collector.expected:
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
        """Return the records that a page's entries of a kind refer to, by their ids."""
        ids = [entry.subject_id for entry in page if entry.kind == kind]
        records = await self._tx.select(Query(record).where(id__in=ids)) if ids else []
        return {row.id: row for row in records}

    def _message(self, entry: FeedEntry, message: Message | None) -> None:
        conversation, first = entry.conversation_id or "", entry.seq or 0
        depths = range(first, first + entry.count)
        self._depths[conversation] += sum(map(_weight, depths))
        if message is None:
            self._missing[entry.subject_id] = entry
            return
        place = (message.conversation_id, message.seq, message.owner_id)
        if place != (conversation, depths[-1], entry.user_id):
            problem = f"reports at {entry.position} message {message.id}, which is elsewhere"
            self._collector.find("feed", problem)

    def _drop(self, conversation: str) -> None:
        """Drop what was recorded about a conversation that no longer exists."""
        self._created.pop(conversation, None)
        self._depths.pop(conversation, None)
        self._purged.discard(conversation)
        gone = [k for k, entry in self._missing.items() if entry.conversation_id == conversation]
        for subject in gone:
            del self._missing[subject]

    def compare(self, *, whole: bool) -> None:
        """Add findings; with `whole`, the entries were read from the start, except those no longer kept."""
        for entry in self._missing.values():
            place = entry.conversation_id
            if place is None or (place in self._collector.expected and place not in self._purged):
                noun = entry.kind.partition(".")[0]
                problem = (
                    f"reports at {entry.position} {noun} {entry.subject_id}, which does not exist"
                )
                self._collector.find("feed", problem)
        for conversation, expected in self._collector.expected.items() if whole else ():
            if missing := self._unreported(conversation, expected):
                self._collector.find(f"conversation {conversation}", missing)

    def _unreported(self, conversation: str, expected: Expected) -> str | None:
        """Return what the feed does not report about a conversation; None if it reports everything."""
        created = self._created.get(conversation)
        if created is None:
            return None if expected.owner_id in self._trimmed else "is not reported by the feed"
        was_imported = created != expected.created_at
        if was_imported or conversation in self._purged:
            return None
        if self._depths[conversation] == expected.depths:
            return None
        return "has messages that the feed reports not exactly once"
