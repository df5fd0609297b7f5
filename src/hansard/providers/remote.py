"""Providers over the network: OpenAI and everything that speaks its protocol, Anthropic, Google.

The protocols are pydantic-ai's business, used through its direct streaming interface (no agent loop) and
imported when the first request is made: on a thread and before any clock runs, for that takes a second, or many.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import AsyncGenerator, Callable
from typing import Any, Literal
from urllib.parse import urlsplit

from hansard.errors import HansardError, ProviderRefused, ProviderUnavailable
from hansard.model.messages import Finish
from hansard.model.parts import Reasoning, Text, ToolCall, ToolResult
from hansard.providers.base import (
    DEFAULT_CONTEXT,
    Event,
    Finished,
    Media,
    Model,
    Provider,
    ReasoningDelta,
    Request,
    TextDelta,
    ToolCalled,
    Turn,
    model,
)

Kind = Literal["openai", "anthropic", "google"]
LIST_TIMEOUT = 5.0
KNOCK_TIMEOUT = 2.0
_FINISH: dict[Any, Finish] = {"length": "length", "tool_call": "tool_call", "stop": "stop"}
_OPTIONS = ("temperature", "top_p", "max_tokens", "seed", "presence_penalty", "frequency_penalty")


class Remote(Provider):
    """One endpoint: its kind of protocol, where it is, and the key that opens it."""

    def __init__(
        self,
        name: str,
        kind: Kind = "openai",
        *,
        url: str | None = None,
        key: str | None = None,
        context_tokens: int = DEFAULT_CONTEXT,
    ) -> None:
        self.name = name
        self.kind: Kind = kind
        self.url = url
        self.context_tokens = context_tokens
        self._key = key
        self._client: Any = None

    async def models(self) -> list[Model]:
        try:
            if self.url is not None:
                await _knock(self.url)
            await self._loaded()
            async with asyncio.timeout(LIST_TIMEOUT):
                names = await self._names()
        except (TimeoutError, OSError) as error:
            raise ProviderUnavailable(f"{self.name} does not answer.") from error
        except Exception as error:
            raise _translate(error, self.name) from error
        return [model(self.name, n, context_tokens=self.context_tokens) for n in sorted(names)]

    async def _names(self) -> list[str]:
        client = self._provider().client
        if self.kind == "google":
            listed = await client.aio.models.list()
            return [m.name.removeprefix("models/") async for m in listed]
        return [found.id async for found in client.models.list()]

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        settings: Any = {k: request.options[k] for k in _OPTIONS if k in request.options}
        try:
            await self._loaded()
            from pydantic_ai.direct import model_request_stream  # noqa: PLC0415

            async with model_request_stream(
                self._model(request.model), _messages(request), model_settings=settings
            ) as response:
                async for event in _events(response):
                    yield event
        except HansardError:
            raise
        except Exception as error:
            raise _translate(error, self.name) from error

    async def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client.client, None
            await (client.aio.aclose() if self.kind == "google" else client.close())

    async def _loaded(self) -> None:
        if self._client is None:
            await asyncio.to_thread(_load, self.kind)

    def _provider(self) -> Any:
        if self._client is None:
            self._client = _PROVIDERS[self.kind](self.url, self._key)
        return self._client

    def _model(self, name: str) -> Any:
        if self.kind == "anthropic":
            from pydantic_ai.models.anthropic import AnthropicModel as make  # noqa: N813, PLC0415
        elif self.kind == "google":
            from pydantic_ai.models.google import GoogleModel as make  # noqa: N813, PLC0415
        else:
            from pydantic_ai.models.openai import OpenAIChatModel as make  # noqa: N813, PLC0415
        return make(name, provider=self._provider())


def _load(kind: Kind) -> None:
    """Import what the requests are made with."""
    for name in ("direct", f"models.{kind}", f"providers.{kind}"):
        importlib.import_module(f"pydantic_ai.{name}")


async def _knock(url: str) -> None:
    """See that something listens, which takes no library and no second; raises OSError."""
    address = urlsplit(url)
    port = address.port or (443 if address.scheme == "https" else 80)
    async with asyncio.timeout(KNOCK_TIMEOUT):
        _, writer = await asyncio.open_connection(address.hostname, port)
    writer.close()


def _openai(url: str | None, key: str | None) -> Any:
    from openai import AsyncOpenAI  # noqa: PLC0415
    from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

    # Retries are ours (see `retrying`), so that they can be seen and cancelled.
    client = AsyncOpenAI(base_url=url, api_key=key or "none", max_retries=0)
    return OpenAIProvider(openai_client=client)


def _anthropic(url: str | None, key: str | None) -> Any:
    from anthropic import AsyncAnthropic  # noqa: PLC0415
    from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

    client = AsyncAnthropic(base_url=url, api_key=key, max_retries=0)
    return AnthropicProvider(anthropic_client=client)


def _google(url: str | None, key: str | None) -> Any:
    from pydantic_ai.providers.google import GoogleProvider  # noqa: PLC0415

    return GoogleProvider(api_key=key, base_url=url)


_PROVIDERS: dict[Kind, Callable[[str | None, str | None], Any]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "google": _google,
}


async def _events(response: Any) -> AsyncGenerator[Event]:
    from pydantic_ai import messages as m  # noqa: PLC0415

    async for event in response:
        if isinstance(event, m.PartStartEvent):
            part = event.part
            if isinstance(part, m.TextPart) and part.content:
                yield TextDelta(part.content)
            elif isinstance(part, m.ThinkingPart) and part.content:
                yield ReasoningDelta(part.content)
        elif isinstance(event, m.PartDeltaEvent):
            delta = event.delta
            if isinstance(delta, m.TextPartDelta) and delta.content_delta:
                yield TextDelta(delta.content_delta)
            elif isinstance(delta, m.ThinkingPartDelta) and delta.content_delta:
                yield ReasoningDelta(delta.content_delta)
    whole = response.get()
    for part in whole.parts:
        if isinstance(part, m.ToolCallPart):
            yield ToolCalled(part.tool_call_id, part.tool_name, _arguments(part.args))
    usage = whole.usage
    yield Finished(
        _FINISH.get(whole.finish_reason, "stop"), usage.input_tokens, usage.output_tokens
    )


def _arguments(raw: Any) -> Any:
    if not isinstance(raw, str):
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def _messages(request: Request) -> list[Any]:
    from pydantic_ai import messages as m  # noqa: PLC0415

    system = [m.SystemPromptPart(request.system)] if request.system else []
    made: list[Any] = [m.ModelRequest(parts=system)]
    made += [
        _response(turn, m) if turn.role == "assistant" else _request(turn, m)
        for turn in request.turns
    ]
    return [message for message in made if message.parts]


def _request(turn: Turn, m: Any) -> Any:
    parts: list[Any] = []
    for part in turn.parts:
        if isinstance(part, ToolResult):
            output = part.output if isinstance(part.output, str) else json.dumps(part.output)
            parts.append(m.ToolReturnPart("tool", output, tool_call_id=part.call_id))
    content = [_content(part, m) for part in turn.parts if isinstance(part, Text | Media)]
    if content and turn.role == "system":
        parts.append(m.SystemPromptPart("\n\n".join(str(text) for text in content)))
    elif content:
        parts.append(m.UserPromptPart(content))
    return m.ModelRequest(parts=parts)


def _content(part: Text | Media, m: Any) -> Any:
    if isinstance(part, Text):
        return part.text
    return m.BinaryContent(part.data, media_type=part.media_type)


def _response(turn: Turn, m: Any) -> Any:
    parts: list[Any] = []
    for part in turn.parts:
        match part:
            case Text(text) if text:
                parts.append(m.TextPart(text))
            case Reasoning(text, signature) if signature:
                parts.append(m.ThinkingPart(text, signature=signature))
            case ToolCall(call_id, name, arguments):
                parts.append(m.ToolCallPart(name, arguments, tool_call_id=call_id))
            case _:
                pass
    return m.ModelResponse(parts=parts)


def _translate(error: Exception, name: str) -> HansardError:
    """What a library's error means: will trying again help?"""
    status = getattr(error, "status_code", None)
    retry_after = getattr(error, "retry_after", None)
    said = str(error).strip() or type(error).__name__
    if isinstance(status, int) and status < 500 and status not in (408, 409, 425, 429):
        return ProviderRefused(f"{name} refused: {said}", status=status)
    known: dict[str, Any] = {"status": status, "retry_after": retry_after}
    details = {key: value for key, value in known.items() if value is not None}
    return ProviderUnavailable(f"{name} is not available: {said}", **details)
