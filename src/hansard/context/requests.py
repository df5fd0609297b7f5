"""Makes requests valid: whatever was stored, the result is a dialogue that every endpoint accepts.

Endpoints differ in what they check, so the strictest rules apply to all: the user has the first and last turn (or a
tool the last), roles alternate, no text is blank, instructions come before the dialogue, each tool call is followed by
its one result, and ids and names only have characters that all allow. Stored messages are not changed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, cast

import msgspec

from hansard.model.parts import Data, Part, Reasoning, Text, ToolCall, ToolResult
from hansard.providers.base import GO_ON, Media, Request, Turn

OPENING = "[Here the conversation begins.]"
"""A user turn before a conversation that starts with the assistant."""
NOTHING = "[Nothing was said.]"
NO_OUTPUT = "[no output]"

Speaker = Literal["user", "assistant"]
Item = tuple[Speaker, Part | Media]

_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")
_SENT = re.compile(r"(image|audio|video)/.+|application/pdf")


def valid(request: Request) -> Request:
    """Return the request in a form that strict endpoints accept; a valid request is not changed."""
    leading = 0
    while leading < len(request.turns) and request.turns[leading].role == "system":
        leading += 1
    parts = [p for turn in request.turns[:leading] for p in _parts(turn)]
    texts = [request.system, *(p.text for p in parts if isinstance(p, Text))]
    turns = request.turns[leading:]
    if not _is_plain_dialogue(turns):
        turns = _Dialogue([item for turn in turns for item in _items(turn)]).turns()
    system = "\n\n".join(text for text in texts if text.strip())
    return msgspec.structs.replace(request, system=system, turns=turns)


def _is_plain_dialogue(turns: Sequence[Turn]) -> bool:
    """Return whether single texts of user and assistant alternate, the user first and last: valid as is."""
    return len(turns) % 2 == 1 and all(
        turn.role == ("assistant" if index % 2 else "user")
        and len(turn.parts) == 1
        and isinstance(turn.parts[0], Text)
        and not turn.parts[0].text.isspace()
        and turn.parts[0].text != ""
        for index, turn in enumerate(turns)
    )


def is_plain(request: Request) -> bool:
    """Return whether the request has text only."""
    parts = (part for turn in request.turns for part in turn.parts)
    return not any(isinstance(part, Media | ToolCall | ToolResult) for part in parts)


def plain(request: Request) -> Request:
    """Return the request as text only, for a model without images or an endpoint without tools."""
    names = {p.call_id: p.name for t in request.turns for p in t.parts if isinstance(p, ToolCall)}
    turns = [Turn(t.role, tuple(_as_text(p, names) for p in t.parts)) for t in request.turns]
    return valid(msgspec.structs.replace(request, turns=tuple(turns)))


class _Dialogue:
    """Builds turns from parts."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._results = _pairs(items)
        """Indexes of calls with results, and of the results."""
        self._names = {p.call_id: p.name for _, p in items if isinstance(p, ToolCall)}
        self._turns: list[Turn] = []
        self._calls: list[ToolCall] = []
        self._outputs: list[ToolResult] = []
        self._ids: set[str] = set()

    def turns(self) -> tuple[Turn, ...]:
        answered = set(self._results.values())
        for index, (speaker, part) in enumerate(self._items):
            if index in self._results:
                result = cast("ToolResult", self._items[self._results[index]][1])
                self._call(cast("ToolCall", part), result)
            elif index in answered:
                self._flush()
            else:
                self._add_part(speaker, part)
        self._flush()
        self._end_answer()
        return self._complete()

    def _call(self, call: ToolCall, result: ToolResult) -> None:
        call_id = self._id(call.call_id)
        name = _NOT_IN_NAMES.sub("_", call.name)[:64] or "tool"
        self._calls.append(ToolCall(call_id, name, _arguments(call.arguments)))
        self._outputs.append(ToolResult(call_id, _output(result.output), result.is_error))

    def _add_part(self, speaker: Speaker, part: Part | Media) -> None:
        self._flush()
        if isinstance(part, ToolCall | ToolResult):
            part = _as_text(part, self._names, answered=False)
        self._add(speaker, (part,))

    def _flush(self) -> None:
        """End a round of calls: add the calls, then their results."""
        if self._calls:
            self._add("assistant", tuple(self._calls))
            self._turns.append(Turn("tool", tuple(self._outputs)))
            self._calls, self._outputs = [], []

    def _add(self, speaker: Speaker, parts: tuple[Part | Media, ...]) -> None:
        if speaker == "user":
            self._end_answer()
        last = self._turns[-1] if self._turns else None
        if last is not None and last.role == speaker:
            self._turns[-1] = Turn(speaker, (*last.parts, *parts))
        else:
            self._turns.append(Turn(speaker, parts))

    def _end_answer(self) -> None:
        """Remove reasoning at the end of an answer, and answers of reasoning only."""
        while self._turns and self._turns[-1].role == "assistant":
            parts = self._turns[-1].parts
            if not isinstance(parts[-1], Reasoning):
                return
            self._turns.pop()
            if parts[:-1]:
                self._turns.append(Turn("assistant", parts[:-1]))

    def _id(self, original: str) -> str:
        """Return the call's id, or one derived from it if endpoints would reject it."""
        call_id, attempt = original, 0
        while not _ID.fullmatch(call_id) or call_id in self._ids:
            call_id = hashlib.sha256(f"{attempt} {original}".encode()).hexdigest()[:9]
            attempt += 1
        self._ids.add(call_id)
        return call_id

    def _complete(self) -> tuple[Turn, ...]:
        turns = self._turns
        if not turns:
            return (Turn("user", (Text(NOTHING),)),)
        first = [] if turns[0].role == "user" else [Turn("user", (Text(OPENING),))]
        last = [Turn("user", (Text(GO_ON),))] if turns[-1].role == "assistant" else []
        return (*first, *turns, *last)


