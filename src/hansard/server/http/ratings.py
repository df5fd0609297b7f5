"""Ratings of messages."""

from __future__ import annotations

from typing import Literal

from litestar import get, put
from litestar.params import JSONBody

from hansard.model.messages import Rating
from hansard.server.fields import Body, Items, PathId, Scoped


class NewRating(Body, frozen=True, kw_only=True):
    value: Literal[-1, 0, 1]
    note: str = ""


@put("/conversations/{conversation_id:str}/messages/{message_id:str}/rating")
async def rate_message(
    services: Scoped, conversation_id: PathId, message_id: PathId, data: JSONBody[NewRating]
) -> Rating:
    """Set the user's rating of a message."""
    return await services.ratings.rate(conversation_id, message_id, data.value, data.note)


@get("/conversations/{conversation_id:str}/ratings")
async def list_ratings(services: Scoped, conversation_id: PathId) -> Items[Rating]:
    """List the user's ratings in a conversation."""
    return Items(await services.ratings.list(conversation_id))


ROUTES = (rate_message, list_ratings)
