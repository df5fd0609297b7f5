"""What was promised, and whether it was kept.

A writer stores *steps*: appends of one to three messages, whose ids and texts follow from the step's name. It says
when it sends a step and when the step was acknowledged; the ledger keeps both. Whatever happened to the writer, the
record must then hold every acknowledged step once, any other at most once, none in part, and all that
follows from messages (places, feed, counters, search) must agree with them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import NAMESPACE_OID, uuid5

from hansard.database import Services
from hansard.model.drafts import Draft, user
from hansard.model.messages import Message

COMMON_WORD = "everywhere"
"""A word that is in every message."""


class GuaranteeBroken(AssertionError):
    """A promise was not kept."""


def require(condition: object, fault: str) -> None:
    """Raise Broken with the fault unless the condition is met."""
    if not condition:
        raise GuaranteeBroken(fault)


def some(names: set[str] | Sequence[str]) -> str:
    """The first of some names, and how many there are if that is more."""
    shown = sorted(names)[:3]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(shown) + more


def texts_of(step: str) -> list[str]:
    """The texts of a step's messages, the same whenever they are asked for."""
    size = 1 + sum(step.encode()) % 3
    return [f"{step}part{i} {COMMON_WORD}" for i in range(size)]


def drafts_of(step: str) -> list[Draft]:
    """The messages of a step, the same whenever they are asked for."""
    return [
        user(text, id=str(uuid5(NAMESPACE_OID, f"{step} {i}")))
        for i, text in enumerate(texts_of(step))
    ]


@dataclass
class Ledger:
    sent: set[str] = field(default_factory=set[str])
    acknowledged: set[str] = field(default_factory=set[str])

    def note(self, line: str) -> None:
        """Take down what a writer says: ``sent STEP`` or ``done STEP``."""
        word, _, step = line.partition(" ")
        {"sent": self.sent, "done": self.acknowledged}[word].add(step)

    @property
    def messages(self) -> int:
        """How many were acknowledged."""
        return sum(len(texts_of(step)) for step in self.acknowledged)

    @property
    def unknown(self) -> set[str]:
        return self.sent - self.acknowledged

    async def store(self, services: Services, conversation: str, step: str) -> None:
        """Be the writer of a step."""
        self.note(f"sent {step}")
        await services.messages.append(conversation, drafts_of(step))
        self.note(f"done {step}")

    async def check(self, services: Services, conversation: str) -> set[str]:
        """Hold the record against the ledger; gives the steps that are there."""
        messages = [message async for message in services.messages.all(conversation)]
        there = self.check_texts([message.text for message in messages])
        check_positions(messages)
        check_changes(await changes(services, conversation), len(messages))
        await check_derived(services, messages)
        return there

    def check_texts(self, stored: Sequence[str]) -> set[str]:
        """Hold the texts of all stored messages against the ledger; gives the steps that are there."""
        texts = Counter(stored)
        doubled = [text for text, count in texts.items() if count > 1]
        require(not doubled, f"doubled: {some(doubled)}")
        parts = {step: texts_of(step) for step in self.sent}
        there = {step for step, wanted in parts.items() if any(text in texts for text in wanted)}
        lost = self.acknowledged - there
        require(not lost, f"lost: {some(lost)}")
        torn = [step for step in there if any(text not in texts for text in parts[step])]
        require(not torn, f"half-written: {some(torn)}")
        wanted = sum(len(parts[step]) for step in there)
        require(len(stored) == wanted, "messages are there that nobody sent")
        return there


def check_positions(messages: Sequence[Message]) -> None:
    """One path, without a gap, on which each message follows the one before."""
    dense = [message.seq for message in messages] == list(range(len(messages)))
    require(dense, "the places of messages have a gap")
    follow = all(after.parent_id == before.id for before, after in pairwise(messages))
    require(follow, "a message does not follow the one before")


async def changes(
    services: Services, conversation: str, finished: Callable[[], bool] = lambda: True
) -> list[tuple[int, int]]:
    """The appends that the feed tells of: the first seq and the count of each.

    The feed is followed until it has nothing more after what makes the changes has finished.
    """
    found: list[tuple[int, int]] = []
    after, more = 0, True
    while more:
        more = not finished()
        while entries := await services.feed.read(after=after, limit=500):
            for entry in entries:
                require(entry.position > after, "the feed is not in order")
                after = entry.position
                if entry.kind == "message.created" and entry.conversation_id == conversation:
                    require(entry.seq is not None, "the feed tells of a message without its place")
                    found.append((entry.seq or 0, entry.count))
        await asyncio.sleep(0.001)
    return found


def check_changes(found: Sequence[tuple[int, int]], messages: int) -> None:
    """Every message was told of, and once.

    Not always in the order of their places: on PostgreSQL a transaction that had to wait for another keeps
    the number that it had before.
    """
    told = [seq for first, count in found for seq in range(first, first + count)]
    require(sorted(told) == list(range(messages)), "the feed does not tell what happened")


async def check_derived(services: Services, messages: Sequence[Message]) -> None:
    """Counters and search, of a user who has said nothing else."""
    stats = await services.statistics.get()
    words = sum(len(message.text.split()) for message in messages)
    characters = sum(len(message.text) for message in messages)
    counted = (stats.messages, stats.words, stats.characters)
    require(counted == (len(messages), words, characters), "the counters are wrong")
    wanted = {message.id for message in messages}
    require(await found(services, COMMON_WORD) == wanted, "the search does not find what is there")


async def found(services: Services, query: str) -> set[str]:
    """The ids of all messages that a search finds."""
    page = await services.search.page(query, limit=500)
    ids = {hit.message.id for hit in page.items}
    while page.next:
        page = await services.search.page(query, limit=500, cursor=page.next)
        ids |= {hit.message.id for hit in page.items}
    return ids
