"""Messages."""

from __future__ import annotations

from typing import Any

from litestar import delete, get, post
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from hansard.model.drafts import Draft
from hansard.model.messages import Message, OnConflict
from hansard.model.pages import MessagePage
from hansard.model.parts import Part
from hansard.server.fields import (
    Body,
    Items,
    Limit,
    PathId,
    QueryId,
    Scoped,
    SomeLimit,
)
from hansard.server.http.runs import Started
from hansard.services.conversations.trash import Trashed


class NewMessages(Body, frozen=True, kw_only=True):
    """Messages to append in one step.

    `expect_head` is the id of the last message that the writer expects, null for an empty branch; omit it to accept
    any.
    """

    messages: list[Draft]
    branch: str | None = None
    expect_head: str | UnsetType | None = UNSET
    on_conflict: OnConflict = "error"


class NewContent(Body, frozen=True, kw_only=True):
    """The new content, as text or as parts."""

    content: str | None = None
    parts: list[Part] | None = None
    id: str | None = None
    """The id of the new message; a repeated request has no effect."""


class Retry(Body, frozen=True, kw_only=True):
    id: str | None = None
    """The id of the request; a repeated request starts nothing and returns the same run."""
    model: str | None = None
    options: dict[str, Any] | None = None


@post("/conversations/{conversation_id:str}/messages")
async def append_messages(
    services: Scoped, conversation_id: PathId, data: JSONBody[NewMessages]
) -> Items[Message]:
    """Append messages to a branch, all or none.

    Messages that are stored already with the same id and content are returned unchanged, so the request may be
    repeated.
    """
    return Items(await services.messages.append(conversation_id, **asdict(data)))


@get("/conversations/{conversation_id:str}/messages")
async def list_messages(
    services: Scoped,
    conversation_id: PathId,
    last: SomeLimit = None,
    before: QueryId = None,
    after: QueryId = None,
    around: QueryId = None,
    limit: Limit = 50,
    branch: QueryId = None,
) -> MessagePage:
    """Read consecutive messages of a branch, oldest first.

    Give either `last`, the number of newest messages, or the id of a message `before`, `after` or `around` which up to
    `limit` messages are returned. Without `branch`, the branch that the user has selected is read.
    """
    return await services.messages.read(
        conversation_id,
        last=last,
        before=before,
        after=after,
        around=around,
        limit=limit,
        branch=branch,
    )


@get("/conversations/{conversation_id:str}/messages/{message_id:str}")
async def get_message(services: Scoped, conversation_id: PathId, message_id: PathId) -> Message:
    """Get a message."""
    return await services.messages.get(conversation_id, message_id)


@delete("/conversations/{conversation_id:str}/messages/{message_id:str}", status_code=200)
async def delete_message(services: Scoped, conversation_id: PathId, message_id: PathId) -> Trashed:
    """Move a message and all messages after it to the trash.

    The response names the branch in the trash that restores them.
    """
    return await services.messages.delete(conversation_id, message_id)


@post("/conversations/{conversation_id:str}/messages/{message_id:str}/edit")
async def edit_message(
    services: Scoped, conversation_id: PathId, message_id: PathId, data: JSONBody[NewContent]
) -> Message:
    """Edit a message: store the new content on a new branch in its place, and select that branch."""
    return await services.messages.edit(conversation_id, message_id, **asdict(data))


@post("/conversations/{conversation_id:str}/messages/{message_id:str}/retry", status_code=202)
async def retry_message(
    services: Scoped,
    conversation_id: PathId,
    message_id: PathId,
    data: JSONBody[Retry | None] = None,
) -> Started:
    """Generate an answer again on a new branch, and select that branch. The old answer stays."""
    options = asdict(data or Retry())
    return Started(run=await services.chat.retry(conversation_id, message_id, **options))


@get("/conversations/{conversation_id:str}/messages/{message_id:str}/siblings")
async def list_siblings(
    services: Scoped, conversation_id: PathId, message_id: PathId
) -> Items[Message]:
    """List the messages with the same parent, including the message itself, oldest first."""
    return Items(await services.branches.siblings(conversation_id, message_id))


ROUTES = (
    append_messages,
    list_messages,
    get_message,
    delete_message,
    edit_message,
    retry_message,
    list_siblings,
)
