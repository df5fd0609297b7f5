"""The parts of a message: its content is an ordered list of typed parts.

In JSON a part is an object with a `type`. Fields at their defaults are omitted; unknown fields are rejected.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hansard.model.base import Digest, JsonObject


class Text(msgspec.Struct, frozen=True, tag="text", omit_defaults=True, forbid_unknown_fields=True):
    text: str


class Reasoning(
    msgspec.Struct, frozen=True, tag="reasoning", omit_defaults=True, forbid_unknown_fields=True
):
    """A model's reasoning before its answer."""

    text: str
    signature: str | None = None


class ToolCall(
    msgspec.Struct, frozen=True, tag="tool_call", omit_defaults=True, forbid_unknown_fields=True
):
    call_id: str
    name: str
    arguments: Any = None


class ToolResult(
    msgspec.Struct, frozen=True, tag="tool_result", omit_defaults=True, forbid_unknown_fields=True
):
    call_id: str
    output: Any = None
    is_error: bool = False


class Image(
    msgspec.Struct, frozen=True, tag="image", omit_defaults=True, forbid_unknown_fields=True
):
    """An image; its bytes are the blob with that digest."""

    blob: Digest
    media_type: str
    name: str | None = None


class File(msgspec.Struct, frozen=True, tag="file", omit_defaults=True, forbid_unknown_fields=True):
    """An attached file; its bytes are the blob with that digest."""

    blob: Digest
    media_type: str
    name: str | None = None


class Data(msgspec.Struct, frozen=True, tag="data", omit_defaults=True, forbid_unknown_fields=True):
    """Any JSON that is part of the message, such as a citation or a structured answer."""

    data: Any
    name: str | None = None


class Error(
    msgspec.Struct, frozen=True, tag="error", omit_defaults=True, forbid_unknown_fields=True
):
    """Why an answer failed; `code` is one of the codes in `hansard.errors`."""

    code: str
    message: str
    details: JsonObject = {}
    """The provider's error: `status`, `type`, `code` and `message`, as far as they are known."""


Part = Text | Reasoning | ToolCall | ToolResult | Image | File | Data | Error
Parts = tuple[Part, ...]


def text_of(parts: Parts) -> str:
    """Return the readable text of a message: its text parts, separated by blank lines."""
    if len(parts) == 1 and isinstance(parts[0], Text):
        return parts[0].text
    return "\n\n".join(part.text for part in parts if isinstance(part, Text))


def blobs_of(parts: Parts) -> set[str]:
    """Return the digests of the blobs that the parts refer to."""
    if len(parts) == 1 and isinstance(parts[0], Text):
        return set()
    return {part.blob for part in parts if isinstance(part, Image | File)}
