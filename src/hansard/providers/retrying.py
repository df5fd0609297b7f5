"""Patience with providers: time limits, and another try as long as nothing has been said yet."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing

from hansard.errors import ProviderUnavailable
from hansard.providers.base import Event, Provider, Request

ATTEMPTS = 4
FIRST_TOKEN = 120.0
"""Seconds to wait for the first event: a large prompt takes its time."""
BETWEEN_TOKENS = 60.0
LONGEST_WAIT = 20.0


async def stream_with_retries(
    provider: Provider,
    request: Request,
    *,
    attempts: int = ATTEMPTS,
    first_token: float = FIRST_TOKEN,
    between_tokens: float = BETWEEN_TOKENS,
    pause: float = 0.5,
) -> AsyncGenerator[Event]:
    """The provider's answer. Before its first event, what may pass is tried again, ever more slowly."""
    for attempt in range(1, attempts + 1):
        said = False
        try:
            async with aclosing(_timed(provider, request, first_token, between_tokens)) as events:
                async for event in events:
                    said = True
                    yield event
        except ProviderUnavailable as error:
            if said or attempt == attempts:
                raise
            await asyncio.sleep(_wait(error, attempt, pause))
        else:
            return


async def _timed(
    provider: Provider, request: Request, first_token: float, between_tokens: float
) -> AsyncGenerator[Event]:
    async with aclosing(provider.stream(request)) as events:
        limit = first_token
        while True:
            try:
                async with asyncio.timeout(limit):
                    event = await anext(events)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise ProviderUnavailable(
                    f"{provider.name} said nothing for {limit:g} seconds."
                ) from error
            yield event
            limit = between_tokens


def _wait(error: ProviderUnavailable, attempt: int, pause: float) -> float:
    """Seconds until the next try: what the provider asked for, or twice as long each time."""
    asked = error.details.get("retry_after")
    if isinstance(asked, int | float) and asked >= 0:
        return min(float(asked), LONGEST_WAIT)
    return min(pause * 2 ** (attempt - 1), LONGEST_WAIT) * random.uniform(0.5, 1.0)  # noqa: S311
