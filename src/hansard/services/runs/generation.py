"""Asking a model for an answer: the request is made valid first, and said in plain text if it is refused as it is."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from hansard.context.requests import is_plain, plain, valid
from hansard.errors import ProviderError, ProviderRefused
from hansard.providers.base import Event, Provider, Request
from hansard.providers.retrying import stream_with_retries
from hansard.services.options import ChatOptions

_NOT_THE_FORM = frozenset({401, 402, 403, 407, 429})
"""What an endpoint answers whatever the form of a request."""
_FORM = re.compile(r"image|vision|modal|media|tool|role|template", re.IGNORECASE)
"""Some servers refuse with the status of a failure, and only their words tell."""


async def generate(
    provider: Provider, request: Request, options: ChatOptions
) -> AsyncGenerator[Event]:
    """A model's answer; raises ProviderError.

    A request with pictures, or with calls of tools, that is refused before anything was said is tried once more, as
    text alone: not every model takes the others, and no list says which does.
    """
    request = plain(request) if provider.text_only else valid(request)
    started = False
    try:
        async with aclosing(_patiently(provider, request, options)) as events:
            async for event in events:
                started = True
                yield event
    except ProviderError as error:
        if started or is_plain(request) or not _is_about_the_form(error):
            raise
    else:
        return
    async with aclosing(_patiently(provider, plain(request), options)) as events:
        async for event in events:
            yield event


def _patiently(provider: Provider, request: Request, options: ChatOptions) -> AsyncGenerator[Event]:
    return stream_with_retries(
        provider,
        request,
        attempts=options.attempts,
        first_token=options.first_token_timeout,
        between_tokens=options.token_timeout,
        pause=options.retry_pause,
    )


def _is_about_the_form(error: ProviderError) -> bool:
    if isinstance(error, ProviderRefused):
        return error.details.get("status") not in _NOT_THE_FORM
    return _FORM.search(error.message) is not None
