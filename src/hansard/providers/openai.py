"""OpenAI's chat protocol, which many other endpoints use."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from hansard.errors import ProviderError
from hansard.model.parts import Text, ToolCall, ToolResult
from hansard.providers.answer import Answer, fields_of, items_of
from hansard.providers.base import Media, Request, Turn
from hansard.providers.catalog import NextPage
from hansard.providers.options import render_options
from hansard.providers.protocol import Protocol, data_url, encoded, output_text, text_in

_COMMON = (
    *(
        "temperature",
        "top_p",
        "max_tokens",
        "seed",
        "stop",
        "presence_penalty",
        "frequency_penalty",
    ),
    *("reasoning_effort", "response_format", "logit_bias", "service_tier", "verbosity", "user"),
)
_FOREIGN = ("top_k", "min_p", "repetition_penalty")
_LIMITS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_DATA_URL = re.compile(r"data:([^;,]+);base64,", re.IGNORECASE)
_KNOWN = frozenset(
    (
        *("content", "refusal", "tool_calls", "function_call", "images"),
        *("reasoning_content", "reasoning", "reasoning_text", "thinking"),
        *("reasoning_details", "thinking_blocks"),
        *("role", "name", "type", "id", "index", "object", "status"),
    )
)


class OpenAI(Protocol):
    url = "https://api.openai.com/v1"

    def __init__(self, url: str | None = None) -> None:
        host = urlsplit(url or self.url).hostname or ""
        own = host == "api.openai.com" or host.endswith((".openai.com", ".openai.azure.com"))
        self._asks_for_usage = True
        self.options = {name: name for name in (_COMMON if own else (*_COMMON, *_FOREIGN))}
        if own:
            self.options["max_tokens"] = "max_completion_tokens"

    def headers(self, key: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"} if key else {}

    def path(self, model: str) -> str:  # noqa: ARG002
        return "/chat/completions"

    def body(self, request: Request) -> dict[str, Any]:
        system = [{"role": "system", "content": request.system}] if request.system else []
        messages = [message for turn in request.turns for message in _messages(turn)]
        return {
            "model": request.model,
            "messages": system + messages,
            "stream": True,
            **({"stream_options": {"include_usage": True}} if self._asks_for_usage else {}),
            **render_options(request.options, self.options),
        }

    def adapt(self, body: dict[str, Any], error: ProviderError) -> dict[str, Any] | None:
        """Change the name of the token limit, or leave out the usage option; a change that helped is remembered."""
        if error.details.get("status") not in (400, 422):
            return None
        message = str(error.details.get("provider_message", ""))
        if "stream_options" in message and "stream_options" in body:
            self._asks_for_usage = False
            return {name: value for name, value in body.items() if name != "stream_options"}
        for name, other in _LIMITS.items():
            if name in message and name in body:
                self.options["max_tokens"] = other
                return {other if n == name else n: value for n, value in body.items()}
        return None

    def read(self, document: Any, answer: Answer, *, whole: bool) -> None:
        fields = fields_of(document)
        _usage(fields, answer)
        choices = items_of(fields.get("choices"))
        if not choices and "message" in fields:
            choices = [fields]
        for choice in map(fields_of, choices):
            if choice.get("index") not in (None, 0):
                continue
            _usage(choice, answer)
            delta = fields_of(choice.get("delta")) or fields_of(choice.get("message"))
            _read(delta, answer)
            _content(choice.get("text"), answer)
            answer.end(choice.get("finish_reason") or choice.get("done_reason"))
            answer.done |= whole and "message" in choice and choice.get("done") is not False
        answer.unplaced({n: fields[n] for n in ("citations", "search_results") if n in fields})

    def list_path(self, page: NextPage | None) -> str:
        return f"/models?{page.parameter}={page.token}" if page else "/models"


def _usage(fields: dict[str, Any], answer: Answer) -> None:
    for used in (fields.get("usage"), fields_of(fields.get("x_groq")).get("usage")):
        usage = fields_of(used)
        answer.used(usage.get("prompt_tokens"), usage.get("completion_tokens"))
        answer.used(usage.get("input_tokens"), usage.get("output_tokens"))


def _read(delta: dict[str, Any], answer: Answer) -> None:
    _thinking(delta, answer)
    _content(delta.get("content"), answer)
    if isinstance(refusal := delta.get("refusal"), str) and refusal:
        answer.refused = True
        answer.text(refusal)
    for image in items_of(delta.get("images")):
        _image(image, answer)
    calls = [call for call in map(fields_of, items_of(delta.get("tool_calls"))) if call]
    for place, call in enumerate(calls):
        function = fields_of(call.get("function"))
        key = call.get("index") if isinstance(call.get("index"), int) else place
        answer.call(key, call.get("id"), function.get("name"), function.get("arguments"))
    if old := fields_of(delta.get("function_call")):
        answer.call("function_call", None, old.get("name"), old.get("arguments"))
    answer.unplaced({name: value for name, value in delta.items() if name not in _KNOWN})


def _thinking(delta: dict[str, Any], answer: Answer) -> None:
    """Add reasoning; some endpoints send it in several fields at once, of which the first non-empty one counts."""
    for name in ("reasoning_content", "reasoning", "reasoning_text", "thinking"):
        if isinstance(value := delta.get(name), str) and value:
            return answer.thought(value)
    for name in ("reasoning_details", "thinking_blocks", "reasoning"):
        details = items_of(delta.get(name)) or [delta.get(name)]
        texts = [_thought(detail) for detail in details]
        if any(texts):
            return answer.thought("".join(texts))
    sealed = [d for d in items_of(delta.get("reasoning_details")) if fields_of(d).get("data")]
    answer.unplaced({"reasoning_details": sealed})
    return None


def _thought(value: Any) -> str:
    """Return the text of a part of reasoning, or of a list of parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_thought, items_of(value)))
    fields = fields_of(value)
    if not fields:
        return ""
    names = ("text", "thinking", "reasoning", "summary", "content")
    return next((text for name in names if (text := _thought(fields.get(name)))), "")


