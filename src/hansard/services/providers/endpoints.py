"""The providers that users set up, as objects that answer."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from hansard.errors import InvalidConfig, ProviderRefused
from hansard.model.providers import ProviderConfig, ProviderModel, ProviderType
from hansard.providers.base import DEFAULT_CONTEXT, Event, Model, Provider, Request
from hansard.providers.remote import Kind, Remote
from hansard.providers.transport import Connections
from hansard.secrets import register_here, secrets_in_url

_KINDS: dict[ProviderType, Kind] = {"anthropic": "anthropic", "google": "google"}
"""The protocols of the types that do not have OpenAI's."""
URLS: dict[ProviderType, str] = {
    "openrouter": "https://openrouter.ai/api/v1",
    "ollama": "http://127.0.0.1:11434/v1",
    "mistral": "https://api.mistral.ai/v1",
    "deepseek": "https://api.deepseek.com/v1",
    "groq": "https://api.groq.com/openai/v1",
    "xai": "https://api.x.ai/v1",
    "together": "https://api.together.xyz/v1",
}
"""The addresses of the types whose protocol does not have one."""
_NO_SECRET = re.compile(
    r"accept(-.*)?|user-agent|origin|(http-)?referer|x-title|.*-(version|beta)", re.IGNORECASE
)


class Endpoint(Provider):
    """A provider that a user set up, with the secrets that it is sent."""

    def __init__(
        self,
        config: ProviderConfig,
        connections: Connections,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.name = config.name
        self.config = config
        self._remote = Remote(
            config.name,
            _KINDS.get(config.type, "openai"),
            url=config.base_url or URLS.get(config.type),
            key=key,
            headers=headers,
            connections=connections,
        )
        self.defaults = self._remote.defaults
        self._secrets = [key, *secret_headers(headers or {}), *secrets_in_url(config.base_url)]

    async def models(self) -> list[Model]:
        """Return the chosen models of the list that was fetched last; without one, ask for it."""
        if self.config.fetched_at is None:
            register_here(*self._secrets)
            listed = await self._remote.models()
        else:
            listed = [_offered(self.name, model) for model in self.config.models]
        prefix = f"{self.name}/"
        return [model for model in listed if self.knows(model.name.removeprefix(prefix))]

    async def fetch(self) -> list[ProviderModel]:
        """Ask for the list of models. Raises ProviderError."""
        register_here(*self._secrets)
        prefix = f"{self.name}/"
        return [_listed(model, prefix) for model in await self._remote.models()]

    def knows(self, model: str) -> bool:
        return not self.config.chosen_models or model in self.config.chosen_models

    def check_options(self, options: Mapping[str, Any]) -> None:
        self._remote.check_options(options)

    def stream(self, request: Request) -> AsyncGenerator[Event]:
        register_here(*self._secrets)
        return self._remote.stream(request)


class Unusable(Provider):
    """A provider that a user set up and that cannot be asked: its key is missing, or its address is not valid."""

    def __init__(self, name: str, error: ProviderRefused | InvalidConfig) -> None:
        self.name = name
        self._error = error

    async def models(self) -> list[Model]:
        raise self._error

    async def stream(self, request: Request) -> AsyncGenerator[Event]:  # noqa: ARG002
        raise self._error
        yield


def secret_headers(headers: Mapping[str, str]) -> list[str]:
    """Return the values of the headers that may be secrets; others' may be ordinary words."""
    return [value for name, value in headers.items() if not _NO_SECRET.fullmatch(name)]


def _offered(provider: str, model: ProviderModel) -> Model:
    return Model(
        name=f"{provider}/{model.name}",
        provider=provider,
        chat=model.chat,
        context_tokens=model.context_tokens or DEFAULT_CONTEXT,
        created=model.created,
        price_in=model.price_in,
        price_out=model.price_out,
    )


def _listed(model: Model, prefix: str) -> ProviderModel:
    known = model.context_tokens if model.context_tokens != DEFAULT_CONTEXT else None
    return ProviderModel(
        name=model.name.removeprefix(prefix),
        chat=model.chat,
        context_tokens=known,
        price_in=model.price_in,
        price_out=model.price_out,
        created=model.created,
    )
