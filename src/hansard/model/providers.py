"""Providers of models that users set up."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

import msgspec

from hansard.model.base import Id, Names
from hansard.model.lifecycle import Trashable

ProviderType = Literal[
    "openai",
    "openai-compatible",
    "anthropic",
    "google",
    "openrouter",
    "ollama",
    "mistral",
    "deepseek",
    "groq",
    "xai",
    "together",
]
PROVIDER_TYPES: tuple[ProviderType, ...] = get_args(ProviderType)


class ProviderModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model in a provider's list, with what the list tells about it."""

    name: str
    """Its name at the provider."""
    chat: bool = True
    """Whether it is a chat model, as far as the list and its name tell."""
    context_tokens: int | None = None
    price_in: float | None = None
    """US dollars for a million tokens of a prompt; `price_out`: of an answer."""
    price_out: float | None = None
    created: int | None = None
    """When it was released, in seconds since 1970."""


class ProviderConfig(Trashable, frozen=True, kw_only=True):
    """A provider that a user set up; its models are called `NAME/model`."""

    owner_id: str
    name: str
    """No two providers of a user have the same one, except in the trash."""
    type: ProviderType
    base_url: str | None = None
    """None: the type's own."""
    api_key_id: Id | None = None
    header_names: Names = ()
    """The names of additional headers; their values are secrets."""
    enabled: bool = True
    position: int = 0
    """Providers are listed and chosen from in this order."""
    chosen_models: Names = ()
    """The only models to offer; empty: all."""
    models: tuple[ProviderModel, ...] = ()
    """The list of models when it was last fetched."""
    fetched_at: datetime | None = None
    """When the list was last fetched; None: never."""


class EnvironmentProvider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that the server's environment configures, for all users."""

    name: str
    base_url: str | None = None
    expected: bool = True
    """Whether it was configured, and not only looked for."""


class ProviderTest(msgspec.Struct, frozen=True, kw_only=True):
    """What came of asking a provider for its models."""

    seconds: float
    models: int = 0
    """How many models it listed."""
    code: str | None = None
    """The code of the error; None: it answered."""
    message: str | None = None
