"""Topics: which changes a socket wants to hear of."""

from __future__ import annotations

from collections.abc import Iterable

from hansard.errors import InvalidInput
from hansard.ids import is_id
from hansard.model.feed import FeedEntry

ALL = "*"
CONVERSATION = "conversation:"
"""With an id after it: all that concerns one conversation."""
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
    "people": ("user.updated", "tenant.updated"),
    "projects": ("project.created", "project.updated", "project.deleted", "project.restored"),
    "runs": ("run.started", "run.completed", "run.failed", "run.cancelled", "run.interrupted"),
    "settings": ("setting.updated", "setting.deleted"),
}
"""The kinds of changes, by the topic that they belong to."""

_TOPIC_OF = {kind: topic for topic, kinds in EVENTS.items() for kind in kinds}


def check_topics(topics: Iterable[str]) -> set[str]:
    """Topics as they are kept; raises InvalidInput."""
    found: set[str] = set()
    for number, topic in enumerate(topics):
        known = topic == ALL or topic in EVENTS
        if topic.startswith(CONVERSATION):
            topic = topic.lower()  # noqa: PLW2901 - ids are kept so
            known = is_id(topic.removeprefix(CONVERSATION))
        if not known:
            raise InvalidInput(
                f"A topic is one of {ALL}, {', '.join(EVENTS)}, or {CONVERSATION} and an id.",
                pointer=f"/topics/{number}",
            )
        found.add(topic)
    return found


def concerns(entry: FeedEntry, topics: set[str]) -> bool:
    return (
        ALL in topics
        or _TOPIC_OF.get(entry.kind) in topics
        or f"{CONVERSATION}{entry.conversation_id}" in topics
    )
