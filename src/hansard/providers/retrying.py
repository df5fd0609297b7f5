"""Timeouts for providers, and retries before the first event."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing

from hansard.errors import ProviderUnavailable
from hansard.providers.base import Event, Provider, Request

ATTEMPTS = 4
FIRST_TOKEN = 120.0
"""Seconds to wait for the first event; large prompts take long."""
BETWEEN_TOKENS = 60.0
MAX_BACKOFF = 20.0


async def stream_with_retries(
    provider: Provider,
    request: Request,
    *,
    attempts: int = ATTEMPTS,
    first_token: float = FIRST_TOKEN,
    between_tokens: float = BETWEEN_TOKENS,
    pause: float = 0.5,
) -> AsyncGenerator[Event]:
    """Yield the events of the provider's answer; before the first one, temporary failures are retried.

    `first_token` and `between_tokens` are timeouts in seconds; `pause` is the first backoff in seconds, which doubles.
    Raises ProviderUnavailable if all attempts fail, or if the provider fails after its first event.
    """
    for attempt in range(1, attempts + 1):
        started = False
        try:
            async with aclosing(_timed(provider, request, first_token, between_tokens)) as events:
                async for event in events:
                    started = True
                    yield event
        except ProviderUnavailable as error:
            if started or attempt == attempts:
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
                    f"{provider.name} sent nothing for {limit:g} seconds."
                ) from error
            yield event
            limit = between_tokens


def _wait(error: ProviderUnavailable, attempt: int, pause: float) -> float:
    """Return the seconds until the next attempt: those of `Retry-After`, or twice as many each time."""
    retry_after = error.details.get("retry_after")
    if isinstance(retry_after, int | float) and retry_after >= 0:
        return min(float(retry_after), MAX_BACKOFF)
    return min(pause * 2 ** (attempt - 1), MAX_BACKOFF) * random.uniform(0.5, 1.0)  # noqa: S311
