from __future__ import annotations

import msgspec
from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream

from hansard.model.feed import FeedEntry
from hansard.server import sse
from hansard.server.fields import LastEvent, Limit, Scoped, SomePosition
from hansard.server.http.runs import EventStream


class FeedPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[FeedEntry]
    next: int
    """The position to ask with for what comes after."""
    resync: bool = False
    """True if the feed does not reach to the position that was asked with: what is known is to be read anew."""


class FeedStart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    position: int
    """Where the stream begins: all that comes after it will be told."""
    resync: bool = False
    """True if that is not where it was asked to: what is known is to be read anew."""


CHANGES = ResponseSpec(
    FeedStart | FeedEntry,
    media_type=sse.MEDIA_TYPE,
    description="The changes, as they come, without end.",
)


@get("/feed")
async def read_feed(services: Scoped, after: SomePosition = None, limit: Limit = 100) -> FeedPage:
    """Read what changed after a position, in order; ask again with `next`, and nothing is missed.

    Without a position, `next` is where the feed ends: what is read of the record from then on, and kept as the feed
    says from there, is up to date. Position 0 comes before all that is kept.

    Where older entries are no longer kept, the first is `feed.trimmed`. A position past the end is one of another
    database, or of this one before an older state of it was restored: then `resync` is true, and `next` is the end.
    """
    items = [] if after is None else await services.feed.read(after=after, limit=limit)
    if items:
        return FeedPage(items=items, next=items[-1].position)
    found = await services.feed.begin(after)
    return FeedPage(items=[], next=found.position, resync=found.resync)


@get("/feed/stream", responses={200: CHANGES})
async def follow_feed(
    services: Scoped, line: EventStream, after: SomePosition = None, last_event_id: LastEvent = None
) -> Stream:
    """Follow the feed as server-sent events, from after a position, or from now on.

    The first event is `start`, with the FeedStart; then each change, within a second, whatever its kind, is a `change`:
    its `id` is its position, its `data` the FeedEntry. What is read once the stream has started, and then kept as the
    stream says, is up to date. Whoever comes back with the position it saw last, as browsers do by themselves in
    `Last-Event-ID`, misses nothing. If the feed does not reach back to there any more, or ends before, as that of
    another database or of a restored one may, `start` says so with `resync`, and where the stream begins instead.
    """
    since = after if last_event_id is None else last_event_id
    found = await services.feed.begin(since)
    start = FeedStart(position=found.position, resync=found.resync)
    first = sse.render(found.position, "start", start)
    return line.send(services.feed.follow(found.position), sse.feed_entry, first)


ROUTES = (read_feed, follow_feed)
