"""Anthropic's Messages protocol."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from hansard.model.parts import Part, Reasoning, Text, ToolCall, ToolResult
from hansard.providers.answer import Answer, fields_of, items_of
from hansard.providers.base import Media, Request
from hansard.providers.catalog import NextPage
from hansard.providers.options import render_options, stops
from hansard.providers.protocol import Protocol, encoded, object_of, output_text, text_in

VERSION = "2023-06-01"
MAX_TOKENS = 4_096
"""The protocol requires a limit; every model accepts this one."""


class Anthropic(Protocol):
    url = "https://api.anthropic.com"
    options = {
        "temperature": "temperature",
        "top_p": "top_p",
        "top_k": "top_k",
        "max_tokens": "max_tokens",
        "stop": "stop_sequences",
        "thinking": "thinking",
        "reasoning_effort": "output_config.effort",
        "response_format": "output_config.format",
        "service_tier": "service_tier",
        "user": "metadata.user_id",
    }

    defaults = MappingProxyType({"max_tokens": MAX_TOKENS})

    def headers(self, key: str | None) -> dict[str, str]:
        return {"anthropic-version": VERSION} | ({"x-api-key": key} if key else {})

    def path(self, model: str) -> str:  # noqa: ARG002
        return "/v1/messages"

    def body(self, request: Request) -> dict[str, Any]:
        options = {**self.defaults, **request.options}
        if "stop" in options:
            options["stop"] = stops(options["stop"])
        if schema := fields_of(fields_of(options.get("response_format")).get("json_schema")).get(
            "schema"
        ):
            options["response_format"] = {"type": "json_schema", "schema": schema}
        later = [text_in(turn.parts) for turn in request.turns if turn.role == "system"]
        system = "\n\n".join(text for text in (request.system, *later) if text)
        return {
            "model": request.model,
            "messages": _messages(request),
            "stream": True,
            **({"system": system} if system else {}),
            **render_options(options, self.options),
        }

    def read(self, document: Any, answer: Answer, *, whole: bool) -> None:
        fields = fields_of(document)
        kind = fields.get("type")
        if kind == "content_block_start":
            self._block(fields.get("index"), fields_of(fields.get("content_block")), answer)
        elif kind == "content_block_delta":
            _delta(fields.get("index"), fields_of(fields.get("delta")), answer)
        elif kind == "message_stop":
            answer.done = True
        else:
            message = fields_of(fields.get("message")) or fields
            for place, block in enumerate(map(fields_of, items_of(message.get("content")))):
                self._block(place, block, answer)
            _usage(fields_of(message.get("usage")), answer)
            answer.end(
                message.get("stop_reason") or fields_of(fields.get("delta")).get("stop_reason")
            )
            answer.done |= whole and kind == "message"

    def _block(self, index: Any, block: dict[str, Any], answer: Answer) -> None:
        kind = block.get("type")
        if kind == "text":
            answer.text(_str(block.get("text")))
            answer.unplaced({"citations": block.get("citations")})
        elif kind == "thinking":
            answer.thought(_str(block.get("thinking")))
        elif kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
            answer.call(index, block.get("id"), block.get("name"), block.get("input") or None)
        elif block:
            answer.data(block, _str(kind) or "block")

    def list_path(self, page: NextPage | None) -> str:
        return f"/v1/models?limit=1000{f'&after_id={page.token}' if page else ''}"


def _delta(index: Any, delta: dict[str, Any], answer: Answer) -> None:
    kind = delta.get("type")
    if kind == "text_delta":
        answer.text(_str(delta.get("text")))
    elif kind == "thinking_delta":
        answer.thought(_str(delta.get("thinking")))
    elif kind == "input_json_delta":
        answer.call(index, None, None, delta.get("partial_json"))
    elif kind == "citations_delta":
        answer.unplaced({"citations": [delta.get("citation")]})
    elif kind != "signature_delta":
        answer.unplaced({key: value for key, value in delta.items() if key != "type"})


def _usage(usage: dict[str, Any], answer: Answer) -> None:
    """Add the usage; input tokens include cached ones."""
    parts = [usage.get(f"{kind}input_tokens") for kind in ("", "cache_creation_", "cache_read_")]
    counts = [count for count in parts if type(count) is int]
    answer.used(sum(counts) if type(parts[0]) is int else None, usage.get("output_tokens"))


def _str(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _messages(request: Request) -> list[dict[str, Any]]:
    """Return the turns; adjacent turns of the same role are joined into one message."""
    turns: list[dict[str, Any]] = []
    for turn in request.turns:
        if turn.role == "system":
            continue
        role = "assistant" if turn.role == "assistant" else "user"
        content = _said(turn.parts) if role == "assistant" else _asked(turn.parts)
        if content and turns and turns[-1]["role"] == role:
            turns[-1]["content"] += content
        elif content:
            turns.append({"role": role, "content": content})
    return turns


def _asked(parts: Sequence[Part | Media]) -> list[dict[str, Any]]:
    results = [part for part in parts if isinstance(part, ToolResult)]
    others = [part for part in parts if isinstance(part, Text | Media)]
    return [_result(part) for part in results] + [
        _media(part) if isinstance(part, Media) else {"type": "text", "text": part.text}
        for part in others
        if isinstance(part, Media) or part.text
    ]


def _result(part: ToolResult) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": part.call_id, "content": output_text(part)}
    return block | ({"is_error": True} if part.is_error else {})


def _media(part: Media) -> dict[str, Any]:
    source = {"type": "base64", "media_type": part.media_type, "data": encoded(part)}
    kind = "image" if part.media_type.startswith("image/") else "document"
    return {"type": kind, "source": source}


def _said(parts: Sequence[Part | Media]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for part in parts:
        match part:
            case Text(text) if text:
                blocks.append({"type": "text", "text": text})
            case Reasoning(text, signature) if signature:
                blocks.append({"type": "thinking", "thinking": text, "signature": signature})
            case ToolCall(call_id, name, arguments):
                value = object_of(arguments, "arguments")
                blocks.append({"type": "tool_use", "id": call_id, "name": name, "input": value})
            case _:
                pass
    return blocks
