"""Events: the kinds of changes that the feed reports, and the topics that group them.

A topic is the set of kinds of one noun. The topics of the WebSocket, the AsyncAPI document and the types of the chat
app follow from this module.
"""

from __future__ import annotations

from typing import Literal, get_args

ArtifactEventKind = Literal[
    "artifact.created",
    "artifact.updated",
    "artifact.deleted",
    "artifact.restored",
    "artifact.purged",
    "artifact.shared",
    "artifact.unshared",
]
BranchEventKind = Literal[
    "branch.created",
    "branch.switched",
    "branch.updated",
    "branch.deleted",
    "branch.restored",
    "branch.purged",
]
CollectionEventKind = Literal[
    "collection.created", "collection.updated", "collection.deleted", "collection.restored"
]
ConversationEventKind = Literal[
    "conversation.created",
    "conversation.updated",
    "conversation.deleted",
    "conversation.restored",
    "conversation.purged",
]
MessageEventKind = Literal["message.created", "message.deleted", "message.rated"]
ProjectEventKind = Literal[
    "project.created", "project.updated", "project.deleted", "project.restored"
]
RunEventKind = Literal[
    "run.started", "run.completed", "run.failed", "run.cancelled", "run.interrupted"
]
SettingEventKind = Literal["setting.updated", "setting.deleted"]
UserEventKind = Literal["user.updated", "tenant.updated"]

EventKind = Literal[
    ArtifactEventKind,
    BranchEventKind,
    CollectionEventKind,
    ConversationEventKind,
    MessageEventKind,
    ProjectEventKind,
    RunEventKind,
    SettingEventKind,
    UserEventKind,
]
"""What happened: the noun and the verb of a change."""

Topic = Literal[
    "artifacts",
    "branches",
    "collections",
    "conversations",
    "messages",
    "projects",
    "runs",
    "settings",
    "users",
]

TOPICS: dict[Topic, tuple[EventKind, ...]] = {
    "artifacts": get_args(ArtifactEventKind),
    "branches": get_args(BranchEventKind),
    "collections": get_args(CollectionEventKind),
    "conversations": get_args(ConversationEventKind),
    "messages": get_args(MessageEventKind),
    "projects": get_args(ProjectEventKind),
    "runs": get_args(RunEventKind),
    "settings": get_args(SettingEventKind),
    "users": get_args(UserEventKind),
}
"""The kinds of each topic; every kind belongs to one."""
KINDS: tuple[EventKind, ...] = get_args(EventKind)
