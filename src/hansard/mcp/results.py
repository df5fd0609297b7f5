"""What the tools return: records of the services, reduced to what an agent needs to read and to cite them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from hansard.errors import InvalidInput
from hansard.mcp.bounds import clipped, cost, piece_of
from hansard.model.artifacts import Artifact, ArtifactHit, ArtifactType, Revision
from hansard.model.branches import BranchList
from hansard.model.conversations import Conversation
from hansard.model.messages import Message, Role
from hansard.model.pages import Hit, MessagePage, Page
from hansard.model.parts import Text

PER_MESSAGE = 120
"""Tokens of a quoted message besides its text."""


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The structured content of a tool's result."""


class Citation(Result, frozen=True, kw_only=True):
    """Where something was said: these three ids are its citation."""

    conversation_id: str
    branch: str
    message_id: str
    seq: int
    """The position on the branch, from 0."""
    role: Role
    created_at: datetime
    author: str | None = None
    """The person who said it."""
    model: str | None = None
    """The model that said it."""


class FoundMessage(Citation, frozen=True, kw_only=True):
    title: str
    """The title of the conversation."""
    snippet: str
    """An excerpt of what was said, a quotation."""


class FoundMessages(Result, frozen=True, kw_only=True):
    items: list[FoundMessage]
    next: str | None
    """The `cursor` of the next page; null at the end."""


class Quotation(Citation, frozen=True, kw_only=True):
    text: str
    """What was said, word for word. Parts other than text, such as tool calls, are JSON."""
    parts: list[str] = []
    """The types of the parts, if there is more than one text."""
    next_offset: int | None
    """If the text goes on: the `offset` of its next piece for get_message; null at the end."""


class Quotations(Result, frozen=True, kw_only=True):
    """Consecutive messages, the oldest first."""

    items: list[Quotation]
    before: str | None
    """Pass it as `before` to read what came before; null at the beginning."""
    after: str | None
    """Pass it as `after` to read what came after; null at the end."""


class ConversationSummary(Result, frozen=True, kw_only=True):
    conversation_id: str
    title: str
    branch: str
    """The main branch."""
    message_count: int
    preview: str
    """The beginning of the newest message, a quotation."""
    created_at: datetime
    active_at: datetime
    project_id: str | None = None
    model: str | None = None


class ConversationSummaries(Result, frozen=True, kw_only=True):
    items: list[ConversationSummary]
    next: str | None
    """The `cursor` of the next page; null at the end."""


class BranchSummary(Result, frozen=True, kw_only=True):
    branch: str
    name: str
    message_count: int
    """Messages on the path from the beginning to the end of the branch."""
    parent_branch: str | None = None
    head_id: str | None = None
    """The id of its last message."""


class BranchSummaries(Result, frozen=True, kw_only=True):
    items: list[BranchSummary]
    current: str
    """The branch that the user has selected."""
    next_offset: int | None
    """The `offset` of the next page; null at the end."""


class ArtifactSummary(Result, frozen=True, kw_only=True):
    artifact_id: str
    title: str
    type: ArtifactType
    language: str = ""
    file_name: str = ""
    description: str = ""
    revision: int
    """The number of the newest revision."""
    size: int
    """Bytes."""
    updated_at: datetime
    conversation_id: str | None = None
    branch: str | None = None
    message_id: str | None = None
    """The answer that it comes from."""
    snippet: str = ""
    """An excerpt with what was searched for, a quotation."""


class ArtifactSummaries(Result, frozen=True, kw_only=True):
    items: list[ArtifactSummary]
    next: str | None
    """The `cursor` of the next page; null at the end."""


class ArtifactText(Result, frozen=True, kw_only=True):
    artifact_id: str
    title: str
    revision: int
    message_id: str | None = None
    text: str
    """The content, word for word."""
    next_offset: int | None
    """If the text goes on: the `offset` of its next piece; null at the end."""


class Citations(Result, frozen=True, kw_only=True):
    items: list[Citation]


def found_messages(page: Page[Hit], _: Any) -> FoundMessages:
    items = [
        FoundMessage(
            **_cited(hit.message), title=clipped(hit.conversation.title), snippet=hit.snippet
        )
        for hit in page.items
    ]
    return FoundMessages(items=items, next=page.next)


