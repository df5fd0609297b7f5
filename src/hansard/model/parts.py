"""What a message is made of: an ordered list of typed parts.

On the wire and in the database a part is an object with a `type`; fields at their defaults are left
out, unknown fields are refused.
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
    """What a model thought before it answered."""

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
    """A picture; its bytes are the blob of that digest."""

    blob: Digest
    media_type: str
    name: str | None = None


class File(msgspec.Struct, frozen=True, tag="file", omit_defaults=True, forbid_unknown_fields=True):
    """An attached file; its bytes are the blob of that digest."""

    blob: Digest
    media_type: str
    name: str | None = None


class Data(msgspec.Struct, frozen=True, tag="data", omit_defaults=True, forbid_unknown_fields=True):
    """Any JSON that belongs to the message, such as a citation or a structured answer."""

    data: Any
    name: str | None = None


class Error(
    msgspec.Struct, frozen=True, tag="error", omit_defaults=True, forbid_unknown_fields=True
):
    """Why an answer failed; `code` is one of the codes in `hansard.errors`."""

    code: str
    message: str
    details: JsonObject = {}
    """What the provider said: `status`, `type`, `code` and `message`, as far as there are such."""


Part = Text | Reasoning | ToolCall | ToolResult | Image | File | Data | Error
Parts = tuple[Part, ...]


def text_of(parts: Parts) -> str:
    """The text of a message as a person reads it: its text parts, a blank line between them."""
    if len(parts) == 1 and isinstance(parts[0], Text):
        return parts[0].text
    return "\n\n".join(part.text for part in parts if isinstance(part, Text))


def blobs_of(parts: Parts) -> set[str]:
    """The digests of the blobs that the parts refer to."""
    return {part.blob for part in parts if isinstance(part, Image | File)}
