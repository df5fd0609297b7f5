"""The newest messages that fit into a model's window.

The first message of the window moves in steps: it is one whose `seq` is a multiple of `STEP`. While a
conversation grows, what is sent then begins in the same way for some turns, which is what lets a provider reuse
the work it did on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from hansard.context.instructions import instructions
from hansard.context.tokens import estimate, estimate_parts
from hansard.errors import Conflict
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
"""One part in so many of a model's window is kept for the answer."""
GONE = "What was to be answered is gone."
SUMMARY_HEADING = "What was said before, in short:"


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent to a model, and what of the path is not."""

    system: str
    turns: tuple[Turn, ...]
    first_seq: int
    """The depth of the first message that is sent."""
    summary_seq: int = -1
    """How far the summary reaches that stands for earlier ones; -1: there is none."""


async def build(
    tx: Reader,
    conversation: Conversation,
    prompt: Message,
    *,
    context_tokens: int,
    max_history: int,
    model: str,
    alone: bool = True,
) -> Context:
    """The context for an answer to a message: the path that leads to it, wherever it is by now.

    A place may hold another message than when it was noted, so the prompt is known by its id alone. Raises
    Conflict if the path does not end with it. Unless it is `alone`, the model is one of several that talk: only its
    own answers are its own.
    """
    branch = await tx.get(Branch, prompt.branch)
    if branch is None:
        raise Conflict(GONE)
    system = await instructions(tx, conversation)
    budget = context_tokens - context_tokens // ANSWER_SHARE - estimate(system)
    messages, media = await _newest(tx, branch, prompt.seq, budget, max_history)
    check_last(messages, prompt)
    first = messages[0].seq
    summary = await summary_before(tx, branch, first) if first > 0 else None
    if summary is not None:
        system = f"{system}\n\n{SUMMARY_HEADING}\n{summary.text}".strip()
    return Context(
        system=system,
        turns=turns(messages, media, model, alone=alone),
        first_seq=first,
        summary_seq=summary.seq if summary else -1,
    )


def check_last(messages: Sequence[Message], prompt: Message) -> None:
    """Raise Conflict unless the last of the messages is the prompt: nothing else may be answered in its name."""
    if not messages or messages[-1].id != prompt.id:
        raise Conflict(GONE)


async def _newest(
    tx: Reader, branch: Branch, last_seq: int, budget: int, max_history: int
) -> tuple[list[Message], dict[str, bytes]]:
    """The last messages up to `last_seq` that fit, beginning at a step, and their blobs; at least the very last."""
    found: list[Message] = []
    media: dict[str, bytes] = {}
    end, full = last_seq, False
    while end >= 0 and not full:
        page = await message_tree.path(tx, branch, max(0, end - PAGE + 1), end)
        for message in reversed(page):
            full = len(found) >= max_history
            if not full:
                media |= await _media(tx, blobs_of(message.parts) - media.keys())
                budget -= estimate_parts([_part(part, media) for part in message.parts])
                full = budget < 0 and bool(found)
            if full:
                break
            found.append(message)
        end -= PAGE
    found.reverse()
    if full:
        found = found[_beginning(found) :]
    return found, media


def _beginning(messages: Sequence[Message]) -> int:
    """Where what is sent begins: at a step, or at the user's first words that follow shortly after."""
    step = next((i for i, message in enumerate(messages) if message.seq % STEP == 0), 0)
    near = range(step, min(step + STEP, len(messages)))
    return next((i for i in near if messages[i].role == "user"), step)


async def summary_before(tx: Reader, branch: Branch, before: int) -> Summary | None:
    """The summary of this path that reaches furthest, short of a depth."""
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
    found: dict[str, bytes] = {}
    for digest in sorted(digests):
        chunks = await tx.select(Query(BlobChunk).where(blob_id=digest).by("number"))
        found[digest] = b"".join(chunk.data for chunk in chunks)
    return found


def turns(
    messages: Sequence[Message], media: Mapping[str, bytes], model: str, *, alone: bool = True
) -> tuple[Turn, ...]:
    """Messages as a model sees them: without errors and what others thought, and neighbours of one role as one."""
    made: list[Turn] = []
    for message in messages:
        own = message.model == model
        unseen = Error if own else (Error, Reasoning)
        parts = tuple(_part(p, media) for p in message.parts if not isinstance(p, unseen))
        if not parts:
            continue
        role = message.role
        if role == "assistant" and not own and not alone:
            role = "user"
        if made and made[-1].role == role and role in ("user", "assistant"):
            made[-1] = Turn(role, (*made[-1].parts, *parts))
        else:
            made.append(Turn(role, parts))
    return tuple(made)


def _part(part: Part, media: Mapping[str, bytes]) -> Part | Media:
    if not isinstance(part, Image | File):
        return part
    data = media.get(part.blob, b"")
    if part.media_type.startswith("text/"):
        return Text(f"{part.name or 'file'}:\n\n{data.decode('utf-8', 'replace')}")
    return Media(data, part.media_type, part.name)
