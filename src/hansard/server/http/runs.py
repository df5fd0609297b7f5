"""Runs: generations of answers."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from litestar.response import Stream

from hansard.model.runs import Run, RunEvent
from hansard.server import sse
from hansard.server.fields import Body, Items, LastEvent, Limit, PathId, Position, Scoped

EventStream = NamedDependency[sse.EventStream]
EVENTS = ResponseSpec(
    RunEvent,
    media_type=sse.MEDIA_TYPE,
    description="The run's events as they happen, until it ends.",
)


class Continue(Body, frozen=True, kw_only=True):
    id: str | None = None
    """The id of the request; a repeated request starts nothing and returns the same run."""


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """The started run; it continues if the client disconnects. Follow it at `/runs/{id}/events`."""

    run: Run


@get("/conversations/{conversation_id:str}/runs")
async def list_runs(services: Scoped, conversation_id: PathId, limit: Limit = 50) -> Items[Run]:
    """List a conversation's runs, the newest first."""
    return Items(await services.runs.list(conversation_id, limit=limit))


@get("/runs")
async def list_active_runs(services: Scoped) -> Items[Run]:
    """List the active runs of all conversations."""
    return Items(await services.runs.active())


@get("/runs/{run_id:str}")
async def get_run(services: Scoped, run_id: PathId) -> Run:
    """Get a run."""
    return await services.runs.get(run_id)


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


@post("/runs/{run_id:str}/cancel", status_code=200)
async def cancel_run(services: Scoped, run_id: PathId) -> Run:
    """Cancel a run and store the text so far; a run that has ended stays unchanged."""
    return await services.runs.cancel(run_id)


@post("/runs/{run_id:str}/continue", status_code=202)
async def continue_run(
    services: Scoped, run_id: PathId, data: JSONBody[Continue | None] = None
) -> Started:
    """Continue an answer that was cut off; the continuation is a new message."""
    request_id = (data or Continue()).id
    return Started(run=await services.chat.continue_run(run_id, id=request_id))


ROUTES = (list_runs, list_active_runs, get_run, follow_run, cancel_run, continue_run)
