from __future__ import annotations

from typing import Any

from litestar import delete, get, post
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from hansard.model.drafts import Draft
from hansard.model.messages import Message
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
from hansard.storage.base import OnConflict


class NewMessages(Body, frozen=True, kw_only=True):
    """Messages to be stored as one step.

    `expect_head` is the last message that the writer knows, null for an empty branch; left out, any will do.
    """

    messages: list[Draft]
    branch: str | None = None
    expect_head: str | UnsetType | None = UNSET
    on_conflict: OnConflict = "error"


class NewContent(Body, frozen=True, kw_only=True):
    """What is said instead, as text or as parts."""

    content: str | None = None
    parts: list[Part] | None = None
    id: str | None = None
    """The new message's, so that a repeated request does nothing."""


class Retry(Body, frozen=True, kw_only=True):
    id: str | None = None
    """The request's, so that a repeated request begins nothing and is answered with the same run."""
    model: str | None = None
    options: dict[str, Any] | None = None


@post("/conversations/{conversation_id:str}/messages")
async def append_messages(
    services: Scoped, conversation_id: PathId, data: JSONBody[NewMessages]
) -> Items[Message]:
    """Store messages at the end of a branch, all or none.

    Messages whose ids were stored before with the same content are answered as they are there, so the request may
    be repeated.
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

    One of: the `last` so many; up to `limit` before, after or around a message. Without `branch`: the branch that the
    user is on.
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
    """Put a message and all that follows from it into the trash.

    The answer names the branch in the trash that brings it back.
    """
    return await services.messages.delete(conversation_id, message_id)


@post("/conversations/{conversation_id:str}/messages/{message_id:str}/edit")
async def edit_message(
    services: Scoped, conversation_id: PathId, message_id: PathId, data: JSONBody[NewContent]
) -> Message:
    """Say something else in a message's place, on a new branch, which the user is then on."""
    return await services.messages.edit(conversation_id, message_id, **asdict(data))


@post("/conversations/{conversation_id:str}/messages/{message_id:str}/retry", status_code=202)
async def retry_message(
    services: Scoped,
    conversation_id: PathId,
    message_id: PathId,
    data: JSONBody[Retry | None] = None,
) -> Started:
    """Have a model answer again, on a new branch, which the user is then on. The old answer stays."""
    asked = asdict(data or Retry())
    return Started(run=await services.chat.retry(conversation_id, message_id, **asked))


@get("/conversations/{conversation_id:str}/messages/{message_id:str}/siblings")
async def list_siblings(
    services: Scoped, conversation_id: PathId, message_id: PathId
) -> Items[Message]:
    """List the messages that follow the same message, itself included, oldest first."""
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