def _pairs(items: Sequence[Item]) -> dict[int, int]:
    """Return the index of the result of each call: a result belongs to the last call with its id before it."""
    open_calls: dict[str, list[int]] = {}
    pairs: dict[int, int] = {}
    for index, (speaker, part) in enumerate(items):
        if isinstance(part, ToolCall) and speaker == "assistant":
            open_calls.setdefault(part.call_id, []).append(index)
        elif isinstance(part, ToolResult) and open_calls.get(part.call_id):
            pairs[open_calls[part.call_id].pop()] = index
    return pairs


def _items(turn: Turn) -> Iterator[Item]:
    speaker: Speaker = "assistant" if turn.role == "assistant" else "user"
    for part in _parts(turn):
        if isinstance(part, Reasoning):
            if speaker == "assistant":
                yield speaker, part
        elif isinstance(part, Text) and turn.role == "system":
            yield speaker, Text(f"[Instruction: {part.text}]")
        elif isinstance(part, Media) and (speaker == "assistant" or not _can_be_sent(part)):
            yield speaker, _as_text(part, {})
        else:
            yield speaker, part


def _parts(turn: Turn) -> list[Part | Media]:
    """Return the parts of a turn without blank ones, and without data unless there is nothing else."""
    parts = [p for p in turn.parts if not isinstance(p, Text | Data) or _has_text(p)]
    if any(not isinstance(p, Data) for p in parts):
        return [p for p in parts if not isinstance(p, Data)]
    return [Text(_json(p.data)) for p in parts if isinstance(p, Data)]


def _has_text(part: Text | Data) -> bool:
    return bool(part.text.strip()) if isinstance(part, Text) else bool(_json(part.data).strip())


def _can_be_sent(media: Media) -> bool:
    return bool(media.data) and _SENT.fullmatch(media.media_type) is not None


def _as_text(part: Part | Media, names: dict[str, str], *, answered: bool = True) -> Part | Media:
    """Return images, files, calls and results as a line of text."""
    match part:
        case Media(_, media_type, name):
            kind = "Image" if media_type.startswith("image/") else "File"
            return Text(f"[{kind} that is not shown: {name or 'unnamed'}, {media_type}]")
        case ToolCall(_, name, arguments):
            end = "" if answered else " There is no result."
            return Text(f"[Called the tool {name or 'unnamed'} with {_json(arguments)}.{end}]")
        case ToolResult(call_id, output):
            return Text(
                f"[Result of the tool {names.get(call_id) or 'unnamed'}: {_output(output)}]"
            )
        case _:
            return part


def _arguments(value: Any) -> dict[str, Any]:
    """Return a call's arguments as an object, which endpoints require."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return {"input": value}
    if value is None:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {"input": value}


def _output(value: Any) -> str:
    text = "" if value is None else _json(value)
    return text if text.strip() else NO_OUTPUT


def _json(value: Any) -> str:
    """Return a text unchanged, and anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
