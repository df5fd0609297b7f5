"""A title for a conversation: from its model if that gives a fit one, else from the text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hansard.ids import Clock
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.runs import Run
from hansard.providers.registry import Providers
from hansard.services.asking import ask
from hansard.storage import placing
from hansard.storage.base import Change, Reader, Storage, Transaction

LONGEST = 60
"""Characters."""
TIMEOUT = 30.0
EXCERPT = 600

_ASK = (
    "Give this conversation a title of two to six words, in its own language. "
    "Answer with the title alone.\n\n"
)
_DECORATION = re.compile(r"^(?:\s|#|\*|\"|'|`|“|„|title\s*:)+|[\s.\"'`*”“]+$", re.IGNORECASE)


async def give_title(storage: Storage, providers: Providers, run: Run, clock: Clock) -> None:
    """Title the conversation of a run, unless it has a title."""

    async def beginning(tx: Reader) -> list[Message]:
        conversation = await tx.get(Conversation, run.conversation_id)
        branch = await tx.get(Branch, run.branch)
        if conversation is None or branch is None or conversation.title:
            return []
        return await placing.path(tx, branch, 0, 3)

    messages = await storage.read(run.tenant_id, beginning)
    prompt = next((m.text for m in messages if m.role == "user" and m.text.strip()), None)
    if prompt is None:
        return
    answer = await ask(
        providers, run.model, _ASK + _excerpt(messages), max_tokens=24, seconds=TIMEOUT
    )
    title = from_answer(answer or "") or from_text(prompt)

    async def work(tx: Transaction) -> None:
        conversation = await tx.get(Conversation, run.conversation_id, lock=True)
        if conversation is None or conversation.title or conversation.deleted_at:
            return
        now = clock()
        await tx.update(Conversation, conversation.id, title=title, updated_at=now)
        change = Change(
            user_id=run.owner_id,
            kind="conversation.updated",
            subject_id=conversation.id,
            conversation_id=conversation.id,
            at=now,
        )
        await tx.publish(change)

    await storage.write(run.tenant_id, work)


def from_answer(answer: str) -> str | None:
    """What a model gave for a title, if it is one: a line of a few words."""
    line = _DECORATION.sub("", answer.strip())
    fit = line and "\n" not in line and len(line) <= LONGEST and len(line.split()) <= 8
    return line if fit else None


def from_text(text: str) -> str:
    """The beginning of what was asked, to the end of a word."""
    line = " ".join(text.split())
    first = re.split(r"(?<=[.!?。！？])\s", line, maxsplit=1)[0]
    if len(first) <= LONGEST:
        return first
    cut = first[: LONGEST - 1]
    return cut[: cut.rfind(" ")] + "…" if " " in cut[20:] else cut + "…"


def _excerpt(messages: Sequence[Message]) -> str:
    return "\n".join(f"{m.role}: {m.text[:EXCERPT]}" for m in messages if m.text)
