"""The interface of a protocol: how a request is written, and how an answer is read."""

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
    """The URL of the protocol's own provider."""
    options: dict[str, str]
    """The supported options, and their names in the protocol."""
    defaults: Mapping[str, Any] = MappingProxyType({})
    """Required options, with the values that are used if a request does not set them."""

    @abstractmethod
    def headers(self, key: str | None) -> dict[str, str]:
        """Return the headers of every request."""

    @abstractmethod
    def path(self, model: str) -> str:
        """Return the path to which requests for a model are sent."""

    @abstractmethod
    def body(self, request: Request) -> dict[str, Any]:
        """Return the body of a request."""

    @abstractmethod
    def read(self, document: Any, answer: Answer, *, whole: bool) -> None:
        """Fill an answer from a document; `whole` if it is not part of a stream."""

    def adapt(self, body: dict[str, Any], error: ProviderError) -> dict[str, Any] | None:  # noqa: ARG002
        """Return the body for a retry if the endpoint refused a field by name; None if no change helps."""
        return None

    @abstractmethod
    def list_path(self, page: NextPage | None) -> str:
        """Return the path of the list of models, or of its next page, whose token is quoted."""


def data_url(media: Media) -> str:
    return f"data:{media.media_type};base64,{encoded(media)}"


def encoded(media: Media) -> str:
    return b64encode(media.data).decode()


def object_of(value: Any, name: str) -> dict[str, Any]:
    """Return a JSON object, for protocols that accept nothing else; another value is wrapped in one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {name: value}


def output_text(result: ToolResult) -> str:
    """Return a tool's output as text."""
    return result.output if isinstance(result.output, str) else json.dumps(result.output)


def text_in(parts: Sequence[Part | Media]) -> str:
    """Return the text of the parts, separated by blank lines."""
    return "\n\n".join(part.text for part in parts if isinstance(part, Text) and part.text)
