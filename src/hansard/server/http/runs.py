"""The stream of a run's events."""

from __future__ import annotations

from litestar import get
from litestar.response import Stream

from hansard.server import sse
from hansard.server.fields import EVENTS, EventStream, LastEvent, PathId, Position, Scoped


@get("/runs/{run_id:str}/events", responses={200: EVENTS})
async def follow_run(
    services: Scoped,
    line: EventStream,
    run_id: PathId,
    after: Position = 0,
    last_event_id: LastEvent = None,
) -> Stream:
    """Follow a run as server-sent events, from its beginning or from after an event.

    An event's `id` is its number and `event` its type; `data` is the RunEvent. A client that reconnects with the number
    of the last event it saw, as browsers do with `Last-Event-ID`, misses nothing and sees nothing twice. The event that
    ends the run is always sent.
    """
    run = await services.runs.get(run_id)
    since = after if last_event_id is None else last_event_id
    return line.send(services.runs.events(run.id, after=since), sse.run_event)


ROUTES = (follow_run,)
