"""Search in messages."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import FromQuery, QueryParameter

from hansard.model.messages import Role
from hansard.model.pages import Hit, Page
from hansard.server.fields import (
    TEXT,
    Cursor,
    Flag,
    Limit,
    Moment,
    QueryId,
    Scoped,
    Words,
    moment,
)
from hansard.services.search import SearchFilter


@get("/search")
async def search(
    services: Scoped,
    q: Annotated[str, QueryParameter(pattern=TEXT, max_length=1_000)],
    limit: Limit = 20,
    cursor: Cursor = None,
    role: FromQuery[tuple[Role, ...]] = (),
    conversation_id: QueryId = None,
    project_id: QueryId = None,
    model: Words = None,
    since: Moment = None,
    until: Moment = None,
    archived: Flag = None,
) -> Page[Hit]:
    """Find messages that contain every word and "phrase" of `q`, the most relevant first.

    A word that ends in `*` is a prefix. `role` may be repeated.
    """
    filters = SearchFilter(
        roles=role,
        conversation_id=conversation_id,
        project_id=project_id,
        model=model,
        since=moment(since, "/since"),
        until=moment(until, "/until"),
        archived=archived,
    )
    return await services.search.page(q, limit=limit, cursor=cursor, filter=filters)


ROUTES = (search,)
