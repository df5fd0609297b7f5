"""The interface of providers: a name, a list of models, and a stream of events for a request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from hansard.model.messages import Finish
from hansard.model.parts import Part

DEFAULT_CONTEXT = 32_000
"""Tokens of a model's context window, if the provider does not report it."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """An available model."""

    name: str
    """`provider/model`."""
    provider: str
    context_tokens: int = DEFAULT_CONTEXT
    description: str = ""
    chat: bool = True
    """Whether it is a chat model, as far as the provider's list and its name tell."""
    created: int | None = None
    """When it was released, in seconds since 1970, if known."""
    price_in: float | None = None
    """US dollars for a million tokens of a prompt, if known; `price_out`: of an answer."""
    price_out: float | None = None


class ProviderFailure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a provider's models cannot be listed."""

    provider: str
    code: str
    """The code of the error, as in `hansard.errors`."""
    message: str


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The models of all providers that answered, and the failures of the others."""

    models: list[Model]
    failures: list[ProviderFailure]


GO_ON = "Please go on."
"""The user's turn at the end of a request that would otherwise end with an answer."""


class Media(msgspec.Struct, frozen=True, tag="media"):
    """The bytes of an image or a file in a turn."""

    data: bytes
    media_type: str
    name: str | None = None


class Turn(msgspec.Struct, frozen=True):
    """One message of a request."""

    role: Literal["system", "user", "assistant", "tool"]
    parts: tuple[Part | Media, ...]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    """The model's name at the provider."""
    turns: tuple[Turn, ...]
    system: str = ""
    options: dict[str, Any] = {}
    """For example `temperature` and `max_tokens`."""


class TextDelta(msgspec.Struct, frozen=True):
    text: str


class ReasoningDelta(msgspec.Struct, frozen=True):
    text: str


class ToolCalled(msgspec.Struct, frozen=True):
    call_id: str
    name: str
    arguments: Any


class ImageOutput(msgspec.Struct, frozen=True):
    """The bytes of an image in an answer."""

    data: bytes
    media_type: str


class DataOutput(msgspec.Struct, frozen=True):
    """Additional output as JSON: citations, results of the provider's own tools, unknown fields."""

    data: Any
    name: str


class Finished(msgspec.Struct, frozen=True):
    """The last event of every stream that did not fail; a stream without it was interrupted."""

    finish: Finish = "stop"
    tokens_in: int | None = None
    """None if the provider does not report it; so is `tokens_out`."""
    tokens_out: int | None = None
    reason: str | None = None
    """The provider's own finish reason, if it is more precise than `finish`."""


Event = TextDelta | ReasoningDelta | ToolCalled | ImageOutput | DataOutput | Finished


class Provider(ABC):
    """A source of models. Its failures are ProviderRefused or ProviderUnavailable."""

    name: str
    expected: bool = True
    """Whether it was configured; a provider that is only probed for may be absent without an error."""
    text_only: bool = False
    """Whether its models accept neither images nor tool calls."""
    defaults: Mapping[str, Any] = MappingProxyType({})
    """Options that are sent, and stored with the run, if a request does not set them."""

    @abstractmethod
    async def models(self) -> list[Model]:
        """Return the models that are available now. Raises ProviderUnavailable if they cannot be listed."""

    def knows(self, model: str) -> bool:  # noqa: ARG002
        """Whether a model may exist, as far as that is known without a request; `model` is its name here."""
        return True

    def check_options(self, options: Mapping[str, Any]) -> None:  # noqa: B027 - most accept all options
        """Check the options of a request. Raises InvalidInput, with a pointer, if one cannot be sent unchanged."""

    @abstractmethod
    def stream(self, request: Request) -> AsyncGenerator[Event]:
        """Send a request and yield the answer's events; closing the iterator cancels the generation.

        Raises ProviderRefused if the provider rejects the request, ProviderUnavailable if it does not answer,
        ProviderError if the answer is invalid.
        """

    async def close(self) -> None:  # noqa: B027 - most have nothing to close
        """Close open connections."""


def model(provider: str, name: str, **fields: Any) -> Model:
    return Model(name=f"{provider}/{name}", provider=provider, **fields)
