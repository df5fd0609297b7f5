"""Providers without a model: one repeats the prompt, one plays scripts for tests."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from hansard.model.parts import Parts, Text, text_of
from hansard.providers.base import (
    GO_ON,
    Event,
    Finished,
    Model,
    Provider,
    Request,
    TextDelta,
    model,
)
from hansard.providers.options import check_options

_WORD = re.compile(r"\s*\S+\s*")


class Echo(Provider):
    """Answers with the text of the last turn, word by word; `delay` is the number of seconds before each word."""

    name = "echo"

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay

    async def models(self) -> list[Model]:
        return [model(self.name, "echo", description="Repeats your message.")]

    def knows(self, model: str) -> bool:
        return model == "echo"

    def check_options(self, options: Mapping[str, Any]) -> None:
        check_options(options, {"delay": "delay"}, self.name)

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        delay = float(request.options.get("delay", self.delay))
        text = _text(request)
        words = _WORD.findall(text) or [text]
        for word in words:
            await asyncio.sleep(delay)
            yield TextDelta(word)
        yield Finished("stop", tokens_in=_words(request), tokens_out=len(words))


Step = Event | BaseException | float
"""A step of a script: an event, an error, or seconds to wait."""


class Scripted(Provider):
    """Answers each request with the next script, and with the last one when all are used."""

    name = "scripted"

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.scripts = list(scripts)
        self.requests: list[Request] = []
        """The requests so far, for tests to inspect."""

    async def models(self) -> list[Model]:
        return [model(self.name, name) for name in ("one", "two")]

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        self.requests.append(request)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        for step in script:
            if isinstance(step, BaseException):
                raise step
            if isinstance(step, int | float):
                await asyncio.sleep(step)
            else:
                yield step
        if not script or not isinstance(script[-1], Finished):
            yield Finished("stop", tokens_in=_words(request), tokens_out=len(script))


def _text(request: Request) -> str:
    turns = [turn for turn in request.turns if turn.parts != (Text(GO_ON),)]
    texts = [text_of((part,)) for turn in turns[-1:] for part in _parts(turn.parts)]
    return texts[-1] if texts else ""


def _parts(parts: Sequence[Any]) -> Parts:
    return tuple(part for part in parts if isinstance(part, Text))


def _words(request: Request) -> int:
    return sum(len(text_of(_parts(turn.parts)).split()) for turn in request.turns)
