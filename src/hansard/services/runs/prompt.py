"""Short internal prompts to a model, for titles and summaries."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import msgspec

from hansard.context.requests import valid
from hansard.errors import HansardError
from hansard.model.parts import Text
from hansard.model.runs import Run
from hansard.providers.base import Finished, Provider, Request, TextDelta, Turn
from hansard.providers.thinking import split_thinking
from hansard.services.providers.directory import Directory

REASONING_TOKENS = 1_000
"""Additional tokens for models that reason first."""


async def ask(
    directory: Directory, run: Run, question: str, *, max_tokens: int, seconds: float
) -> str | None:
    """Return the answer of a run's model as text without its reasoning; None if it fails or exceeds `seconds`.

    If a reasoning model reaches the limit without an answer, it is asked once more with REASONING_TOKENS more.
    """
    try:
        providers = await directory.of(run.tenant_id, run.owner_id)
        provider, name = providers.find(run.model)
        request = valid(Request(model=name, turns=(Turn("user", (Text(question),)),)))
        async with asyncio.timeout(seconds):
            answer, is_cut = await _answer(provider, request, max_tokens)
            if not answer and is_cut:
                answer, _ = await _answer(provider, request, max_tokens + REASONING_TOKENS)
    except (HansardError, TimeoutError):
        return None
    return answer or None


async def _answer(provider: Provider, request: Request, max_tokens: int) -> tuple[str, bool]:
    """Return the answer, and whether the limit cut it off."""
    options = {"max_tokens": max_tokens, "temperature": 0.2}
    chunks: list[str] = []
    is_cut = False
    stream = provider.stream(msgspec.structs.replace(request, options=options))
    async with aclosing(stream) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                chunks.append(event.text)
            elif isinstance(event, Finished):
                is_cut = event.finish == "length"
    return split_thinking("".join(chunks))[1], is_cut
