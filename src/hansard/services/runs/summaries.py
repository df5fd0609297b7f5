"""Running summaries: what no longer fits into a model's window, in short. The originals stay as they are."""

from __future__ import annotations

import msgspec

from hansard.context.tokens import estimate
from hansard.context.window import PAGE, summary_before
from hansard.ids import Clock, new_id
from hansard.model.branches import Branch
from hansard.model.messages import Message, Summary
from hansard.model.runs import Run
from hansard.providers.registry import Providers
from hansard.services.runs.prompt import ask
from hansard.storage import message_tree
from hansard.storage.base import Reader, Storage, Transaction

EVERY = 8
"""Summarise again when so many messages are neither sent nor summarised."""
LENGTH = 300
"""Tokens."""
TIMEOUT = 120.0

_ASK = (
    "Summarise the following part of a conversation in a few sentences, in its own language. "
    "Keep names, numbers, decisions and open questions.\n\n"
)


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """What of a path was not sent with a prompt: all before a depth. It is read when it is summarised."""

    first_seq: int
    """The depth of the first message that was sent."""
    context_tokens: int
    """How much the model takes."""


class _Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a path as text, from what is summarised already to as much as is taken at once."""

    text: str
    last_id: str


async def keep_summary(
    storage: Storage, providers: Providers, run: Run, left: LeftOut, clock: Clock
) -> None:
    """Summarise what was not sent, or its beginning if that is much, unless it is but little."""
    room = 3 * (left.context_tokens - LENGTH - estimate(_ASK))
    passage = await storage.read(run.tenant_id, lambda tx: _passage(tx, run, left, room))
    if passage is None:
        return
    short = await ask(providers, run.model, _ASK + passage.text, max_tokens=LENGTH, seconds=TIMEOUT)
    if short is None:
        return
    now = clock()

    async def work(tx: Transaction) -> None:
        # It stands for what leads to this message, wherever that is by now.
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
            text=short,
            model=run.model,
        )
        await tx.insert(summary)

    await storage.write(run.tenant_id, work)


async def _passage(tx: Reader, run: Run, left: LeftOut, room: int) -> _Passage | None:
    """What is to be summarised on the path to a run's prompt; None if that is little, or gone."""
    prompt = await tx.get(Message, run.prompt_id) if run.prompt_id else None
    branch = await tx.get(Branch, prompt.branch) if prompt else None
    if branch is None:
        return None
    known = await summary_before(tx, branch, left.first_seq)
    first = known.seq + 1 if known else 0
    if left.first_seq - first < EVERY:
        return None
    lines = [f"Earlier: {known.text}"] if known else []
    room -= sum(map(len, lines))
    last = None
    for start in range(first, left.first_seq, PAGE):
        for message in await message_tree.path(
            tx, branch, start, min(start + PAGE, left.first_seq) - 1
        ):
            line = f"{message.role}: {message.text}" if message.text else ""
            room -= len(line) + 1
            if last is not None and room < 0:
                return _Passage(text="\n".join(lines), last_id=last)
            lines += [line[: len(line) + min(room, 0)]] if line else []
            last = message.id
    return _Passage(text="\n".join(lines), last_id=last) if last else None
