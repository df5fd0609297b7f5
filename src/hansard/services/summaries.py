"""Running summaries: what no longer fits into a model's window, in short. The originals stay as they are."""

from __future__ import annotations

from hansard.context.tokens import estimate
from hansard.context.window import Context
from hansard.ids import Clock, new_id
from hansard.model.branches import Branch
from hansard.model.messages import Summary
from hansard.model.runs import Run
from hansard.providers.registry import Providers
from hansard.services.asking import ask
from hansard.storage import placing
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.query import Query

EVERY = 8
"""Summarise again when so many messages are neither sent nor summarised."""
LENGTH = 300
"""Tokens."""
TIMEOUT = 120.0

_ASK = (
    "Summarise the following part of a conversation in a few sentences, in its own language. "
    "Keep names, numbers, decisions and open questions.\n\n"
)


async def keep_summary(
    storage: Storage,
    providers: Providers,
    run: Run,
    context: Context,
    context_tokens: int,
    clock: Clock,
) -> None:
    """Summarise what the context left out, if that has become much."""
    end = context.first_seq - 1
    if end - context.summary_seq < EVERY:
        return

    async def left_out(tx: Reader) -> tuple[Branch | None, str, str | None]:
        branch = await tx.get(Branch, run.branch)
        if branch is None:
            return None, "", None
        holder = await placing.holder(tx, branch, end)
        messages = await placing.path(tx, branch, context.summary_seq + 1, end)
        text = "\n".join(f"{m.role}: {m.text}" for m in messages if m.text)
        before = Query(Summary).where(seq=context.summary_seq).by("-id")
        known = await tx.select(before.where(branch=holder.id).page(1))
        return holder, text, known[0].text if known else None

    holder, text, known = await storage.read(run.tenant_id, left_out)
    if holder is None or not text:
        return
    whole = f"Earlier: {known}\n{text}" if known else text
    budget = context_tokens - LENGTH - estimate(_ASK)
    short = await ask(
        providers, run.model, _ASK + whole[: 3 * budget], max_tokens=LENGTH, seconds=TIMEOUT
    )
    if short is None:
        return
    now = clock()
    summary = Summary(
        tenant_id=run.tenant_id,
        id=new_id(),
        created_at=now,
        updated_at=now,
        conversation_id=run.conversation_id,
        branch=holder.id,
        seq=end,
        text=short,
        model=run.model,
    )

    async def work(tx: Transaction) -> None:
        if await tx.get(Branch, holder.id) is not None:
            await tx.insert(summary)

    await storage.write(run.tenant_id, work)
