"""What a protocol is: how a request is written, and how an answer is read."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, cast

from hansard.errors import ProviderError
from hansard.model.parts import Part, Text, ToolResult
from hansard.providers.answer import Answer
from hansard.providers.base import Media, Request
from hansard.providers.catalog import NextPage


class Protocol(ABC):
    url: ClassVar[str]
    """Where the protocol's own provider is."""
    options: dict[str, str]
    """The options that can be sent, and their names in the protocol."""
    defaults: Mapping[str, Any] = MappingProxyType({})
    """Options that have to be sent, where a request leaves them out."""

    @abstractmethod
    def headers(self, key: str | None) -> dict[str, str]:
        """The headers of every request."""

    @abstractmethod
    def path(self, model: str) -> str:
        """Where a model is asked."""

    @abstractmethod
    def body(self, request: Request) -> dict[str, Any]:
        """What it is asked."""

    @abstractmethod
    def read(self, document: Any, answer: Answer, *, whole: bool) -> None:
        """Tell an answer what a document says; `whole` where it is not one of a stream."""

    def adapt(self, body: dict[str, Any], error: ProviderError) -> dict[str, Any] | None:  # noqa: ARG002
        """What to ask instead where the endpoint refused a field by name; None if nothing helps."""
        return None

    @abstractmethod
    def list_path(self, page: NextPage | None) -> str:
        """Where the models are listed, or the next page of them, whose token is quoted."""


def data_url(media: Media) -> str:
    return f"data:{media.media_type};base64,{encoded(media)}"


def encoded(media: Media) -> str:
    return b64encode(media.data).decode()


def object_of(value: Any, name: str) -> dict[str, Any]:
    """A JSON object, for protocols that take nothing else; another value is wrapped in one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {name: value}


def output_text(result: ToolResult) -> str:
    """What a tool gave, as text."""
    return result.output if isinstance(result.output, str) else json.dumps(result.output)


def text_in(parts: Sequence[Part | Media]) -> str:
    """The text of some parts, a blank line between them."""
    return "\n\n".join(part.text for part in parts if isinstance(part, Text) and part.text)
