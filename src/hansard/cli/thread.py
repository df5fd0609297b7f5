"""A conversation as Markdown: for `show`, and for saving a chat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hansard.cli.rendering import when

if TYPE_CHECKING:
    from hansard.model.conversations import Conversation
    from hansard.model.messages import Message
    from hansard.model.parts import Part

ENDINGS = {
    "cancelled": "stopped",
    "interrupted": "interrupted",
    "length": "cut off at the model's limit",
    "content_filter": "withheld by the provider's content filter",
    "other": "ended for a reason that only the provider knows",
}


def thread(conversation: Conversation, messages: Sequence[Message]) -> str:
    title = f"# {conversation.title or 'Untitled'}\n"
    return "\n".join([title, *(said(message) for message in messages)])


def said(message: Message) -> str:
    """Return a message as Markdown, under a heading with its author and time."""
    heading = f"## {speaker(message)}, {when(message.created_at)}"
    ending = ENDINGS.get(message.finish or "")
    parts = [markdown(part) for part in message.parts]
    return "\n\n".join([heading, *parts, *([f"*({ending})*"] if ending else [])]) + "\n"


def speaker(message: Message) -> str:
    return message.model or message.role


def markdown(part: Part) -> str:
    """Return a part of a message as Markdown."""
    from hansard.model import parts  # noqa: PLC0415

    match part:
        case parts.Text(text):
            body = text
        case parts.Reasoning(text):
            body = _quoted(text)
        case parts.ToolCall(_, name, arguments):
            body = f"Calls `{name}`:\n\n{_json(arguments)}"
        case parts.ToolResult(_, output, failed):
            body = f"{'Failure' if failed else 'Result'} of the call:\n\n{_json(output)}"
        case parts.Data(data, name):
            body = f"Data{f' `{name}`' if name else ''}:\n\n{_json(data)}"
        case parts.Error(_, message):
            body = _quoted(f"Failed: {message}")
        case _:
            body = f"[{part.name or 'file'}, {part.media_type}, {part.blob[:12]}…]"
    return body


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _json(value: Any) -> str:
    import msgspec  # noqa: PLC0415

    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return f"```json\n{text}\n```"
