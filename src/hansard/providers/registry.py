"""The available providers: those passed by the caller, those with keys in the environment, and a running Ollama."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from hansard.errors import (
    HansardError,
    InvalidConfig,
    ProviderError,
    ProviderUnavailable,
    UnknownModel,
)
from hansard.model.checks import clean_text
from hansard.providers import local
from hansard.providers.base import Listing, Model, Provider, ProviderFailure
from hansard.providers.echo import Echo
from hansard.providers.preferences import best
from hansard.providers.remote import Kind, Remote, checked_url, clean_key

_KEYS: dict[str, tuple[Kind, tuple[str, ...], str | None]] = {
    "openai": ("openai", ("OPENAI_API_KEY",), None),
    "anthropic": ("anthropic", ("ANTHROPIC_API_KEY",), None),
    "google": ("google", ("GEMINI_API_KEY", "GOOGLE_API_KEY"), None),
    "openrouter": ("openai", ("OPENROUTER_API_KEY",), "https://openrouter.ai/api/v1"),
}
_ENDPOINT = re.compile(r"HANSARD_PROVIDER_([A-Z0-9_]+)_URL")
DEFAULT_FOR = 60.0
"""Seconds for which the default model stays the same."""
SLOW = 2.0
"""Seconds after which a failed list of models is not asked for again for `PAUSE`."""
PAUSE = 60.0
MAX_MESSAGE = 2_000
"""Characters."""
_PREFERRED = ("anthropic", "openai", "google", "openrouter", "ollama")


def pairs(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the names of the variables of each key and of the URL to which it would be sent."""
    known = [
        (next((k for k in keys if environment.get(k)), keys[0]), f"{name.upper()}_BASE_URL")
        for name, (_, keys, _) in _KEYS.items()
    ]
    endpoints = [match[1] for v in environment if (match := _ENDPOINT.fullmatch(v))]
    return known + [
        (f"HANSARD_PROVIDER_{name}_KEY", f"HANSARD_PROVIDER_{name}_URL") for name in endpoints
    ]


class Registry:
    """Finds the provider for a model's name."""

    def __init__(self, providers: Iterable[Provider], first: Iterable[str] = ()) -> None:
        self._by_name = {provider.name: provider for provider in providers}
        self._first = tuple(first)
        """The providers from which the default model is chosen first."""
        self._known: dict[str, Model] = {}
        self._default: tuple[str, float] | None = None
        self._asked: dict[str, float] = {}
        """When each provider told its list for the sake of one model."""
        self._silent: dict[str, tuple[ProviderFailure | None, float]] = {}
        """The providers that do not respond, with their failure, and when they were found out."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Registry:
        """Create the providers that the environment configures, the demo model and echo.

        `OPENAI_API_KEY` (with `OPENAI_BASE_URL`), `ANTHROPIC_API_KEY`, `GEMINI_API_KEY` and `OPENROUTER_API_KEY`
        configure the well-known ones; `HANSARD_PROVIDER_<NAME>_URL` and `…_KEY` any endpoint with OpenAI's protocol.
        An Ollama on its usual port, or at `OLLAMA_HOST`, is found automatically.
        """
        providers: list[Provider] = []
        if path := local.weights():
            providers.append(local.Local(path))
        if importlib.util.find_spec("httpx2") is not None:
            providers += _remote(environment)
        return cls([*providers, Echo()])

    def after(self, own: Sequence[Provider]) -> Registry:
        """Return these providers after a user's own, which hide those with the same name."""
        names = [provider.name for provider in own]
        others = [p for name, p in self._by_name.items() if name not in names]
        return Registry([*own, *others], names)

    @property
    def all(self) -> list[Provider]:
        return list(self._by_name.values())

    def find(self, name: str) -> tuple[Provider, str]:
        """Return the provider and its own name for a model `provider/model`. Raises UnknownModel."""
        provider_name, _, model = name.partition("/")
        provider = self._by_name.get(provider_name)
        if provider is None or not model or not provider.knows(model):
            known = ", ".join(self._by_name) or "none"
            raise UnknownModel(
                f"There is no model {name!r}; the available providers are: {known}.",
                pointer="/model",
            )
        return provider, model

    async def listing(self) -> Listing:
        """Return all available models, and the failures of the providers that could not be listed."""
        lists = await asyncio.gather(*map(self._list, self._by_name.values()))
        models = {model.name: model for listed, _ in lists for model in listed}
        failures = [failure for _, failure in lists if failure is not None]
        return Listing(models=list(models.values()), failures=failures)

    async def models(self) -> list[Model]:
        """Return all available models; providers that fail are left out."""
        return (await self.listing()).models

    async def model(self, name: str) -> Model:
        """Return a model's properties; only its name if nothing else is known, and then for a `PAUSE`."""
        provider, _ = self.find(name)
        if name not in self._known and not _lately(self._asked.get(provider.name)):
            listed, _ = await self._list(provider)
            self._known |= {known.name: known for known in listed}
            if listed:
                self._asked[provider.name] = time.monotonic()
        return self._known.get(name) or Model(name=name, provider=provider.name)

    async def _list(self, provider: Provider) -> tuple[list[Model], ProviderFailure | None]:
        """Return a provider's models or its failure; one that did not respond is left alone for a `PAUSE`."""
        failure, at = self._silent.get(provider.name, (None, None))
        if _lately(at):
            return [], failure
        began = time.monotonic()
        models, failure = await _listed(provider)
        if not models and time.monotonic() - began > SLOW:
            self._silent[provider.name] = failure, time.monotonic()
        return models, failure

    async def default(self) -> str:
        """Return the default model: a real one, else the demo model, else echo. Raises UnknownModel if no model can
        chat.
        """
        now = time.monotonic()
        if self._default is None or now - self._default[1] > DEFAULT_FOR:
            self._default = await self._choose(), now
        return self._default[0]

    async def _choose(self) -> str:
        by_provider: dict[str, list[Model]] = {}
        for known in await self.models():
            by_provider.setdefault(known.provider, []).append(known)
        others = [name for name in by_provider if name not in (*_PREFERRED, "local", "echo")]
        for name in (*self._first, *_PREFERRED, *others, "local", "echo"):
            if chosen := best(by_provider.get(name, ())):
                return chosen.name
        raise UnknownModel("No model is available that can chat.")

    async def close(self) -> None:
        for provider in self._by_name.values():
            await provider.close()


