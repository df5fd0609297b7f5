"""Asking a model something on the side: a title, a summary."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from hansard.context.requests import valid
from hansard.errors import HansardError
from hansard.model.parts import Text
from hansard.providers.base import Request, TextDelta, Turn
from hansard.providers.registry import Providers
from hansard.providers.thinking import split_thinking


async def ask(
    providers: Providers, model: str, question: str, *, max_tokens: int, seconds: float
) -> str | None:
    """The model's answer as text, without what it thought; None if there is none in time."""
    said: list[str] = []
    try:
        provider, name = providers.find(model)
        request = Request(
            model=name,
            turns=(Turn("user", (Text(question),)),),
            options={"max_tokens": max_tokens, "temperature": 0.2},
        )
        stream = provider.stream(valid(request))
        async with asyncio.timeout(seconds), aclosing(stream) as events:
            said += [event.text async for event in events if isinstance(event, TextDelta)]
    except (HansardError, TimeoutError):
        return None
    return split_thinking("".join(said))[1] or None
