"""Providers for tests: what they say is written down beforehand, or held back until the test lets go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from hansard.model.parts import Text
from hansard.providers.base import Event, Finished, Model, Provider, Request, TextDelta, Turn, model
from hansard.providers.echo import Scripted


class Held(Provider):
    """Says its first words at once, and the others when it is let go."""

    name = "held"

    def __init__(self, *first: str, then: str = " and the end.") -> None:
        self.first = first
        self.then = then
        self.asked = asyncio.Event()
        self.go = asyncio.Event()
        self.closed = False

    async def models(self) -> list[Model]:
        return [model(self.name, "one")]

    async def stream(self, request: Request) -> AsyncGenerator[Event]:  # noqa: ARG002
        self.asked.set()
        try:
            for word in self.first:
                yield TextDelta(word)
            await self.go.wait()
            yield TextDelta(self.then)
            yield Finished("stop")
        finally:
            self.closed = True


class Small(Scripted):
    """A model with a window of so many tokens."""

    def __init__(self, context_tokens: int) -> None:
        super().__init__([TextDelta("Yes.")])
        self.context_tokens = context_tokens

    async def models(self) -> list[Model]:
        return [model(self.name, "one", context_tokens=self.context_tokens)]


def words_of(turn: Turn) -> str:
    return " ".join(part.text for part in turn.parts if isinstance(part, Text))


def spoken(request: Request) -> list[tuple[str, str]]:
    """Who said what, as the model sees it."""
    return [(turn.role, words_of(turn)) for turn in request.turns]