def _lately(at: float | None) -> bool:
    return at is not None and time.monotonic() - at < PAUSE


async def _listed(provider: Provider) -> tuple[list[Model], ProviderFailure | None]:
    """Return a provider's models; a failure of one provider does not affect the others."""
    try:
        return await provider.models(), None
    except ProviderUnavailable as error:
        if not provider.expected:
            return [], None
        code, message = error.code, error.message
    except HansardError as error:
        code, message = error.code, error.message
    except Exception as error:  # a custom provider may raise any exception
        code, message = ProviderError.code, f"{type(error).__name__}: {error}"
    text = clean_text(message[:MAX_MESSAGE])
    return [], ProviderFailure(provider=provider.name, code=code, message=text)


def _remote(environment: Mapping[str, str]) -> list[Provider]:
    providers: list[Provider] = []
    for name, (kind, keys, url) in _KEYS.items():
        variable = next((k for k in keys if environment.get(k, "").strip()), None)
        if variable:
            key = clean_key(environment[variable], variable)
            address = environment.get(f"{name.upper()}_BASE_URL") or url
            providers.append(Remote(name, kind, url=address, key=key))
    for variable, url in environment.items():
        if (match := _ENDPOINT.fullmatch(variable)) and url:
            url = checked_url(url, variable)  # noqa: PLW2901 - the same without surrounding space
            name = match[1].lower().replace("_", "-")
            key_variable = f"HANSARD_PROVIDER_{match[1]}_KEY"
            key = clean_key(environment.get(key_variable), key_variable)
            providers.append(Remote(name, url=url, key=key))
    host = environment.get("OLLAMA_HOST", "")
    providers.append(Remote("ollama", url=ollama_url(host), expected=bool(host.strip())))
    return providers


def ollama_url(host: str) -> str:
    """Return the URL for `OLLAMA_HOST`, which is read as Ollama reads it. Raises InvalidConfig.

    The scheme is http by default, and the port 11434, or the scheme's own if a scheme is given. A listening address
    such as 0.0.0.0 means this machine.
    """
    text = host.strip().strip("\"'").strip()
    scheme, separator, rest = text.rpartition("://")
    scheme = scheme.lower() or "http"
    default = {"http": 80, "https": 443}.get(scheme) if separator else 11434
    if default is None:
        raise InvalidConfig(
            f"OLLAMA_HOST begins with {scheme}://, but only http and https are supported."
        )
    place, slash, path = rest.partition("/")
    try:
        address = urlsplit(
            f"{scheme}://{place if ']' in place or place.count(':') < 2 else f'[{place}]'}"
        )
        port = default if address.port is None else address.port
    except ValueError as error:
        raise InvalidConfig(f"OLLAMA_HOST is not an address: {text!r}") from error
    name = address.hostname or "127.0.0.1"
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)  # noqa: S104 - the address to connect to
    where = f"[{name}]" if ":" in name else name
    folder = f"{slash}{path}".rstrip("/").removesuffix("/v1")
    return f"{scheme}://{where}:{port}{folder}/v1"
