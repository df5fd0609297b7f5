"""The feed of changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream
from msgspec.structs import asdict

from hansard.api.envelopes import FeedPage
from hansard.model.feed import FeedEntry
from hansard.server import sse
from hansard.server.fields import EventStream, LastEvent, Limit, Scoped, SomePosition
from hansard.services.feed.records import Carried
from hansard.services.feed.service import Feed, FeedStart


class LiveEntry(FeedEntry, frozen=True, kw_only=True):
    """A change, with the changed record."""

    record: Any = msgspec.UNSET
    """The record, as in the events of the WebSocket."""


CHANGES = ResponseSpec(
    FeedStart | LiveEntry,
    media_type=sse.MEDIA_TYPE,
    description="The changes as they happen, without end.",
)


@get("/feed")
async def read_feed(services: Scoped, after: SomePosition = None, limit: Limit = 100) -> FeedPage:
    """Read the changes after a position, in order; continue with `next` to miss none.

    Without a position, the page is empty and `next` is the end of the feed: load the state after this request, then
    apply the changes from `next` on to keep it up to date. Position 0 is before all entries.

    If older entries were deleted, the first one is `feed.trimmed`. A position past the end belongs to another database,
    or to this one before a restore of an older backup: then `resync` is true, and `next` is the end.
    """
    items = [] if after is None else await services.feed.read(after=after, limit=limit)
    if items:
        return FeedPage(items=items, next=items[-1].position)
    start = await services.feed.begin(after)
    return FeedPage(items=[], next=start.position, resync=start.resync)


@get("/feed/stream", responses={200: CHANGES})
async def follow_feed(
    services: Scoped, line: EventStream, after: SomePosition = None, last_event_id: LastEvent = None
) -> Stream:
    """Follow the feed as server-sent events, from after a position, or from now on.

    The first event is `start`, with the FeedStart; then each change, of any kind, follows within a second as a
    `change`: its `id` is its position, its `data` the FeedEntry with the changed `record`, as on the WebSocket. Load
    the state after the stream has started, then apply its changes to keep it up to date. A client that reconnects
    with the last position it saw, as browsers do with `Last-Event-ID`, misses nothing. If that position is no longer
    retained, or is past the end, as after a restore of an older backup, `start` has `resync` and the position at which
    the stream starts instead.
    """
    since = after if last_event_id is None else last_event_id
    start = await services.feed.begin(since)
    first = sse.render(start.position, "start", start)
    return line.send(_changes(services.feed, start.position), b"".join, first)


async def _changes(feed: Feed, after: int) -> AsyncIterator[list[bytes]]:
    """Yield the rendered changes that are available together; their records are read when they can be sent."""
    async for entries in feed.changes(after):
        yield await feed.rendered(entries, _render)


def _render(entry: FeedEntry, record: Carried) -> bytes:
    return sse.render(entry.position, "change", LiveEntry(**asdict(entry), record=record))


ROUTES = (read_feed, follow_feed)
