"""Topics: sets of changes that a socket can subscribe to."""

from __future__ import annotations

from collections.abc import Iterable

from hansard.errors import InvalidInput
from hansard.ids import is_id
from hansard.model.feed import FeedEntry
from hansard.services.feed.kinds import TOPICS

ALL = "*"
CONVERSATION = "conversation:"
"""The prefix of the topic of one conversation; its id follows."""
MAX_TOPICS = 100

ALIASES = {"people": "users"}
"""Alternative names of topics, for older clients."""

_TOPIC_OF: dict[str, str] = {kind: topic for topic, kinds in TOPICS.items() for kind in kinds}


def check_topics(topics: Iterable[str]) -> set[str]:
    """Return the topics in canonical form. Raises InvalidInput if one does not exist."""
    checked: set[str] = set()
    for number, name in enumerate(topics):
        topic = ALIASES.get(name, name)
        valid = topic == ALL or topic in TOPICS
        if topic.startswith(CONVERSATION):
            topic = topic.lower()
            valid = is_id(topic.removeprefix(CONVERSATION))
        if not valid:
            raise InvalidInput(
                f"Topics are {ALL}, {', '.join(TOPICS)}, or {CONVERSATION} and an id.",
                pointer=f"/topics/{number}",
            )
        checked.add(topic)
    return checked


def matches(entry: FeedEntry, topics: set[str]) -> bool:
    """Whether an entry belongs to one of the topics."""
    return (
        ALL in topics
        or _TOPIC_OF.get(entry.kind) in topics
        or f"{CONVERSATION}{entry.conversation_id}" in topics
    )
