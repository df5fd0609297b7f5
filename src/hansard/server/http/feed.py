from __future__ import annotations

import msgspec
from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream

from hansard.model.feed import FeedEntry
from hansard.server import sse
from hansard.server.http.fields import LastEvent, Limit, Position, Scoped, SomePosition
from hansard.server.http.runs import Line


class FeedPage(msgspec.Struct, frozen=True, kw_only=True):
    items: list[FeedEntry]
    next: int
    """The position to ask with for what comes after."""


class FeedStart(msgspec.Struct, frozen=True, kw_only=True):
    position: int
    """Where the stream begins: all that comes after it will be told."""


CHANGES = ResponseSpec(
    FeedStart | FeedEntry,
    media_type=sse.MEDIA_TYPE,
    description="The changes, as they come, without end.",
)


@get("/feed")
async def read_feed(services: Scoped, after: Position = 0, limit: Limit = 100) -> FeedPage:
    """Read what changed after a position, in order; ask again with `next`, and nothing is missed."""
    items = await services.feed.read(after=after, limit=limit)
    return FeedPage(items=items, next=items[-1].position if items else after)


@get("/feed/stream", responses={200: CHANGES})
async def follow_feed(
    services: Scoped, line: Line, after: SomePosition = None, last_event_id: LastEvent = None
) -> Stream:
    """Follow the feed as server-sent events, from after a position, or from now on.

    The first event is `start`, with the FeedStart; then each change, within a second, whatever its kind, is a `change`:
    its `id` is its position, its `data` the FeedEntry. What is read once the stream has started, and then kept as the
    stream says, is up to date. Whoever comes back with the position it saw last, as browsers do by themselves in
    `Last-Event-ID`, misses nothing.
    """
    since = after if last_event_id is None else last_event_id
    position = await services.feed.end() if since is None else since
    start = sse.render(position, "start", FeedStart(position=position))
    return line.carry(services.feed.follow(position), sse.feed_entry, start)


ROUTES = (read_feed, follow_feed)
