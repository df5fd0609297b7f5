"""What a provider is: a name, a list of models, and a stream of events for a request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from hansard.model.messages import Finish
from hansard.model.parts import Part

DEFAULT_CONTEXT = 32_000
"""Tokens, where a provider does not say how much a model takes in."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model that can be asked."""

    name: str
    """`provider/model`."""
    provider: str
    context_tokens: int = DEFAULT_CONTEXT
    description: str = ""
    chat: bool = True
    """Whether it answers to a chat, as far as its list and its name tell."""
    created: int | None = None
    """When it came out, in seconds since 1970, where that is known."""


class ProviderFailure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a provider's models cannot be listed."""

    provider: str
    code: str
    """That of the error, as in `hansard.errors`."""
    message: str


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The models of all providers that could be asked, and those that could not."""

    models: list[Model]
    failures: list[ProviderFailure]


GO_ON = "Please go on."
"""What a user says in a request that would otherwise end with an answer."""


class Media(msgspec.Struct, frozen=True, tag="media"):
    """The bytes of an image or a file in a turn."""

    data: bytes
    media_type: str
    name: str | None = None


class Turn(msgspec.Struct, frozen=True):
    """One message as a model sees it."""

    role: Literal["system", "user", "assistant", "tool"]
    parts: tuple[Part | Media, ...]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    """The model's name at the provider."""
    turns: tuple[Turn, ...]
    system: str = ""
    options: dict[str, Any] = {}
    """Such as `temperature` and `max_tokens`."""


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
    """What a provider says besides, as JSON: citations, results of its own tools, fields that are not known."""

    data: Any
    name: str


class Finished(msgspec.Struct, frozen=True):
    """The last event of every stream that did not fail; a stream without it was interrupted."""

    finish: Finish = "stop"
    tokens_in: int | None = None
    """None: the provider did not say."""
    tokens_out: int | None = None
    reason: str | None = None
    """Why it ended, in the provider's word, where `finish` says less."""


Event = TextDelta | ReasoningDelta | ToolCalled | ImageOutput | DataOutput | Finished


class Provider(ABC):
    """Someone who answers. Failures are ProviderRefused or ProviderUnavailable."""

    name: str
    expected: bool = True
    """Whether somebody set it up; one that is only looked for may be away without a word."""
    text_only: bool = False
    """Whether its models take neither pictures nor calls of tools."""
    defaults: Mapping[str, Any] = MappingProxyType({})
    """Options that are sent, and kept with the run, where a request leaves them out."""

    @abstractmethod
    async def models(self) -> list[Model]:
        """The models that can be asked now; raises ProviderUnavailable if that cannot be told."""

    def knows(self, model: str) -> bool:  # noqa: ARG002
        """Whether there can be such a model, as far as that is known without asking anybody."""
        return True

    def check_options(self, options: Mapping[str, Any]) -> None:  # noqa: B027 - most take what they know
        """Every option will be sent as it is; raises InvalidInput with a pointer to one that cannot be."""

    @abstractmethod
    def stream(self, request: Request) -> AsyncGenerator[Event]:
        """Ask, and yield the answer as it comes; closing the iterator ends the generation."""

    async def close(self) -> None:  # noqa: B027 - most have nothing to let go of
        """Let go of what is held open."""


def model(provider: str, name: str, **fields: Any) -> Model:
    return Model(name=f"{provider}/{name}", provider=provider, **fields)
