from __future__ import annotations

from typing import Any

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromQuery, JSONBody
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.pages import Page
from hansard.server.fields import (
    Body,
    Cursor,
    Flag,
    Items,
    Limit,
    Moment,
    PathId,
    QueryId,
    Scoped,
    Version,
    Words,
    moment,
)
from hansard.services.conversations.service import ConversationFilter


class NewConversation(Body, frozen=True, kw_only=True):
    id: str | None = None
    """The client's choice, so that a repeated request does nothing."""
    title: str = ""
    system: str = ""
    model: str | None = None
    project_id: str | None = None
    tags: list[str] = []
    metadata: dict[str, Any] = {}
    pinned: bool = False
    temporary: bool = False
    """Whether it is in no list and no search, and gone for good after a day."""


class ConversationChanges(Body, frozen=True, kw_only=True):
    """What is not given stays as it is."""

    version: Version | None = None
    title: str | UnsetType = UNSET
    system: str | UnsetType = UNSET
    model: str | UnsetType | None = UNSET
    project_id: str | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    temporary: bool | UnsetType = UNSET
    """False keeps a temporary conversation."""


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    count: int


class Merge(Body, frozen=True, kw_only=True):
    """Which branch is said again, and at the end of which: of this conversation, unless it says otherwise."""

    source: str
    into: str | None = None
    source_conversation: str | None = None


@post("/conversations")
async def create_conversation(services: Scoped, data: JSONBody[NewConversation]) -> Conversation:
    """Begin a conversation.

    With an `id` the request may be repeated: it answers with what is there.
    """
    return await services.conversations.create(**asdict(data))


@get("/conversations")
async def list_conversations(
    services: Scoped,
    cursor: Cursor = None,
    limit: Limit = 50,
    q: Words = None,
    project_id: QueryId = None,
    pinned: Flag = None,
    archived: Flag = None,
    tag: Words = None,
    since: Moment = None,
    until: Moment = None,
    temporary: FromQuery[bool] = False,
    deleted: FromQuery[bool] = False,
) -> Page[Conversation]:
    """List conversations, the most recently active first.

    `q` is text in the title; `since` and `until` bound the last activity; `temporary` lists temporary conversations
    instead of the others, `deleted` the trash.
    """
    wanted = ConversationFilter(
        project_id=project_id,
        pinned=pinned,
        archived=archived,
        tag=tag,
        q=q,
        since=moment(since, "/since"),
        until=moment(until, "/until"),
        temporary=temporary,
        deleted=deleted,
    )
    return await services.conversations.list(limit=limit, cursor=cursor, filter=wanted)


@get("/conversations/{conversation_id:str}")
async def get_conversation(services: Scoped, conversation_id: PathId) -> Conversation:
    """Get a conversation."""
    return await services.conversations.get(conversation_id)


@patch("/conversations/{conversation_id:str}")
async def update_conversation(
    services: Scoped, conversation_id: PathId, data: JSONBody[ConversationChanges]
) -> Conversation:
    """Change a conversation; with `version`, only if it is still at that version."""
    changes = asdict(data)
    return await services.conversations.update(conversation_id, **changes)


@delete("/conversations/{conversation_id:str}", status_code=200)
async def delete_conversation(services: Scoped, conversation_id: PathId) -> Conversation:
    """Put a conversation into the trash."""
    return await services.conversations.delete(conversation_id)


@delete("/conversations", status_code=200)
async def delete_conversations(services: Scoped) -> Gone:
    """Put all conversations into the trash, archived or not."""
    return Gone(count=await services.conversations.delete_all())


@post("/conversations/purge", status_code=200)
async def purge_conversations(services: Scoped) -> Gone:
    """Remove for good all that is in the trash."""
    return Gone(count=await services.conversations.purge_all())


@post("/conversations/{conversation_id:str}/restore", status_code=200)
async def restore_conversation(services: Scoped, conversation_id: PathId) -> Conversation:
    """Take a conversation out of the trash."""
    return await services.conversations.restore(conversation_id)


@post("/conversations/{conversation_id:str}/purge", status_code=204)
async def purge_conversation(services: Scoped, conversation_id: PathId) -> None:
    """Remove for good a conversation that is in the trash."""
    await services.conversations.purge(conversation_id)


@post("/conversations/{conversation_id:str}/merge")
async def merge_branches(
    services: Scoped, conversation_id: PathId, data: JSONBody[Merge]
) -> Items[Message]:
    """Say again, at the end of a branch, what another branch has and it has not.

    Answers with the copies; each knows what it was copied from. The source stays as it is.
    """
    placed = await services.branches.merge(conversation_id, **asdict(data))
    return Items(placed)


ROUTES = (
    create_conversation,
    list_conversations,
    get_conversation,
    update_conversation,
    delete_conversation,
    delete_conversations,
    restore_conversation,
    purge_conversation,
    purge_conversations,
    merge_branches,
)