def _content(content: Any, answer: Answer) -> None:
    """Add content: text, parts, or other data."""
    if content is None:
        return
    if isinstance(content, str):
        answer.text(content)
    elif isinstance(content, list):
        for part in items_of(content):
            _content(part, answer)
    elif isinstance(content, dict):
        _part(fields_of(content), answer)
    else:
        answer.text(json.dumps(content))


def _part(part: dict[str, Any], answer: Answer) -> None:
    kind = str(part.get("type", "text"))
    if "think" in kind or "reason" in kind:
        answer.thought(_thought(part))
    elif "image" in kind:
        _image(part, answer)
    elif isinstance(part.get("text"), str):
        answer.text(part["text"])
    elif isinstance(part.get("refusal"), str):
        answer.refused = True
        answer.text(part["refusal"])
    elif part:
        answer.data(part, kind)


def _image(image: Any, answer: Answer) -> None:
    fields = fields_of(image)
    place = fields.get("image_url", fields.get("url", image if isinstance(image, str) else None))
    url = fields_of(place).get("url") if isinstance(place, dict) else place
    raw = fields.get("b64_json") or fields.get("data")
    if isinstance(url, str) and (match := _DATA_URL.match(url)):
        answer.image(url[match.end() :], match[1])
    elif isinstance(raw, str):
        answer.image(raw, fields.get("media_type") or fields.get("mime_type") or "image/png")
    else:
        answer.data(image, "image")


def _messages(turn: Turn) -> list[dict[str, Any]]:
    """Return a turn's messages: tool results are separate messages that come first."""
    if turn.role == "assistant":
        return _assistant(turn)
    messages: list[dict[str, Any]] = [
        {"role": "tool", "tool_call_id": part.call_id, "content": output_text(part)}
        for part in turn.parts
        if isinstance(part, ToolResult)
    ]
    if content := _asked(turn):
        messages.append({"role": "system" if turn.role == "system" else "user", "content": content})
    return messages


def _assistant(turn: Turn) -> list[dict[str, Any]]:
    calls = [
        {
            "id": part.call_id,
            "type": "function",
            "function": {"name": part.name, "arguments": _arguments(part.arguments)},
        }
        for part in turn.parts
        if isinstance(part, ToolCall)
    ]
    text = text_in(turn.parts)
    if not text and not calls:
        return []
    message: dict[str, Any] = {"role": "assistant", "content": text or None}
    return [message | {"tool_calls": calls} if calls else message]


def _arguments(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def _asked(turn: Turn) -> Any:
    """Return plain text if there are no other parts, because not every endpoint accepts parts."""
    if turn.role == "system" or not any(isinstance(part, Media) for part in turn.parts):
        return text_in(turn.parts)
    return [_asked_part(part) for part in turn.parts if isinstance(part, Text | Media)]


def _asked_part(part: Text | Media) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if part.media_type.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": data_url(part)}}
    if part.media_type.startswith("audio/"):
        kind = "mp3" if part.media_type in ("audio/mpeg", "audio/mp3") else "wav"
        return {"type": "input_audio", "input_audio": {"data": encoded(part), "format": kind}}
    return {"type": "file", "file": {"filename": part.name or "file", "file_data": data_url(part)}}
