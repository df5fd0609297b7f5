"""Rolling summaries of messages that no longer fit into a model's context. The messages themselves are kept."""

from __future__ import annotations

import msgspec

from hansard.context.tokens import estimate
from hansard.context.window import PAGE, summary_before
from hansard.ids import Clock, new_id
from hansard.model.branches import Branch
from hansard.model.messages import Message, Summary
from hansard.model.runs import Run
from hansard.services.providers.directory import Directory
from hansard.services.runs.prompt import ask
from hansard.storage import message_tree
from hansard.storage.base import Reader, Storage, Transaction

MIN_MESSAGES = 8
"""Messages that are neither sent nor summarised before a new summary is made."""
MAX_TOKENS = 300
"""Tokens."""
TIMEOUT = 120.0

_ASK = (
    "Summarise the following part of a conversation in a few sentences, in its own language. "
    "Keep names, numbers, decisions and open questions.\n\n"
)


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """What was not sent with a prompt: all messages before a seq. They are read when they are summarised."""

    first_seq: int
    """The seq of the first message that was sent."""
    context_tokens: int
    """The size of the model's context."""


class _Passage(msgspec.Struct, frozen=True, kw_only=True):
    """The text to summarise, and the id of its last message."""

    text: str
    last_id: str


async def keep_summary(
    storage: Storage, directory: Directory, run: Run, omitted: LeftOut, clock: Clock
) -> None:
    """Summarise the messages that were not sent, or the first part of them; does nothing for a few messages."""
    max_characters = 3 * (omitted.context_tokens - MAX_TOKENS - estimate(_ASK))
    passage = await storage.read(
        run.tenant_id, lambda tx: _passage(tx, run, omitted, max_characters)
    )
    if passage is None:
        return
    question = _ASK + passage.text
    text = await ask(directory, run, question, max_tokens=MAX_TOKENS, seconds=TIMEOUT)
    if text is None:
        return
    now = clock()

    async def insert_summary(tx: Transaction) -> None:
        # The summary covers the path to this message, which may have moved meanwhile.
        last = await tx.get(Message, passage.last_id)
        if last is None:
            return
        summary = Summary(
            tenant_id=run.tenant_id,
            id=new_id(),
            created_at=now,
            updated_at=now,
            conversation_id=last.conversation_id,
            branch=last.branch,
            seq=last.seq,
            text=text,
            model=run.model,
        )
        await tx.insert(summary)

    await storage.write(run.tenant_id, insert_summary)


async def _passage(tx: Reader, run: Run, omitted: LeftOut, remaining: int) -> _Passage | None:
    """Return the text to summarise on the path to a run's prompt; None if there is too little or it is gone."""
    prompt = await tx.get(Message, run.prompt_id) if run.prompt_id else None
    branch = await tx.get(Branch, prompt.branch) if prompt else None
    if branch is None:
        return None
    previous = await summary_before(tx, branch, omitted.first_seq)
    first = previous.seq + 1 if previous else 0
    if omitted.first_seq - first < MIN_MESSAGES:
        return None
    lines = [f"Earlier: {previous.text}"] if previous else []
    remaining -= sum(map(len, lines))
    last_id = None
    for start in range(first, omitted.first_seq, PAGE):
        for message in await message_tree.path(
            tx, branch, start, min(start + PAGE, omitted.first_seq) - 1
        ):
            line = f"{message.role}: {message.text}" if message.text else ""
            remaining -= len(line) + 1
            if last_id is not None and remaining < 0:
                return _Passage(text="\n".join(lines), last_id=last_id)
            lines += [line[: len(line) + min(remaining, 0)]] if line else []
            last_id = message.id
    return _Passage(text="\n".join(lines), last_id=last_id) if last_id else None
