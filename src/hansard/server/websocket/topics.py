"""Topics: sets of changes that a socket can subscribe to."""

from __future__ import annotations

from collections.abc import Iterable

from hansard.errors import InvalidInput
from hansard.ids import is_id
from hansard.model.feed import FeedEntry

ALL = "*"
CONVERSATION = "conversation:"
"""The prefix of the topic of one conversation; its id follows."""
MAX_TOPICS = 100

EVENTS: dict[str, tuple[str, ...]] = {
    "artifacts": (
        "artifact.created",
        "artifact.updated",
        "artifact.deleted",
        "artifact.restored",
        "artifact.purged",
        "artifact.shared",
        "artifact.unshared",
    ),
    "branches": (
        "branch.created",
        "branch.switched",
        "branch.updated",
        "branch.deleted",
        "branch.restored",
        "branch.purged",
    ),
    "collections": (
        "collection.created",
        "collection.updated",
        "collection.deleted",
        "collection.restored",
    ),
    "conversations": (
        "conversation.created",
        "conversation.updated",
        "conversation.deleted",
        "conversation.restored",
        "conversation.purged",
    ),
    "messages": ("message.created", "message.deleted", "message.rated"),
    "projects": ("project.created", "project.updated", "project.deleted", "project.restored"),
    "runs": ("run.started", "run.completed", "run.failed", "run.cancelled", "run.interrupted"),
    "settings": ("setting.updated", "setting.deleted"),
    "users": ("user.updated", "tenant.updated"),
}
"""The kinds of changes, by topic."""
ALIASES = {"people": "users"}
"""Alternative names of topics, for older clients."""

_TOPIC_OF = {kind: topic for topic, kinds in EVENTS.items() for kind in kinds}


def check_topics(topics: Iterable[str]) -> set[str]:
    """Return the topics in canonical form. Raises InvalidInput if one does not exist."""
    checked: set[str] = set()
    for number, name in enumerate(topics):
        topic = ALIASES.get(name, name)
        valid = topic == ALL or topic in EVENTS
        if topic.startswith(CONVERSATION):
            topic = topic.lower()
            valid = is_id(topic.removeprefix(CONVERSATION))
        if not valid:
            raise InvalidInput(
                f"Topics are {ALL}, {', '.join(EVENTS)}, or {CONVERSATION} and an id.",
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
