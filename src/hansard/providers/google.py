"""Google's protocol for Gemini."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from hansard.model.parts import Part, Text, ToolCall, ToolResult
from hansard.providers.answer import Answer, count_of, fields_of, items_of
from hansard.providers.base import Media, Request
from hansard.providers.catalog import NextPage
from hansard.providers.options import render_options, stops
from hansard.providers.protocol import Protocol, encoded, object_of, text_in

_CONFIG = "generationConfig"
_CANDIDATE = ("groundingMetadata", "citationMetadata", "urlContextMetadata")


class Google(Protocol):
    url = "https://generativelanguage.googleapis.com"
    options = {
        "temperature": f"{_CONFIG}.temperature",
        "top_p": f"{_CONFIG}.topP",
        "top_k": f"{_CONFIG}.topK",
        "max_tokens": f"{_CONFIG}.maxOutputTokens",
        "seed": f"{_CONFIG}.seed",
        "stop": f"{_CONFIG}.stopSequences",
        "presence_penalty": f"{_CONFIG}.presencePenalty",
        "frequency_penalty": f"{_CONFIG}.frequencyPenalty",
        "thinking": f"{_CONFIG}.thinkingConfig",
        "reasoning_effort": f"{_CONFIG}.thinkingConfig.thinkingLevel",
        "response_format": f"{_CONFIG}.responseFormat",
    }

    def headers(self, key: str | None) -> dict[str, str]:
        return {"x-goog-api-key": key} if key else {}

    def path(self, model: str) -> str:
        return f"/v1beta/models/{quote(model, safe='')}:streamGenerateContent?alt=sse"

    def body(self, request: Request) -> dict[str, Any]:
        options = dict(request.options)
        form = options.pop("response_format", None)
        if "stop" in options:
            options["stop"] = stops(options["stop"])
        body: dict[str, Any] = {"contents": _contents(request)}
        later = [text_in(turn.parts) for turn in request.turns if turn.role == "system"]
        if system := "\n\n".join(text for text in (request.system, *later) if text):
            body["systemInstruction"] = {"parts": [{"text": system}]}
        body |= render_options(options, self.options)
        if form is not None:
            body.setdefault(_CONFIG, {}).update(_format(fields_of(form)))
        return body

    def read(self, document: Any, answer: Answer, *, whole: bool) -> None:  # noqa: ARG002
        for fields in map(fields_of, items_of(document) or [document]):
            for candidate in map(fields_of, items_of(fields.get("candidates"))[:1]):
                for part in items_of(fields_of(candidate.get("content")).get("parts")):
                    _read(fields_of(part), answer)
                answer.unplaced({name: candidate.get(name) for name in _CANDIDATE})
                answer.end(candidate.get("finishReason"))
            answer.end(fields_of(fields.get("promptFeedback")).get("blockReason"))
            _usage(fields_of(fields.get("usageMetadata")), answer)

    def list_path(self, page: NextPage | None) -> str:
        return f"/v1beta/models?pageSize=1000{f'&pageToken={page.token}' if page else ''}"


def _format(form: dict[str, Any]) -> dict[str, Any]:
    """Convert a response format from the form that other protocols use."""
    schema = fields_of(form.get("json_schema")).get("schema")
    fields = {"responseMimeType": "application/json"}
    return fields | ({"responseJsonSchema": schema} if schema else {})


def _read(part: dict[str, Any], answer: Answer) -> None:
    image = fields_of(part.get("inlineData"))
    call = fields_of(part.get("functionCall"))
    text = part.get("text")
    if isinstance(text, str):
        answer.thought(text) if part.get("thought") is True else answer.text(text)
    elif image:
        answer.image(image.get("data"), image.get("mimeType"))
    elif call:
        answer.call(None, call.get("id"), call.get("name"), call.get("args") or {})
    elif kept := {name: value for name, value in part.items() if name != "thoughtSignature"}:
        answer.data(kept, next(iter(kept)))


def _usage(usage: dict[str, Any], answer: Answer) -> None:
    values = [usage.get(f"{kind}TokenCount") for kind in ("candidates", "thoughts")]
    counts = [count for value in values if (count := count_of(value)) is not None]
    answer.used(usage.get("promptTokenCount"), sum(counts) if counts else None)


def _contents(request: Request) -> list[dict[str, Any]]:
    """Return the turns; adjacent turns of the same role are joined."""
    names = {
        part.call_id: part.name
        for turn in request.turns
        for part in turn.parts
        if isinstance(part, ToolCall)
    }
    turns: list[dict[str, Any]] = []
    for turn in request.turns:
        role = "model" if turn.role == "assistant" else "user"
        parts = [] if turn.role == "system" else _parts(turn.parts, names)
        if parts and turns and turns[-1]["role"] == role:
            turns[-1]["parts"] += parts
        elif parts:
            turns.append({"role": role, "parts": parts})
    return turns


def _parts(parts: Sequence[Part | Media], names: dict[str, str]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for part in parts:
        match part:
            case Text(text) if text:
                blocks.append({"text": text})
            case Media(_, media_type):
                blocks.append({"inlineData": {"mimeType": media_type, "data": encoded(part)}})
            case ToolCall(_, name, arguments):
                value = object_of(arguments, "arguments")
                blocks.append({"functionCall": {"name": name, "args": value}})
            case ToolResult(call_id, output):
                value = object_of(output, "output")
                name = names.get(call_id, "tool")
                blocks.append({"functionResponse": {"name": name, "response": value}})
            case _:
                pass
    return blocks
