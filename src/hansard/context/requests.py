"""One step makes a request valid: whatever was stored, what is sent is a dialogue that every endpoint takes.

Endpoints differ in what they check, and some check much. So the strictest of their rules hold for all of them: the
user speaks first and last (or a tool does), roles take turns, no text is blank, instructions stand before the
dialogue, each call of a tool is followed by its one result, and ids and names have the characters that all allow.
The record itself may hold anything, and stays as it is.
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
"""A user's, where an assistant spoke first."""
NOTHING = "[Nothing was said.]"
NO_OUTPUT = "[no output]"

Speaker = Literal["user", "assistant"]
Item = tuple[Speaker, Part | Media]

_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")
_SENT = re.compile(r"(image|audio|video)/.+|application/pdf")


def valid(request: Request) -> Request:
    """The same request in a form that strict endpoints take; one that is valid stays as it is."""
    leading = 0
    while leading < len(request.turns) and request.turns[leading].role == "system":
        leading += 1
    said = [p for turn in request.turns[:leading] for p in _parts(turn)]
    texts = [request.system, *(p.text for p in said if isinstance(p, Text))]
    turns = request.turns[leading:]
    if not _is_of_texts(turns):
        turns = _Dialogue([item for turn in turns for item in _items(turn)]).turns()
    system = "\n\n".join(text for text in texts if text.strip())
    return msgspec.structs.replace(request, system=system, turns=turns)


def _is_of_texts(turns: Sequence[Turn]) -> bool:
    """Whether a text follows a text, first and last the user's: most dialogues are so, and valid already."""
    return len(turns) % 2 == 1 and all(
        turn.role == ("assistant" if place % 2 else "user")
        and len(turn.parts) == 1
        and isinstance(turn.parts[0], Text)
        and not turn.parts[0].text.isspace()
        and turn.parts[0].text != ""
        for place, turn in enumerate(turns)
    )


def is_plain(request: Request) -> bool:
    """Whether it holds text alone."""
    parts = (part for turn in request.turns for part in turn.parts)
    return not any(isinstance(part, Media | ToolCall | ToolResult) for part in parts)


def plain(request: Request) -> Request:
    """The same request as text alone, for a model that takes no pictures, or an endpoint that takes no tools."""
    names = {p.call_id: p.name for t in request.turns for p in t.parts if isinstance(p, ToolCall)}
    turns = [Turn(t.role, tuple(_told(p, names) for p in t.parts)) for t in request.turns]
    return valid(msgspec.structs.replace(request, turns=tuple(turns)))


class _Dialogue:
    """Turns made of what was said, one part after the other."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._results = _pairs(items)
        """The place of each call that has a result, and that result's."""
        self._names = {p.call_id: p.name for _, p in items if isinstance(p, ToolCall)}
        self._made: list[Turn] = []
        self._calls: list[ToolCall] = []
        self._outputs: list[ToolResult] = []
        self._ids: set[str] = set()

    def turns(self) -> tuple[Turn, ...]:
        answered = set(self._results.values())
        for place, (speaker, part) in enumerate(self._items):
            if place in self._results:
                result = cast("ToolResult", self._items[self._results[place]][1])
                self._call(cast("ToolCall", part), result)
            elif place in answered:
                self._flush()
            else:
                self._say(speaker, part)
        self._flush()
        self._end_answer()
        return self._framed()

    def _call(self, call: ToolCall, result: ToolResult) -> None:
        call_id = self._id(call.call_id)
        name = _NOT_IN_NAMES.sub("_", call.name)[:64] or "tool"
        self._calls.append(ToolCall(call_id, name, _arguments(call.arguments)))
        self._outputs.append(ToolResult(call_id, _output(result.output), result.is_error))

    def _say(self, speaker: Speaker, part: Part | Media) -> None:
        self._flush()
        if isinstance(part, ToolCall | ToolResult):
            part = _told(part, self._names, answered=False)
        self._add(speaker, (part,))

    def _flush(self) -> None:
        """Close a round: the calls, and after them their results."""
        if self._calls:
            self._add("assistant", tuple(self._calls))
            self._made.append(Turn("tool", tuple(self._outputs)))
            self._calls, self._outputs = [], []

    def _add(self, speaker: Speaker, parts: tuple[Part | Media, ...]) -> None:
        if speaker == "user":
            self._end_answer()
        last = self._made[-1] if self._made else None
        if last is not None and last.role == speaker:
            self._made[-1] = Turn(speaker, (*last.parts, *parts))
        else:
            self._made.append(Turn(speaker, parts))

    def _end_answer(self) -> None:
        """An answer does not end with a thought, and is not one alone."""
        while self._made and self._made[-1].role == "assistant":
            parts = self._made[-1].parts
            if not isinstance(parts[-1], Reasoning):
                return
            self._made.pop()
            if parts[:-1]:
                self._made.append(Turn("assistant", parts[:-1]))

    def _id(self, wanted: str) -> str:
        """The call's own id, or one made from it where endpoints would refuse that."""
        call_id, more = wanted, 0
        while not _ID.fullmatch(call_id) or call_id in self._ids:
            call_id = hashlib.sha256(f"{more} {wanted}".encode()).hexdigest()[:9]
            more += 1
        self._ids.add(call_id)
        return call_id

    def _framed(self) -> tuple[Turn, ...]:
        made = self._made
        if not made:
            return (Turn("user", (Text(NOTHING),)),)
        first = [] if made[0].role == "user" else [Turn("user", (Text(OPENING),))]
        last = [Turn("user", (Text(GO_ON),))] if made[-1].role == "assistant" else []
        return (*first, *made, *last)


def _pairs(items: Sequence[Item]) -> dict[int, int]:
    """Where calls are, and where their results: each result is that of the last call of its id before it."""
    waiting: dict[str, list[int]] = {}
    found: dict[int, int] = {}
    for place, (speaker, part) in enumerate(items):
        if isinstance(part, ToolCall) and speaker == "assistant":
            waiting.setdefault(part.call_id, []).append(place)
        elif isinstance(part, ToolResult) and waiting.get(part.call_id):
            found[waiting[part.call_id].pop()] = place
    return found


def _items(turn: Turn) -> Iterator[Item]:
    speaker: Speaker = "assistant" if turn.role == "assistant" else "user"
    for part in _parts(turn):
        if isinstance(part, Reasoning):
            if speaker == "assistant":
                yield speaker, part
        elif isinstance(part, Text) and turn.role == "system":
            yield speaker, Text(f"[Instruction: {part.text}]")
        elif isinstance(part, Media) and (speaker == "assistant" or not _can_be_sent(part)):
            yield speaker, _told(part, {})
        else:
            yield speaker, part


def _parts(turn: Turn) -> list[Part | Media]:
    """What a turn says: what is blank is left out, and data too unless there is nothing else."""
    said = [p for p in turn.parts if not isinstance(p, Text | Data) or _has_text(p)]
    if any(not isinstance(p, Data) for p in said):
        return [p for p in said if not isinstance(p, Data)]
    return [Text(_json(p.data)) for p in said if isinstance(p, Data)]


def _has_text(part: Text | Data) -> bool:
    return bool(part.text.strip()) if isinstance(part, Text) else bool(_json(part.data).strip())


def _can_be_sent(media: Media) -> bool:
    return bool(media.data) and _SENT.fullmatch(media.media_type) is not None


def _told(part: Part | Media, names: dict[str, str], *, answered: bool = True) -> Part | Media:
    """Pictures, files, calls and results as a line of text."""
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
    """A call's arguments as the object that endpoints ask for."""
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
    """A text as it is, and anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
