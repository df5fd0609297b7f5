from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.params import JSONBody
from litestar.response import Stream
from msgspec.structs import asdict

from hansard.database import Services
from hansard.model.parts import Part
from hansard.model.runs import Run
from hansard.server import sse
from hansard.server.fields import Body, PathId, Scoped
from hansard.server.http.runs import EVENTS, EventStream, Started


class StartedRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Runs that go on by themselves, one for each model."""

    run: Run
    """The first."""
    runs: list[Run]


class Prompt(Body, frozen=True, kw_only=True):
    """What is said, as text or as parts, and who is to answer: `model`, several `models`, or what is set."""

    content: str | None = None
    parts: list[Part] | None = None
    id: str | None = None
    """The prompt's, so that a repeated request begins nothing and is answered with the same runs."""
    model: str | None = None
    models: list[str] | None = None
    branch: str | None = None
    options: dict[str, Any] | None = None


class Answer(Body, frozen=True, kw_only=True):
    id: str | None = None
    """The request's, so that a repeated request begins nothing and is answered with the same runs."""
    branch: str | None = None
    model: str | None = None
    models: list[str] | None = None
    options: dict[str, Any] | None = None


class Dialogue(Body, frozen=True, kw_only=True):
    id: str | None = None
    """The request's, so that a repeated request begins nothing and is answered with the same run."""
    models: list[str]
    turns: int = 4
    content: str | None = None
    """What is said first."""
    branch: str | None = None


@post("/conversations/{conversation_id:str}/chat", status_code=202, responses={200: EVENTS})
async def chat(
    request: Request[Any, Any, Any],
    services: Scoped,
    line: EventStream,
    conversation_id: PathId,
    data: JSONBody[Prompt],
) -> Response[StartedRuns] | Stream:
    """Say something and have it answered.

    The prompt and its runs are stored before this request is answered; with `Accept: text/event-stream` the answer is
    the stream of the first run's events. A client that goes away never stops a run.
    """
    runs = await services.chat.send(conversation_id, **asdict(data))
    return _started(request, services, line, runs)


@post("/conversations/{conversation_id:str}/answer", status_code=202, responses={200: EVENTS})
async def answer(
    request: Request[Any, Any, Any],
    services: Scoped,
    line: EventStream,
    conversation_id: PathId,
    data: JSONBody[Answer | None] = None,
) -> Response[StartedRuns] | Stream:
    """Have what was said last on a branch answered; the answer to this request is like that of `chat`."""
    runs = await services.chat.answer(conversation_id, **asdict(data or Answer()))
    return _started(request, services, line, runs)


@post("/conversations/{conversation_id:str}/dialogue", status_code=202)
async def dialogue(services: Scoped, conversation_id: PathId, data: JSONBody[Dialogue]) -> Started:
    """Let models talk to each other for so many turns, one after the other; answers with the first run.

    To cancel the run that is under way ends the talk.
    """
    return Started(run=await services.chat.dialogue(conversation_id, **asdict(data)))


def _started(
    request: Request[Any, Any, Any], services: Services, line: sse.EventStream, runs: list[Run]
) -> Response[StartedRuns] | Stream:
    if sse.MEDIA_TYPE in request.headers.get("accept", ""):
        return line.send(services.runs.events(runs[0].id), sse.run_event)
    return Response(StartedRuns(run=runs[0], runs=runs), status_code=202)


ROUTES = (chat, answer, dialogue)
