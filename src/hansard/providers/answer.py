"""Collects what a provider sends: the reader of every protocol fills an Answer, which produces events.

The answer interprets the finish reason and the usage, joins the pieces of tool calls, and keeps fields that have no
place of their own. Only a declared success is a success: an answer without an end is `interrupted`, and an unknown
reason is `other` and kept as it was sent.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, cast

from hansard.errors import ProviderError
from hansard.model.checks import clean_text
from hansard.model.messages import Finish
from hansard.providers.base import (
    DataOutput,
    Event,
    Finished,
    ImageOutput,
    ReasoningDelta,
    TextDelta,
    ToolCalled,
)
from hansard.providers.thinking import TextSegment, ThinkingSplitter

_REASONS: dict[Finish, str] = {
    "stop": "stop end_turn stop_sequence eos eos_token end complete completed done",
    "length": "length max_tokens max_output_tokens max_length model_length token_limit continuation"
    " model_context_window_exceeded",
    "tool_call": "tool_call tool_calls tool_use function_call function_calls",
    "content_filter": "content_filter content_filtered content-filter safety refusal recitation sensitive"
    " blocklist prohibited_content spii image_safety image_prohibited_content image_recitation"
    " guardrail_intervened model_armor jailbreak",
    "interrupted": "abort aborted cancelled canceled interrupted insufficient_system_resource",
    "error": "error failed network_error server_error",
}
FINISHES: dict[str, Finish] = {
    reason: finish for finish, reasons in _REASONS.items() for reason in reasons.split()
}
"""Finish reasons of providers, in lower case, and their names in Hansard."""
MAX_UNPLACED = 256 * 1024
"""The maximum size of the additional fields that are kept, in characters of JSON."""
MAX_REASON = 200
MAX_HELD = 4 * 1024 * 1024
"""The maximum size of calls and other data that are held until they are complete, in characters."""


class Answer:
    """One answer, filled piece by piece; `take` returns the events that are ready."""

    def __init__(self) -> None:
        self.done = False
        """Whether the provider declared the end, whatever the reason."""
        self.reason: str | None = None
        """The finish reason in the provider's words."""
        self.refused = False
        """Whether the model refused to answer."""
        self.said = False
        self._events: list[Event] = []
        self._splitter = ThinkingSplitter()
        self._calls: list[_Call] = []
        self._open: dict[Any, _Call] = {}
        self._unplaced: dict[str, Any] = {}
        self._tokens: dict[str, int] = {}
        self._held = 0

    def take(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def text(self, text: str) -> None:
        self._say(self._splitter.feed(text))

    def thought(self, text: str) -> None:
        self._say([TextSegment("reasoning", text)] if text else [])

    def _say(self, pieces: list[TextSegment]) -> None:
        for kind, text in pieces:
            self._tell(TextDelta(text) if kind == "text" else ReasoningDelta(text))

    def _tell(self, event: Event) -> None:
        self.said = True
        self._events.append(event)

    def image(self, encoded: Any, media_type: Any) -> None:
        """Add an image in base64; other values are kept as data."""
        try:
            data = base64.b64decode(encoded, validate=True)
        except (binascii.Error, TypeError, ValueError):
            data = b""
        if data and isinstance(media_type, str) and "/" in media_type:
            self._tell(ImageOutput(data, media_type))
        else:
            self.data({"media_type": media_type, "data": encoded}, "image")

    def data(self, value: Any, name: str) -> None:
        """Add other output unchanged."""
        self._tell(DataOutput(value, name))

    def call(self, key: Any, call_id: Any, name: Any, arguments: Any) -> None:
        """Add a piece of a tool call: another id or name under the same key starts a new call; without a key it is
        complete.
        """
        call_id, name = _name(call_id), _name(name)
        key = repr(key) if key is not None else len(self._calls)
        call = self._open.get(key)
        if call is None or not call.goes_on(call_id, name, arguments):
            call = self._open[key] = _Call()
            self._calls.append(call)
        call.add(call_id, name, arguments)
        self._hold(arguments)

    def unplaced(self, fields: Mapping[str, Any]) -> None:
        """Add fields that have no place of their own; pieces of the same field are joined."""
        for name, value in fields.items():
            if value not in (None, "", [], {}):
                self._hold(value)
                self._unplaced[name] = _joined(self._unplaced.get(name), value)

    def _hold(self, value: Any) -> None:
        """Count the size of held data. Raises ProviderError if it is too large."""
        self._held += len(value if isinstance(value, str) else json.dumps(value, default=repr))
        if self._held > MAX_HELD:
            raise ProviderError("The answer is too large.")

    def used(self, tokens_in: Any, tokens_out: Any) -> None:
        """Add token totals; the largest counts."""
        for name, value in (("in", tokens_in), ("out", tokens_out)):
            if (count := count_of(value)) is not None:
                self._tokens[name] = max(count, self._tokens.get(name, 0))

    def end(self, reason: Any) -> None:
        """Set the finish reason; None is ignored, and a later success cancels a failure."""
        if reason is None or reason is False or reason == "" or self._finish() == "error":
            return
        text = reason if isinstance(reason, str) else json.dumps(reason, default=repr)
        self.reason = clean_text(text)[:MAX_REASON]

    def rest(self) -> list[Event]:
        """Return the held events and those that are only complete at the end; nothing may follow."""
        self._say(self._splitter.close())
        for number, call in enumerate(self._calls, 1):
            self._tell(call.called(number))
        if self._unplaced:
            kept: Any = self._unplaced
            if len(json.dumps(kept, default=repr)) > MAX_UNPLACED:
                kept = {"omitted": sorted(self._unplaced)}
            self.data(kept, "provider")
        self._open, self._unplaced = {}, {}
        calls, self._calls = self._calls, []
        self._malformed = any(call.malformed for call in calls)
        self._called = bool(calls)
        return self.take()

    def finished(self) -> Finished:
        """Return how the answer ended, after `rest`. Raises ProviderError if the provider reports a failure."""
        finish = self._finish()
        if finish == "error":
            raise ProviderError("The provider ended the answer with an error.", reason=self.reason)
        reason = self.reason
        if self._malformed and finish in ("stop", "tool_call"):
            finish, reason = "other", "malformed_tool_call"
        elif self._called and finish == "stop":
            finish, reason = "tool_call", None
        elif self.refused and finish == "stop":
            reason = "refusal"
        elif finish in ("stop", "length", "tool_call"):
            reason = None
        return Finished(finish, self._tokens.get("in"), self._tokens.get("out"), reason)

    def _finish(self) -> Finish:
        if self.reason is None:
            return "stop" if self.done else "interrupted"
        return FINISHES.get(self.reason.strip().lower(), "other")

    _malformed = False
    _called = False


class _Call:
    """A tool call that arrives in pieces."""

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.pieces: list[str] = []
        self.whole: Any = None
        self.malformed = False

    def goes_on(self, call_id: str, name: str, arguments: Any) -> bool:
        if (call_id and self.id and call_id != self.id) or (
            name and self.name and name != self.name
        ):
            return False
        again = bool(name) and bool(self.name) and not call_id and bool(arguments)
        return not (again and (self.whole is not None or _is_json("".join(self.pieces))))

    def add(self, call_id: str, name: str, arguments: Any) -> None:
        self.id = self.id or call_id
        self.name = self.name or name
        if isinstance(arguments, str):
            self.pieces.append(arguments)
        elif arguments is not None:
            self.whole = arguments

    def called(self, number: int) -> ToolCalled:
        arguments: Any = self.whole
        if raw := clean_text("".join(self.pieces)).strip():
            try:
                arguments = json.loads(raw)
            except (ValueError, RecursionError):
                arguments, self.malformed = raw, True
        return ToolCalled(
            self.id or f"call_{number}", self.name, {} if arguments is None else arguments
        )


def _name(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _is_json(text: str) -> bool:
    if not text.rstrip().endswith("}"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _joined(known: Any, more: Any) -> Any:
    if isinstance(known, str) and isinstance(more, str):
        return known + more
    if isinstance(known, list) and isinstance(more, list):
        return [*cast("list[Any]", known), *cast("list[Any]", more)]
    if isinstance(known, dict) and isinstance(more, dict):
        merged = dict(cast("dict[str, Any]", known))
        for name, value in cast("dict[str, Any]", more).items():
            merged[name] = _joined(merged.get(name), value)
        return merged
    return more


def count_of(value: Any) -> int | None:
    """Return a number of tokens; None for any other value."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value < 2**53 else None


def fields_of(value: Any) -> dict[str, Any]:
    """Return a JSON object; an empty one for any other value."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def items_of(value: Any) -> list[Any]:
    """Return a JSON array; an empty one for any other value."""
    return cast("list[Any]", value) if isinstance(value, list) else []
