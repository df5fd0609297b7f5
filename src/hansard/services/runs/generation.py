"""Requests to a model: made valid first, and repeated as plain text if the model refuses their form."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from hansard.context.requests import is_plain, plain, valid
from hansard.errors import ProviderError, ProviderRefused
from hansard.providers.base import Event, Provider, Request
from hansard.providers.retrying import stream_with_retries
from hansard.services.options import ChatOptions

_OTHER_STATUSES = frozenset({401, 402, 403, 407, 429})
"""Statuses that do not depend on the form of a request."""
_FORM_WORDS = re.compile(r"image|vision|modal|media|tool|role|template", re.IGNORECASE)
"""Words in the errors of servers that refuse the form with the status of a server error."""


async def generate(
    provider: Provider, request: Request, options: ChatOptions
) -> AsyncGenerator[Event]:
    """Yield the events of a model's answer. Raises ProviderError.

    A request with images or tool calls that is refused before any output is sent once more as plain text: not every
    model accepts them, and no catalog says which do.
    """
    request = plain(request) if provider.text_only else valid(request)
    started = False
    try:
        async with aclosing(_stream(provider, request, options)) as events:
            async for event in events:
                started = True
                yield event
    except ProviderError as error:
        if started or is_plain(request) or not _refuses_form(error):
            raise
    else:
        return
    async with aclosing(_stream(provider, plain(request), options)) as events:
        async for event in events:
            yield event


def _stream(provider: Provider, request: Request, options: ChatOptions) -> AsyncGenerator[Event]:
    return stream_with_retries(
        provider,
        request,
        attempts=options.attempts,
        first_token=options.first_token_timeout,
        between_tokens=options.token_timeout,
        pause=options.retry_pause,
    )


def _refuses_form(error: ProviderError) -> bool:
    if isinstance(error, ProviderRefused):
        return error.details.get("status") not in _OTHER_STATUSES
    return _FORM_WORDS.search(error.message) is not None
