"""A ledger of what was sent and acknowledged, and the checks of the stored messages against it.

A writer stores *steps*: appends of one to three messages, whose ids and texts follow from the step's name. It reports
when it sends a step and when the step is acknowledged, and the ledger keeps both. Whatever happens to the writer,
every acknowledged step must be stored exactly once, every other step at most once and completely, and all derived data
(positions, feed, counters, search) must agree with the messages.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import NAMESPACE_OID, uuid5

from hansard.api.operations import Services
from hansard.model.drafts import Draft, user
from hansard.model.messages import Message

COMMON_WORD = "everywhere"
"""A word in every message."""


class GuaranteeBroken(AssertionError):
    """A guarantee was not kept."""


def require(condition: object, fault: str) -> None:
    """Raise GuaranteeBroken with the message `fault` unless the condition holds."""
    if not condition:
        raise GuaranteeBroken(fault)


def summarize(names: set[str] | Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    shown = sorted(names)[:3]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(shown) + more


def texts_of(step: str) -> list[str]:
    """Return the texts of a step's messages; they depend only on its name."""
    size = 1 + sum(step.encode()) % 3
    return [f"{step}part{i} {COMMON_WORD}" for i in range(size)]


def drafts_of(step: str) -> list[Draft]:
    """Return the messages of a step; they depend only on its name."""
    return [
        user(text, id=str(uuid5(NAMESPACE_OID, f"{step} {i}")))
        for i, text in enumerate(texts_of(step))
    ]


@dataclass
class Ledger:
    sent: set[str] = field(default_factory=set[str])
    acknowledged: set[str] = field(default_factory=set[str])

    def note(self, line: str) -> None:
        """Record a line of a writer: ``sent STEP`` or ``done STEP``."""
        word, _, step = line.partition(" ")
        {"sent": self.sent, "done": self.acknowledged}[word].add(step)

    @property
    def messages(self) -> int:
        """The number of acknowledged messages."""
        return sum(len(texts_of(step)) for step in self.acknowledged)

    @property
    def unknown(self) -> set[str]:
        return self.sent - self.acknowledged

    async def store(self, services: Services, conversation: str, step: str) -> None:
        """Store a step and record it, as a writer does."""
        self.note(f"sent {step}")
        await services.messages.append(conversation, drafts_of(step))
        self.note(f"done {step}")

    async def check(self, services: Services, conversation: str) -> set[str]:
        """Check a conversation and its derived data against the ledger; return the stored steps."""
        messages = [message async for message in services.messages.all(conversation)]
        stored_steps = self.check_texts([message.text for message in messages])
        check_positions(messages)
        check_changes(await changes(services, conversation), len(messages))
        await check_derived(services, messages)
        return stored_steps

    def check_texts(self, stored: Sequence[str]) -> set[str]:
        """Check the texts of all stored messages against the ledger; return the stored steps."""
        texts = Counter(stored)
        doubled = [text for text, count in texts.items() if count > 1]
        require(not doubled, f"doubled: {summarize(doubled)}")
        parts = {step: texts_of(step) for step in self.sent}
        stored_steps = {
            step for step, expected in parts.items() if any(text in texts for text in expected)
        }
        lost = self.acknowledged - stored_steps
        require(not lost, f"lost: {summarize(lost)}")
        torn = [step for step in stored_steps if any(text not in texts for text in parts[step])]
        require(not torn, f"half-written: {summarize(torn)}")
        expected = sum(len(parts[step]) for step in stored_steps)
        require(len(stored) == expected, "messages are there that nobody sent")
        return stored_steps


def check_positions(messages: Sequence[Message]) -> None:
    """Check that the messages form one path without gaps."""
    dense = [message.seq for message in messages] == list(range(len(messages)))
    require(dense, "the positions of messages have a gap")
    follow = all(after.parent_id == before.id for before, after in pairwise(messages))
    require(follow, "a message does not follow the one before")


async def changes(
    services: Services, conversation: str, finished: Callable[[], bool] = lambda: True
) -> list[tuple[int, int]]:
    """Return the appends in the feed, each with its first seq and its count.

    The feed is read until it has no further entries after `finished` returned True.
    """
    search_ids: list[tuple[int, int]] = []
    after, more = 0, True
    while more:
        more = not finished()
        while entries := await services.feed.read(after=after, limit=500):
            for entry in entries:
                require(entry.position > after, "the feed is not in order")
                after = entry.position
                if entry.kind == "message.created" and entry.conversation_id == conversation:
                    require(entry.seq is not None, "a feed entry of a message has no position")
                    search_ids.append((entry.seq or 0, entry.count))
        await asyncio.sleep(0.001)
    return search_ids


def check_changes(search_ids: Sequence[tuple[int, int]], messages: int) -> None:
    """Check that the feed reports every message exactly once.

    The order may differ from that of the positions: on PostgreSQL a transaction that waited for another one keeps its
    earlier number.
    """
    announced = [seq for first, count in search_ids for seq in range(first, first + count)]
    require(
        sorted(announced) == list(range(messages)), "the feed does not report every message once"
    )


async def check_derived(services: Services, messages: Sequence[Message]) -> None:
    """Check the counters and the search index of a user who has no other messages."""
    stats = await services.statistics.get()
    words = sum(len(message.text.split()) for message in messages)
    characters = sum(len(message.text) for message in messages)
    counted = (stats.messages, stats.words, stats.characters)
    require(counted == (len(messages), words, characters), "the counters are wrong")
    expected = {message.id for message in messages}
    require(
        await search_ids(services, COMMON_WORD) == expected,
        "the search does not find all stored messages",
    )


async def search_ids(services: Services, query: str) -> set[str]:
    """Return the ids of all messages that a search finds."""
    page = await services.search.page(query, match="all", limit=500)
    ids = {hit.message.id for hit in page.items}
    while page.next:
        page = await services.search.page(query, match="all", limit=500, cursor=page.next)
        ids |= {hit.message.id for hit in page.items}
    return ids
