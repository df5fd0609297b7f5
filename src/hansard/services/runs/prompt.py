"""Asking a model something on the side: a title, a summary."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import msgspec

from hansard.context.requests import valid
from hansard.errors import HansardError
from hansard.model.parts import Text
from hansard.providers.base import Finished, Provider, Request, TextDelta, Turn
from hansard.providers.registry import Providers
from hansard.providers.thinking import split_thinking

THINKING = 1_000
"""Tokens, in which most models are done with thinking about little."""


async def ask(
    providers: Providers, model: str, question: str, *, max_tokens: int, seconds: float
) -> str | None:
    """The model's answer as text, without what it thought; None if there is none in time.

    Models that think do so within the limit. One that came to no answer for it is asked once more, with room to think.
    """
    try:
        provider, name = providers.find(model)
        request = valid(Request(model=name, turns=(Turn("user", (Text(question),)),)))
        async with asyncio.timeout(seconds):
            said, is_cut = await _answer(provider, request, max_tokens)
            if not said and is_cut:
                said, _ = await _answer(provider, request, max_tokens + THINKING)
    except (HansardError, TimeoutError):
        return None
    return said or None


async def _answer(provider: Provider, request: Request, max_tokens: int) -> tuple[str, bool]:
    """What was answered, and whether the limit cut it."""
    options = {"max_tokens": max_tokens, "temperature": 0.2}
    said: list[str] = []
    is_cut = False
    stream = provider.stream(msgspec.structs.replace(request, options=options))
    async with aclosing(stream) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                said.append(event.text)
            elif isinstance(event, Finished):
                is_cut = event.finish == "length"
    return split_thinking("".join(said))[1], is_cut
