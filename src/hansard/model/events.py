"""Events: the kinds of changes that the feed reports, and the topics that group them.

A topic is the set of kinds of one noun. The topics of the WebSocket, the AsyncAPI document and the types of the chat
app follow from this module. A live event also carries the record that changed.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from hansard.model.artifacts import Artifact
from hansard.model.branches import Branch
from hansard.model.collections import Collection
from hansard.model.conversations import Conversation
from hansard.model.messages import Message, Rating
from hansard.model.projects import Project
from hansard.model.runs import Run
from hansard.model.settings import Setting
from hansard.model.users import Tenant, User

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


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """What an append changed, as it is when the event is sent."""

    conversation: Conversation
    branch: Branch
    messages: list[Message]
    """The messages that the events sent together appended to the branch, oldest first; empty if they are more than
    50 or larger than 256 KiB: read them."""


EventRecord = (
    Artifact
    | Appended
    | Branch
    | Collection
    | Conversation
    | Project
    | Rating
    | Run
    | Setting
    | Tenant
    | User
)
RECORDS: dict[EventKind, type[EventRecord] | None] = {
    **dict.fromkeys(TOPICS["artifacts"], Artifact),
    **dict.fromkeys(TOPICS["branches"], Branch),
    **dict.fromkeys(TOPICS["collections"], Collection),
    **dict.fromkeys(TOPICS["conversations"], Conversation),
    "message.created": Appended,
    "message.deleted": None,
    "message.rated": Rating,
    **dict.fromkeys(TOPICS["projects"], Project),
    **dict.fromkeys(TOPICS["runs"], Run),
    **dict.fromkeys(TOPICS["settings"], Setting),
    "user.updated": User,
    "tenant.updated": Tenant,
}
"""The type of the record that a live event carries."""
