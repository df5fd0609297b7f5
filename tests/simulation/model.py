"""A model whose answer follows from what it was asked, so that anybody can tell what an answer answers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator

from hansard.errors import ProviderError, ProviderRefused, ProviderUnavailable
from hansard.model.parts import Text
from hansard.providers.base import Event, Finished, Model, Provider, Request, TextDelta, model
from simulation.faults import Connection, Died

NAMES = ("one", "two")
WORDS = 6


def answer_to(prompt: str) -> str:
    """What the model says to a prompt, when it is not stopped."""
    return " ".join(f"{prompt}#{i}" for i in range(WORDS))


class Oracle(Provider):
    name = "oracle"

    def __init__(self, connection: Connection, rng: random.Random) -> None:
        self._connection = connection
        self._rng = rng

    async def models(self) -> list[Model]:
        return [model(self.name, name) for name in NAMES]

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        words = answer_to(_asked(request)).split(" ")
        trouble = None if self._connection.weather.calm else self._rng.random()
        await self._pause()
        if trouble is not None and trouble < 0.04:
            raise self._rng.choice((ProviderUnavailable, ProviderRefused))("Not today.")
        for i, word in enumerate(words):
            yield TextDelta(word if i == 0 else f" {word}")
            await self._pause()
            if trouble is not None and 0.04 <= trouble < 0.08 and i == len(words) // 2:
                raise ProviderError("The line is dead.")
        yield Finished("stop", len(words), len(words))

    async def _pause(self) -> None:
        await asyncio.sleep(self._rng.choice((0.0, 0.01, 0.1, 0.7)))
        if self._connection.dead:
            raise Died


def _asked(request: Request) -> str:
    """The last thing that was said before the model was asked."""
    texts = [part.text for turn in request.turns for part in turn.parts if isinstance(part, Text)]
    return texts[-1] if texts else ""
