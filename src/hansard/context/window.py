"""The newest messages that fit into a model's context.

The window starts at a message whose `seq` is a multiple of STEP, so while a conversation grows, consecutive requests
have the same beginning, which providers can cache.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from hansard.context.instructions import instructions, rules_at
from hansard.context.tokens import estimate, estimate_parts
from hansard.errors import Conflict
from hansard.model.applied import Applied
from hansard.model.blobs import BlobChunk
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message, Summary
from hansard.model.parts import Error, File, Image, Part, Reasoning, Text, blobs_of
from hansard.providers.base import Media, Turn
from hansard.storage import message_tree
from hansard.storage.base import Reader
from hansard.storage.query import Query

STEP = 8
PAGE = 50
ANSWER_SHARE = 4
"""The share of the context reserved for the answer: one in ANSWER_SHARE."""
GONE = "The prompt was deleted."
SUMMARY_HEADING = "What was said before, in short:"


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The content sent to a model, and where it starts."""

    system: str
    turns: tuple[Turn, ...]
    first_seq: int
    """The seq of the first message that is sent."""
    summary_seq: int = -1
    """The seq of the last message in the summary of earlier ones; -1 without a summary."""


async def build(
    tx: Reader,
    conversation: Conversation,
    prompt: Message,
    *,
    context_tokens: int,
    max_history: int,
    model: str,
    applied: Applied = Applied(),  # noqa: B008 - frozen
    describe_format: bool = False,
    alone: bool = True,
) -> Context:
    """Return the context for answering `prompt`: the messages on the path to it, and what `applied` to the prompt.

    The prompt is identified by its id, since it may have moved. `alone` is False in a dialogue of models, where only
    the model's own answers have the role of the assistant. Raises Conflict if the prompt is gone.
    """
    branch = await tx.get(Branch, prompt.branch)
    if branch is None:
        raise Conflict(GONE)
    system = await instructions(tx, conversation, applied, describe_format=describe_format)
    rules = "\n\n".join(rules_at(applied, "prompt"))
    budget = context_tokens - context_tokens // ANSWER_SHARE - estimate(system) - estimate(rules)
    messages, media = await _newest(tx, branch, prompt.seq, budget, max_history)
    check_last(messages, prompt)
    first = messages[0].seq
    summary = await summary_before(tx, branch, first) if first > 0 else None
    if summary is not None:
        system = f"{system}\n\n{SUMMARY_HEADING}\n{summary.text}".strip()
    return Context(
        system=system,
        turns=_with_rules(turns(messages, media, model, alone=alone), rules),
        first_seq=first,
        summary_seq=summary.seq if summary else -1,
    )


def check_last(messages: Sequence[Message], prompt: Message) -> None:
    """Raises Conflict unless the last message is the prompt, so that no other message is answered instead."""
    if not messages or messages[-1].id != prompt.id:
        raise Conflict(GONE)


async def _newest(
    tx: Reader, branch: Branch, last_seq: int, budget: int, max_history: int
) -> tuple[list[Message], dict[str, bytes]]:
    """Return the last messages up to `last_seq` that fit, from a step on, and their blobs; at least one message."""
    selected: list[Message] = []
    media: dict[str, bytes] = {}
    end, full = last_seq, False
    while end >= 0 and not full:
        page = await message_tree.path(tx, branch, max(0, end - PAGE + 1), end)
        for message in reversed(page):
            full = len(selected) >= max_history
            if not full:
                media |= await _media(tx, blobs_of(message.parts) - media.keys())
                budget -= estimate_parts([_part(part, media) for part in message.parts])
                full = budget < 0 and bool(selected)
            if full:
                break
            selected.append(message)
        end -= PAGE
    selected.reverse()
    if full:
        selected = selected[_window_start(selected) :]
    return selected, media


def _window_start(messages: Sequence[Message]) -> int:
    """Return the index at which the window starts: a step, or a user's message shortly after it."""
    step = next((i for i, message in enumerate(messages) if message.seq % STEP == 0), 0)
    candidates = range(step, min(step + STEP, len(messages)))
    return next((i for i in candidates if messages[i].role == "user"), step)


async def summary_before(tx: Reader, branch: Branch, before: int) -> Summary | None:
    """Return the summary on this path that covers the most messages before a seq, or None."""
    ranges = {
        b: (low, high) for b, low, high in await message_tree.segments(tx, branch, 0, before - 1)
    }
    query = Query(Summary).where(branch__in=list(ranges), seq__lt=before).by("-seq", "-id")
    for summary in await tx.select(query.page(PAGE)):
        low, high = ranges[summary.branch]
        if low <= summary.seq <= high:
            return summary
    return None


async def _media(tx: Reader, digests: Collection[str]) -> dict[str, bytes]:
    data_by_digest: dict[str, bytes] = {}
    for digest in sorted(digests):
        chunks = await tx.select(Query(BlobChunk).where(blob_id=digest).by("number"))
        data_by_digest[digest] = b"".join(chunk.data for chunk in chunks)
    return data_by_digest


def turns(
    messages: Sequence[Message], media: Mapping[str, bytes], model: str, *, alone: bool = True
) -> tuple[Turn, ...]:
    """Return messages as a model gets them: without errors and other models' reasoning, merged by role."""
    merged: list[Turn] = []
    for message in messages:
        is_own = message.model == model
        hidden = Error if is_own else (Error, Reasoning)
        parts = tuple(_part(p, media) for p in message.parts if not isinstance(p, hidden))
        if not parts:
            continue
        role = message.role
        if role == "assistant" and not is_own and not alone:
            role = "user"
        if merged and merged[-1].role == role and role in ("user", "assistant"):
            merged[-1] = Turn(role, (*merged[-1].parts, *parts))
        else:
            merged.append(Turn(role, parts))
    return tuple(merged)


def _with_rules(turns: tuple[Turn, ...], rules: str) -> tuple[Turn, ...]:
    """Return turns with rules at the end of the last one, which is the prompt."""
    if not rules or not turns:
        return turns
    return (*turns[:-1], Turn(turns[-1].role, (*turns[-1].parts, Text(rules))))


def _part(part: Part, media: Mapping[str, bytes]) -> Part | Media:
    if not isinstance(part, Image | File):
        return part
    data = media.get(part.blob, b"")
    if part.media_type.startswith("text/"):
        return Text(f"{part.name or 'file'}:\n\n{data.decode('utf-8', 'replace')}")
    return Media(data, part.media_type, part.name)
