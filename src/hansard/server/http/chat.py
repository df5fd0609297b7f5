"""Prompts, answers and dialogues."""

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
    """The started runs, one for each model; they continue if the client disconnects."""

    run: Run
    """The first run."""
    runs: list[Run]


class Prompt(Body, frozen=True, kw_only=True):
    """A prompt, as text or as parts, for one `model`, several `models`, or the default model."""

    content: str | None = None
    parts: list[Part] | None = None
    id: str | None = None
    """The id of the prompt; a repeated request starts nothing and returns the same runs."""
    model: str | None = None
    models: list[str] | None = None
    branch: str | None = None
    options: dict[str, Any] | None = None


class Answer(Body, frozen=True, kw_only=True):
    id: str | None = None
    """The id of the request; a repeated request starts nothing and returns the same runs."""
    branch: str | None = None
    model: str | None = None
    models: list[str] | None = None
    options: dict[str, Any] | None = None


class Dialogue(Body, frozen=True, kw_only=True):
    id: str | None = None
    """The id of the request; a repeated request starts nothing and returns the same run."""
    models: list[str]
    turns: int = 4
    content: str | None = None
    """The opening message."""
    branch: str | None = None


@post("/conversations/{conversation_id:str}/chat", status_code=202, responses={200: EVENTS})
async def chat(
    request: Request[Any, Any, Any],
    services: Scoped,
    line: EventStream,
    conversation_id: PathId,
    data: JSONBody[Prompt],
) -> Response[StartedRuns] | Stream:
    """Send a prompt and start its answers.

    The prompt and its runs are stored before the response. With `Accept: text/event-stream` the response is the stream
    of the first run's events. A run continues when the client disconnects.
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
    """Start an answer to the last message of a branch; the response is like that of `chat`."""
    runs = await services.chat.answer(conversation_id, **asdict(data or Answer()))
    return _started(request, services, line, runs)


@post("/conversations/{conversation_id:str}/dialogue", status_code=202)
async def dialogue(services: Scoped, conversation_id: PathId, data: JSONBody[Dialogue]) -> Started:
    """Start a dialogue in which models answer each other for a number of `turns`; returns the first run.

    Cancelling the current run ends the dialogue.
    """
    return Started(run=await services.chat.dialogue(conversation_id, **asdict(data)))


def _started(
    request: Request[Any, Any, Any], services: Services, line: sse.EventStream, runs: list[Run]
) -> Response[StartedRuns] | Stream:
    if sse.MEDIA_TYPE in request.headers.get("accept", ""):
        return line.send(services.runs.events(runs[0].id), sse.run_event)
    return Response(StartedRuns(run=runs[0], runs=runs), status_code=202)


ROUTES = (chat, answer, dialogue)
