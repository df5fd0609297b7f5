"""What the events of a run say, as the parts of its answer."""

from __future__ import annotations

from collections.abc import Sequence

from hansard.model.parts import Data, Image, Part, Parts, Reasoning, Text, ToolCall
from hansard.model.runs import RunEvent


def parts_of_events(events: Sequence[RunEvent]) -> Parts:
    """What a run's events say, as the parts of a message."""
    said: list[tuple[str, list[str]] | Part] = []
    for event in events:
        if event.type in ("text", "reasoning"):
            last = said[-1] if said else None
            if isinstance(last, tuple) and last[0] == event.type:
                last[1].append(event.text)
            else:
                said.append((event.type, [event.text]))
        elif event.type == "tool_call":
            call = event.data
            said.append(ToolCall(call["call_id"], call["name"], call.get("arguments")))
        elif event.type == "image":
            said.append(Image(event.data["blob"], event.data["media_type"]))
        elif event.type == "data":
            said.append(Data(event.data["data"], event.data["name"]))
    return tuple(_part(piece) for piece in said)


def _part(piece: tuple[str, list[str]] | Part) -> Part:
    if not isinstance(piece, tuple):
        return piece
    kind, texts = piece
    return Text("".join(texts)) if kind == "text" else Reasoning("".join(texts))
