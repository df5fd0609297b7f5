"""Providers over the network: OpenAI and compatible endpoints, Anthropic, Google.

Each protocol has a reader (decision 18) that fills an `Answer`, which interprets finish reasons and usage.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from hansard.errors import InvalidConfig, ProviderError, ProviderUnavailable
from hansard.providers.answer import Answer
from hansard.providers.anthropic import Anthropic
from hansard.providers.base import DEFAULT_CONTEXT, Event, Model, Provider, Request
from hansard.providers.catalog import NextPage, read_models
from hansard.providers.failures import Failure, error_of, failure_in, short_text
from hansard.providers.google import Google
from hansard.providers.openai import OpenAI
from hansard.providers.options import check_options
from hansard.providers.protocol import Protocol
from hansard.providers.sse import ServerEvent
from hansard.providers.transport import Connections, Transport
from hansard.secrets import register, secrets_in_url

Kind = Literal["openai", "anthropic", "google"]
LIST_TIMEOUT = 5.0
GRACE = 5.0
"""Seconds to wait after a declared end, for example for the usage."""
ADAPTATIONS = 2
"""How often a request is changed for an endpoint that refuses a field by name."""


class Remote(Provider):
    """An endpoint: its protocol, URL and key."""

    def __init__(
        self,
        name: str,
        kind: Kind = "openai",
        *,
        url: str | None = None,
        key: str | None = None,
        context_tokens: int = DEFAULT_CONTEXT,
        expected: bool = True,
        headers: Mapping[str, str] | None = None,
        connections: Connections | None = None,
    ) -> None:
        url = None if url is None else checked_url(url, f"The address of {name}")
        self.name = name
        self.kind: Kind = kind
        self.url = url
        self.context_tokens = context_tokens
        self.expected = expected
        key = clean_key(key, f"The key of {name}")
        if connections is None:  # else it is a user's, and so are its secrets
            register(key, *secrets_in_url(url))
        self._protocol = _protocol(kind, url)
        self.defaults = self._protocol.defaults
        own = self._protocol.headers(key)
        self._transport = Transport(
            name, url or self._protocol.url, {**own, **(headers or {})}, connections
        )

    async def models(self) -> list[Model]:
        await self._transport.open()
        try:
            async with asyncio.timeout(LIST_TIMEOUT):
                return await read_models(self.name, self._page, context_tokens=self.context_tokens)
        except TimeoutError as error:
            raise ProviderUnavailable(f"{self.name} does not respond.") from error

    async def _page(self, page: NextPage | None) -> Any:
        """Return a page of the list of models."""
        quoted = page and page._replace(token=quote(page.token, safe=""))
        return await self._transport.document(self._protocol.list_path(quoted))

    def check_options(self, options: Mapping[str, Any]) -> None:
        check_options(options, self._protocol.options, self.name)

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        self.check_options(request.options)
        body = self._protocol.body(request)
        for attempt in range(ADAPTATIONS + 1):
            answer = Answer()
            try:
                async with aclosing(self._answer(request.model, body, answer)) as events:
                    async for event in events:
                        yield event
            except ProviderError as error:
                other = None if answer.said else self._protocol.adapt(body, error)
                if other is None or attempt == ADAPTATIONS:
                    raise
                body = other
            else:
                return

    async def _answer(
        self, name: str, body: dict[str, Any], answer: Answer
    ) -> AsyncGenerator[Event]:
        """Yield the events of an answer; on a failure, those before it come first."""
        failure: ProviderError | None = None
        try:
            async with (
                aclosing(self._transport.events(self._protocol.path(name), body)) as events,
                aclosing(_until_ended(events, answer)) as heard,
            ):
                async for event in heard:
                    failure = self._read(event, answer) or failure
                    for part in answer.take():
                        yield part
        except ProviderError as error:
            harmless = answer.reason is not None and "lost" in error.details
            failure = failure or (None if harmless else error)
        for part in answer.rest():
            yield part
        if failure is not None:
            raise failure
        yield answer.finished()

    def _read(self, event: ServerEvent, answer: Answer) -> ProviderError | None:
        """Fill the answer from an event; return the error if it is one, which further events may follow."""
        if event.data.strip() == "[DONE]":
            answer.done = True
            return None
        try:
            documents = event.documents()
        except ValueError:
            return self._unreadable(event, answer)
        failure: ProviderError | None = None
        for document in documents:
            try:
                self._protocol.read(document, answer, whole=event.plain)
            except RecursionError:
                failure = ProviderError(f"A part of {self.name}'s answer is nested too deeply.")
            if reported := failure_in(document, event.event):
                failure = failure or error_of(self.name, reported)
                answer.done = True  # what follows does not belong to the answer
        return failure

    def _unreadable(self, event: ServerEvent, answer: Answer) -> ProviderError | None:
        """Handle an event that is not JSON: an error as text, damaged data, or something unrelated."""
        text = short_text(event.data)
        if event.event == "error":
            return error_of(self.name, Failure(text))
        if event.last and not event.plain:
            return None  # its rest is missing, and so is a declared end
        if event.data.lstrip().startswith("{"):
            return ProviderError(f"A part of {self.name}'s answer cannot be read.")
        if event.plain and not answer.said and not answer.reason:
            return ProviderError(f"{self.name} sent no answer but: {text}")
        return None

    async def close(self) -> None:
        await self._transport.close()


async def _until_ended(
    events: AsyncGenerator[ServerEvent], answer: Answer
) -> AsyncGenerator[ServerEvent]:
    """Yield the events up to the declared end; after a finish reason, only GRACE seconds are waited for more."""
    with suppress(StopAsyncIteration, TimeoutError):
        while not answer.done:
            async with asyncio.timeout(GRACE if answer.reason else None):
                event = await anext(events)
            yield event


def _protocol(kind: Kind, url: str | None) -> Protocol:
    if kind == "anthropic":
        return Anthropic()
    return Google() if kind == "google" else OpenAI(url)


def checked_url(url: str, what: str) -> str:
    """Return a URL without surrounding space. Raises InvalidConfig if it is not a URL."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise InvalidConfig(f"{what} is not a URL such as https://models.example/v1: {url!r}")
    return url


def clean_key(key: str | None, what: str) -> str | None:
    """Return a key without surrounding space or quotes. Raises InvalidConfig for characters that keys do not
    contain.
    """
    cleaned = (key or "").strip().strip("\ufeff\u200b").strip()
    odd = next((c for c in cleaned if not "!" <= c <= "~"), None)
    if odd is not None:
        raise InvalidConfig(
            f"{what} contains the character U+{ord(odd):04X}, which keys do not contain: copy it again, without quotes."
        )
    return cleaned or None
