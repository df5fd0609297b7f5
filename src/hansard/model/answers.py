"""Build the parts of an answer from the events of its run."""

from __future__ import annotations

from collections.abc import Sequence

from hansard.model.parts import Data, Image, Part, Parts, Reasoning, Text, ToolCall
from hansard.model.runs import RunEvent


def parts_of_events(events: Sequence[RunEvent]) -> Parts:
    """Return the message parts that a run's events make up; consecutive text or reasoning is joined."""
    parts: list[tuple[str, list[str]] | Part] = []
    for event in events:
        if event.type in ("text", "reasoning"):
            last = parts[-1] if parts else None
            if isinstance(last, tuple) and last[0] == event.type:
                last[1].append(event.text)
            else:
                parts.append((event.type, [event.text]))
        elif event.type == "tool_call":
            call = event.data
            parts.append(ToolCall(call["call_id"], call["name"], call.get("arguments")))
        elif event.type == "image":
            parts.append(Image(event.data["blob"], event.data["media_type"]))
        elif event.type == "data":
            parts.append(Data(event.data["data"], event.data["name"]))
    return tuple(_joined(part) for part in parts)


def _joined(part: tuple[str, list[str]] | Part) -> Part:
    if not isinstance(part, tuple):
        return part
    kind, texts = part
    return Text("".join(texts)) if kind == "text" else Reasoning("".join(texts))