def quotations(page: MessagePage, arguments: Any) -> Quotations:
    """Return the messages of a page that fit, from where the reader starts."""
    messages = page.items
    start = _start(messages, arguments)
    room = arguments.max_tokens
    quoted: dict[int, Quotation] = {}
    for index in sorted(range(len(messages)), key=lambda index: abs(index - start)):
        needed = PER_MESSAGE + cost(_text(messages[index]))
        if quoted and needed > room:
            break
        quoted[index] = _quotation(messages[index], room)
        room -= needed
    low, high = min(quoted, default=0), max(quoted, default=-1)
    return Quotations(
        items=[quoted[index] for index in sorted(quoted)],
        before=messages[low].id if low > 0 else page.before,
        after=messages[high].id if high + 1 < len(messages) else page.after,
    )


def quotation(message: Message, arguments: Any) -> Quotation:
    return _quotation(message, arguments.max_tokens, arguments.offset)


def conversation_summaries(page: Page[Conversation], _: Any) -> ConversationSummaries:
    items = [conversation_summary(conversation, None) for conversation in page.items]
    return ConversationSummaries(items=items, next=page.next)


def conversation_summary(conversation: Conversation, _: Any) -> ConversationSummary:
    return ConversationSummary(
        conversation_id=conversation.id,
        title=clipped(conversation.title),
        branch=conversation.branch,
        message_count=conversation.message_count,
        preview=clipped(conversation.preview),
        created_at=conversation.created_at,
        active_at=conversation.active_at,
        project_id=conversation.project_id,
        model=conversation.model,
    )


def branch_summaries(branches: BranchList, arguments: Any) -> BranchSummaries:
    start, end = arguments.offset, arguments.offset + arguments.limit
    if start > len(branches.items):
        raise InvalidInput(f"There are {len(branches.items)} branches.", pointer="/offset")
    items = [
        BranchSummary(
            branch=branch.id,
            name=clipped(branch.name),
            message_count=branch.head_seq + 1,
            parent_branch=branch.parent_branch,
            head_id=branch.head_id,
        )
        for branch in branches.items[start:end]
    ]
    more = end if end < len(branches.items) else None
    return BranchSummaries(items=items, current=branches.current, next_offset=more)


def artifact_summaries(page: Page[Artifact], _: Any) -> ArtifactSummaries:
    return ArtifactSummaries(items=[_artifact(each) for each in page.items], next=page.next)


def found_artifacts(page: Page[ArtifactHit], _: Any) -> ArtifactSummaries:
    items = [_artifact(hit.artifact, hit.snippet) for hit in page.items]
    return ArtifactSummaries(items=items, next=page.next)


def artifact_text(found: tuple[Revision, str], arguments: Any) -> ArtifactText:
    revision, content = found
    text, more = piece_of(content, arguments.max_tokens, arguments.offset)
    return ArtifactText(
        artifact_id=revision.artifact_id,
        title=clipped(revision.title),
        revision=revision.number,
        message_id=revision.message_id,
        text=text,
        next_offset=more,
    )


def appended(messages: Sequence[Message], _: Any) -> Citations:
    return Citations(items=[Citation(**_cited(message)) for message in messages])


def _cited(message: Message) -> dict[str, Any]:
    return {
        "conversation_id": message.conversation_id,
        "branch": message.branch,
        "message_id": message.id,
        "seq": message.seq,
        "role": message.role,
        "created_at": message.created_at,
        "author": message.author_id,
        "model": message.model,
    }


def _quotation(message: Message, tokens: int, offset: int = 0) -> Quotation:
    parts = [part.__struct_config__.tag for part in message.parts]
    text, more = piece_of(_text(message), tokens, offset)
    return Quotation(
        **_cited(message),
        text=text,
        parts=[] if parts == ["text"] else [str(part) for part in parts],
        next_offset=more,
    )


def _text(message: Message) -> str:
    """Return the text of a message; parts other than text are JSON, a line each."""
    if all(isinstance(part, Text) for part in message.parts):
        return message.text
    return "\n\n".join(
        part.text if isinstance(part, Text) else msgspec.json.encode(part).decode()
        for part in message.parts
    )


def _start(messages: Sequence[Message], arguments: Any) -> int:
    """Return the index of the message of a page that is read first."""
    if arguments.first is not None or arguments.after is not None:
        return 0
    if arguments.around is not None:
        ids = [message.id for message in messages]
        return ids.index(arguments.around.lower())
    return len(messages) - 1


def _artifact(artifact: Artifact, snippet: str = "") -> ArtifactSummary:
    return ArtifactSummary(
        artifact_id=artifact.id,
        title=clipped(artifact.title),
        type=artifact.type,
        language=artifact.language,
        file_name=clipped(artifact.file_name),
        description=clipped(artifact.description),
        revision=artifact.revision,
        size=artifact.size,
        updated_at=artifact.updated_at,
        conversation_id=artifact.conversation_id,
        branch=artifact.branch,
        message_id=artifact.message_id,
        snippet=snippet,
    )
