"""Conversations."""

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
    """The client may choose the id, so that a repeated request has no effect."""
    title: str = ""
    system: str = ""
    model: str | None = None
    project_id: str | None = None
    tags: list[str] = []
    metadata: dict[str, Any] = {}
    pinned: bool = False
    temporary: bool = False
    """Whether lists and searches leave it out and it is purged after a day."""


class ConversationChanges(Body, frozen=True, kw_only=True):
    """Omitted fields stay unchanged."""

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
    """False keeps a temporary conversation permanently."""


class DeletedCount(msgspec.Struct, frozen=True, kw_only=True):
    count: int


class Merge(Body, frozen=True, kw_only=True):
    """Which branch to copy messages from, and to which branch."""

    source: str
    """The branch to copy from."""
    into: str | None = None
    """The branch to append to; null for the branch that the user has selected."""
    source_conversation: str | None = None
    """The conversation of `source`; null for this one."""


@post("/conversations")
async def create_conversation(services: Scoped, data: JSONBody[NewConversation]) -> Conversation:
    """Create a conversation.

    With an `id` the request is idempotent: repeating it returns the existing conversation.
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

    `q` is text in the title; `since` and `until` limit the time of the last activity; `temporary` lists temporary
    conversations instead of the others; `deleted` lists the trash.
    """
    filters = ConversationFilter(
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
    return await services.conversations.list(limit=limit, cursor=cursor, filter=filters)


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
    """Move a conversation to the trash."""
    return await services.conversations.delete(conversation_id)


@delete("/conversations", status_code=200)
async def delete_conversations(services: Scoped) -> DeletedCount:
    """Move all conversations to the trash, including archived ones."""
    return DeletedCount(count=await services.conversations.delete_all())


@post("/conversations/purge", status_code=200)
async def purge_conversations(services: Scoped) -> DeletedCount:
    """Permanently delete everything in the trash."""
    return DeletedCount(count=await services.conversations.purge_all())


@post("/conversations/{conversation_id:str}/restore", status_code=200)
async def restore_conversation(services: Scoped, conversation_id: PathId) -> Conversation:
    """Restore a conversation from the trash."""
    return await services.conversations.restore(conversation_id)


@post("/conversations/{conversation_id:str}/purge", status_code=204)
async def purge_conversation(services: Scoped, conversation_id: PathId) -> None:
    """Permanently delete a conversation that is in the trash."""
    await services.conversations.purge(conversation_id)


@post("/conversations/{conversation_id:str}/merge")
async def merge_branches(
    services: Scoped, conversation_id: PathId, data: JSONBody[Merge]
) -> Items[Message]:
    """Append copies of the messages that only another branch has to a branch.

    Returns the copies; their `origin_id` is the id of the original. The source branch stays unchanged.
    """
    copies = await services.branches.merge(conversation_id, **asdict(data))
    return Items(copies)


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
